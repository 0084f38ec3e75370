# src/python_coder/__init__.py — the package; it imports nothing
"""A coding agent for FastAPI services that proves its work."""

__version__ = "0.1.0"
