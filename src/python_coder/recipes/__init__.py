# src/python_coder/recipes/__init__.py — changes that need no model, one file each
