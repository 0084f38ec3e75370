# src/python_coder/cli/progress.py — a run as it is seen on a terminal, or as plain lines when piped
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from python_coder.evidence.verdict import GateResult, Verdict

MARKS = {
    Verdict.PASSED: ("✓", "green"),
    Verdict.FAILED: ("✗", "red"),
    Verdict.NOT_RUN: ("?", "yellow"),
    Verdict.NOT_APPLICABLE: ("-", "dim"),
}
"""How a verdict looks: its sign and its colour."""


class TerminalProgress:
    """Draws a run's steps on standard error: a spinner with the present phase on a terminal, lines alone when piped."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("starting") if console.is_terminal else None
        self._phase = ""
        self._began = time.monotonic()
        self._started = self._began

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_phase()
        if self._status is not None:
            self._status.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Draw no spinner inside, so that a question can be read and answered."""
        if self._status is not None:
            self._status.stop()
        try:
            yield
        finally:
            if self._status is not None:
                self._status.start()

    def phase(self, name: str, detail: str = "") -> None:
        """Say how long the last phase took, and which one begins."""
        self._close_phase()
        self._phase, self._began = name, time.monotonic()
        self._say(Text.assemble((f"{name:<12}", "bold"), (detail, "dim")))
        self._show(name)

    def call(self, tool: str, used: int, limit: int) -> None:
        """The call in progress, and what is left of the budget."""
        self._say(Text.assemble("  ", (f"{used}/{limit}", "cyan"), f" {tool}"))
        self._show(f"{self._phase}: {tool}")

    def gate(self, result: GateResult) -> None:
        """A verdict, with the time it took."""
        self._say(gate_line(result))

    def _close_phase(self) -> None:
        seconds = time.monotonic() - self._began
        if self._phase and seconds >= 1:
            self._say(Text(f"  {seconds:.1f} s", style="dim"))
        self._phase = ""

    def _show(self, text: str) -> None:
        if self._status is not None:
            self._status.update(f"{text} · {time.monotonic() - self._started:.0f} s")

    def _say(self, line: Text) -> None:
        self._console.print(line)


def gate_line(result: GateResult) -> Text:
    """One gate on one line: sign, name, time, reason."""
    mark, style = MARKS[result.verdict]
    return Text.assemble(
        "  ", (mark, style), f" {result.gate:<18}", (f"{result.seconds:6.1f} s  ", "dim"), (result.reason, "dim")
    )
