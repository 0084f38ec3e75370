# src/python_coder/tools/trials/probes/__init__.py — small programs that a project's own Python runs
