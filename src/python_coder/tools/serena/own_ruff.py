# src/python_coder/tools/serena/own_ruff.py — our own ruff as the check after an edit runs it
import subprocess
from collections.abc import Sequence
from pathlib import Path

from python_coder.errors import PythonCoderError
from python_coder.gates.tool_run import own_tool

_TIMEOUT_SECONDS = 20.0


class RuffFailedError(PythonCoderError):
    """Ruff could not judge, as when it does not know a rule that the project turns off."""


def run_ruff(words: Sequence[str], folder: Path, text: str | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run ruff in a folder.

    Args:
        words: What follows the program's name.
        folder: Where it runs.
        text: What it reads on its input.

    Raises:
        RuffFailedError: It did not start, or did not end in time.
    """
    argv = (own_tool("ruff"), *words)
    data = None if text is None else text.encode("utf-8", "replace")
    try:
        return subprocess.run(
            argv, cwd=folder, env={}, input=data, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuffFailedError(f"ruff did not run: {error}") from error
