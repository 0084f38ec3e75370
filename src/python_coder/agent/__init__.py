# src/python_coder/agent/__init__.py — how a task becomes a change: loop, brief, budget, reflection, the offline planner
