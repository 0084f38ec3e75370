# src/python_coder/workspace/probes/__init__.py — scripts that a project's own interpreter runs, alone
