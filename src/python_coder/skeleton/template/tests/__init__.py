# tests/__init__.py — the tests
