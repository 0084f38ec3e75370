# src/python_coder/agent/briefing/__init__.py — what a model is told before it begins, one file a part
