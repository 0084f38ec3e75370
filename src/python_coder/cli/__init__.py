# src/python_coder/cli/__init__.py — what a user types: one file per command, thin
