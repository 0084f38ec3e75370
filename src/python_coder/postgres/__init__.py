# src/python_coder/postgres/__init__.py — PostgreSQL: schema, read-only queries, the embedded server
