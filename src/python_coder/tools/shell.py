# src/python_coder/tools/shell.py — commands that a model may run: few, without a shell, in the sandbox
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import ToolRefusedError
from python_coder.evidence.verdict import CommandRecord
from python_coder.gates.known_good import KnownGood
from python_coder.tools.answers import shorten
from python_coder.tools.table import Tool
from python_coder.workspace.commands import Command, CommandRunner, record

_SHELL_MARKS = ("|", "&&", "||", ";", ">", "<", "`", "$(", "&")
_MODULES = ("pytest", "ruff", "mypy", "alembic")


@dataclass(frozen=True, kw_only=True)
class ShellTools:
    """Runs the project's own checking programs on the work tree, and tells the runtime what it saw."""

    folder: Path
    """The work tree, at the git root."""
    scratch: Path
    known_good: KnownGood
    runner: CommandRunner
    environment: Callable[[Path], Mapping[str, str]]
    """Builds the environment block of a process that sees the tree in the given folder."""
    seen: Callable[[CommandRecord], None]
    """Takes the record of every command that ran."""

    async def execute_shell_command(self, command: str) -> str:
        """Run pytest, ruff, mypy or alembic on the work tree, without a shell and without network.

        Args:
            command: One command line, such as `pytest tests/test_items.py -x`. No pipes, no redirection.

        Returns:
            The exit status on the first line, then the output.
        """
        argv = self._argv(command)
        completed = await self.runner.run(
            Command(
                argv=argv,
                cwd=self.folder / self.known_good.project_root,
                env=self.environment(self.folder),
                readable=(self.known_good.environment, argv_home(argv)),
                writable=(self.folder, self.scratch),
            )
        )
        names = {self.folder: "{tree}", self.known_good.environment: "{env}", self.scratch: "{scratch}"}
        self.seen(record(completed, tree="", names=names))
        return shorten(f"exit status {completed.exit_code}\n{completed.output}")

    def _argv(self, command: str) -> tuple[str, ...]:
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise ToolRefusedError(f"{command!r} is no command line: {error}.") from error
        if any(mark in word for word in words for mark in _SHELL_MARKS if word == mark) or "\n" in command:
            raise ToolRefusedError("There is no shell here: give one command, without pipes or redirection.")
        if words[:2] == ["uv", "run"]:
            words = words[2:]
        if words[:2] in (["python", "-m"], ["python3", "-m"]):
            words = words[2:]
        if not words or words[0] not in _MODULES:
            raise ToolRefusedError(f"Only {', '.join(_MODULES)} can be run here, plain or by 'uv run' or 'python -m'.")
        own = {"ruff": self.known_good.ruff, "mypy": self.known_good.mypy}.get(words[0])
        if own is not None:
            return (*own.argv, *words[1:])
        return (str(self.known_good.python), "-m", *words)


def argv_home(argv: tuple[str, ...]) -> Path:
    """The folder of the program itself, which the sandbox must show."""
    return Path(argv[0]).parent


def shell_tools(tools: ShellTools) -> tuple[Tool, ...]:
    """The one shell tool."""
    return (Tool(name="mcp__serena__execute_shell_command", function=tools.execute_shell_command, effect="runs"),)
