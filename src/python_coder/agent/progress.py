# src/python_coder/agent/progress.py — what a run tells whoever watches it
from typing import Protocol

from python_coder.evidence.verdict import GateResult


class Progress(Protocol):
    """Hears of a run's steps as they happen. The command line draws them; tests collect them."""

    def phase(self, name: str, detail: str = "") -> None:
        """A phase began, such as `workspace`, `baseline`, `plan`, `verify`."""
        ...

    def call(self, tool: str, used: int, limit: int) -> None:
        """A tool call began."""
        ...

    def gate(self, result: GateResult) -> None:
        """A gate has judged."""
        ...


class Silence:
    """Tells nothing."""

    def phase(self, name: str, detail: str = "") -> None:
        """Hear and forget."""

    def call(self, tool: str, used: int, limit: int) -> None:
        """Hear and forget."""

    def gate(self, result: GateResult) -> None:
        """Hear and forget."""
