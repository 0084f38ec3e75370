# src/python_coder/tools/docker/__init__.py — the docker tools, by the specification's names
