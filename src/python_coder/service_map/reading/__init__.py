# src/python_coder/service_map/reading/__init__.py — how a service is read: syntax, values, what its code would do
