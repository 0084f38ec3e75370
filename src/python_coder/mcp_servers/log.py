# src/python_coder/mcp_servers/log.py — a server's log: standard error, from warnings on, without secrets
import logging
import os
import sys

from python_coder.evidence.redaction import Redactor, secret_values


class _RedactingFormatter(logging.Formatter):
    """Masks secrets in whole entries, since a traceback shows values that no message names."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._redactor = Redactor(secret_values(os.environ))

    def format(self, record: logging.LogRecord) -> str:
        """One entry, with its traceback."""
        return self._redactor.redact(super().format(record))


def log_to_stderr() -> None:
    """Send what libraries and tools log to standard error, and nothing of it anywhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_RedactingFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
