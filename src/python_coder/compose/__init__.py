# src/python_coder/compose/__init__.py — Compose stacks on a Docker engine, which cannot hurt what stood before
