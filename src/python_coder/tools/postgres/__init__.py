# src/python_coder/tools/postgres/__init__.py — the postgres tools, by the specification's names
