# src/python_coder/gates/__init__.py — what a change must pass, one file each, with runner, baseline, reports
