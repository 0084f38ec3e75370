# src/python_coder/cli/relays.py — the `--connect PORT=SOCKET` option of the commands that run project code
from collections.abc import Sequence
from pathlib import Path

from python_coder.errors import UsageError

_HIGHEST_PORT = 65_535


def read_relays(texts: Sequence[str] | None) -> dict[int, Path]:
    """Read each `PORT=SOCKET`: a loopback port inside the sandbox, and the Unix socket outside.

    Raises:
        UsageError: One is not of that form.
    """
    return dict(_relay(text) for text in texts or ())


def _relay(text: str) -> tuple[int, Path]:
    port, equals, path = text.partition("=")
    if not (equals and path and port.isdigit() and 0 < int(port) <= _HIGHEST_PORT):
        raise UsageError(f"--connect {text!r} is not PORT=SOCKET, such as 5432=/var/run/postgresql/.s.PGSQL.5432.")
    return int(port), Path(path).absolute()
