# src/python_coder/agent/definitions/__init__.py — python-coder's own words to a model, packaged as Markdown
