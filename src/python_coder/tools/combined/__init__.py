# src/python_coder/tools/combined/__init__.py — several edits, or several looks, in one call
