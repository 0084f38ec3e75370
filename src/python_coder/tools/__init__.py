# src/python_coder/tools/__init__.py — what an agent can do: function, schema, limits, error text
