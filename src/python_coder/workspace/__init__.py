# src/python_coder/workspace/__init__.py — where work happens: worktrees, checkpoints, environments, sandbox, diffs
