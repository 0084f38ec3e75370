# src/python_coder/tools/serena/__init__.py — the serena tools, by the specification's names
