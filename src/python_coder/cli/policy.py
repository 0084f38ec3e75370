# src/python_coder/cli/policy.py — the user's rules for tool calls, and how they are asked for at a terminal
import asyncio
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Protocol

import typer
from rich.console import Console
from rich.text import Text

from python_coder.agent.approvals import ApprovalMode, Question
from python_coder.agent.policy import POLICY_FILE, Rule, read_rules
from python_coder.cli.agents import top_of
from python_coder.errors import UsageError
from python_coder.settings import Settings

PolicyOption = Annotated[
    Path | None, typer.Option(help="Rules for tool calls instead of the user's policy.toml: allow, ask, deny.")
]
ApproveOption = Annotated[
    ApprovalMode, typer.Option(help="ask: before what edits or runs; auto: where a rule says so; never: deny instead.")
]
_MARKS = {"+": "green", "-": "red", "@": "cyan"}


def read_policy(given: Path | None, repo: Path, settings: Settings) -> tuple[Rule, ...]:
    """The user's rules. A file that lies in the repository is the repository's: what it allows does not count.

    Raises:
        UsageError: The file is not there or cannot be read.
    """
    if given is None:
        own = settings.config_folder / POLICY_FILE if settings.config_folder else None
        return read_rules(_text(own), str(own)) if own is not None and own.is_file() else ()
    rules = read_rules(_text(given), str(given))
    is_theirs = given.resolve().is_relative_to(top_of(repo).resolve())
    return tuple(rule for rule in rules if not is_theirs or rule.decision != "allow")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or error) if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(f"The policy {path} cannot be read: {why}. Give a TOML file with --policy.") from error


class Pausing(Protocol):
    """What draws on the terminal, and can stand aside."""

    def paused(self) -> AbstractContextManager[None]:
        """Draw nothing inside."""
        ...


class TerminalAsker:
    """Shows the exact command or diff, and reads y or n."""

    def __init__(self, console: Console, progress: Pausing) -> None:
        self._console = console
        self._progress = progress

    async def approves(self, question: Question) -> bool | None:
        """Whether the user typed yes; nothing when nobody sits at a terminal. Anything but y and n is asked again."""
        if not sys.stdin.isatty():
            return None
        with self._progress.paused():
            self._console.print(Text(f"{question.tool} wants to:", style="bold"))
            for line in _visible(question.shown).splitlines():
                self._console.print(Text(f"  {line}", style=_MARKS.get(line[:1], "")))
            if question.why:
                self._console.print(Text(f"The policy asks: {_visible(question.why)}", style="dim"))
            while True:
                self._console.print(Text("Allow it? [y/n] "), end="")
                answer = (await _line()).strip().lower()
                if answer in {"y", "yes"}:
                    return True
                if answer in {"n", "no", ""}:
                    return False


def _visible(text: str) -> str:
    """The text with every character that a terminal would act on, or hide, spelled out."""
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\u{ord(char):04x}" for char in text)


async def _line() -> str:
    """A line of the terminal, read so that Ctrl-C still ends the run."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline()
