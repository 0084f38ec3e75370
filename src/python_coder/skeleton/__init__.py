# src/python_coder/skeleton/__init__.py — the service that `python-coder new` writes
