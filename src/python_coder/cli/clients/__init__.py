# src/python_coder/cli/clients/__init__.py — writes python-coder into the configuration of other agents, and out again
