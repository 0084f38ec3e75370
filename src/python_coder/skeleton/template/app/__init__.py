# app/__init__.py — the service
