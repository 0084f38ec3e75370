# src/python_coder/cli/console.py — the terminal as commands write to it
from rich.console import Console


def plain_console(*, is_stderr: bool = False) -> Console:
    """A terminal that shows lines as they are: no square bracket, colon or line end of theirs means anything to it."""
    return Console(stderr=is_stderr, markup=False, emoji=False, highlight=False, soft_wrap=True)
