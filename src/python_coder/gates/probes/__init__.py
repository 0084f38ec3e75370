# src/python_coder/gates/probes/__init__.py — programs of ours that a project's own interpreter runs
