# src/python_coder/service_map/__init__.py — what a FastAPI service is, read from its source
