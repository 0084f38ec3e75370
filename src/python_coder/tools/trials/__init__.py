# src/python_coder/tools/trials/__init__.py — the service tried out: its tests, its answers, its migrations
