# src/python_coder/symbols/__init__.py — where names are defined and used, safe edits, memories
