# src/python_coder/cli/main.py — the `python-coder` program: commands are imported only when they run
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from python_coder import __version__
from python_coder.cli.output import print_json
from python_coder.errors import EnvironmentLacksError, PythonCoderError, UsageError


@dataclass(frozen=True)
class _Lazy:
    """Where a command lives, and the line that the overview shows for it."""

    target: str
    line: str


COMMANDS = {
    "new": _Lazy("python_coder.cli.new:new_command", "Write a new FastAPI service that passes all of its own gates."),
    "run": _Lazy("python_coder.cli.run:run_command", "Turn a task in words into a proven change of a repository."),
    "check": _Lazy("python_coder.cli.check:check_command", "Judge the working tree with the gates. No model at all."),
    "verify": _Lazy(
        "python_coder.cli.verify:verify_command", "Check a contract: its evidence, its tree, its gates again."
    ),
    "runs": _Lazy("python_coder.cli.runs:runs_command", "List the runs on this machine."),
    "show": _Lazy("python_coder.cli.show:show_command", "Show one run: its contract, gates and evidence."),
    "resume": _Lazy("python_coder.cli.resume:resume_command", "Go on with a run that was interrupted."),
    "undo": _Lazy("python_coder.cli.undo:undo_command", "Take back what a run delivered."),
    "mcp": _Lazy("python_coder.cli.mcp:mcp_command", "Serve tools to any MCP client, such as an editor or an agent."),
    "install": _Lazy(
        "python_coder.cli.install:install_command", "Set an agent of your own up with the tools and a stop hook."
    ),
    "uninstall": _Lazy("python_coder.cli.install:uninstall_command", "Take out exactly what install put in."),
}
"""Every command by name, in the order that a newcomer meets them."""


class _LazyGroup(TyperGroup):
    """Knows its commands by name; imports one only to run it, so that `--help` stays quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All command names, in the order that a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """A stand-in with the command's one line of help; the real one comes with `resolve_command`."""
        lazy = COMMANDS.get(cmd_name)
        return None if lazy is None else TyperCommand(cmd_name, help=lazy.line, short_help=lazy.line)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the command that is about to run."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        return name, stand_in and load_command(COMMANDS[stand_in.name or ""]), rest


def load_command(lazy: _Lazy) -> Any:
    """Import one command."""
    module, _, function = lazy.target.partition(":")
    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    single.command()(getattr(importlib.import_module(module), function))
    return typer.main.get_command(single)


_MENDS = {
    errno.ENOSPC: "Free some space, then try again.",
    errno.EDQUOT: "Free some space, then try again.",
    errno.EROFS: "Name a place that can be written.",
    errno.EACCES: "See whose it is with `ls -ld`, or name another place.",
    errno.EPERM: "See whose it is with `ls -ld`, or name another place.",
}
"""What the machine refuses anywhere, by its number, and what to do about it."""

app = typer.Typer(
    cls=_LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    # Its tracebacks show local variables, which may hold secrets.
    pretty_exceptions_enable=False,
    help=(
        "A coding agent for FastAPI services that proves its work.\n\n"
        "Exit codes: 0 proven or passed, 1 finished but unproven, 2 bad usage or not understood, "
        "3 the environment lacks something, 4 the model provider failed, 130 interrupted. With --json, what went wrong "
        "is one JSON document too: error, message, exit_code."
    ),
)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and leave.")) -> None:
    if version:
        typer.echo(f"python-coder {__version__}")
        raise typer.Exit


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code.

    Deliberate errors become one sentence on standard error, and with `--json` a document on standard output too; so
    do words that no command takes.
    """
    words = sys.argv[1:] if argv is None else argv
    _open_missing_streams()
    try:
        app(args=words, prog_name="python-coder")
    except SystemExit as left:
        # Typer tells on standard error what is wrong with the words, and leaves from there.
        wrong = left.__context__
        if isinstance(wrong, typer.TyperException) and "--json" in words:
            print_json({"error": UsageError.code, "message": wrong.format_message(), "exit_code": left.code})
        raise
    except PythonCoderError as error:
        _leave(error, words)
    except OSError as error:
        if error.errno not in _MENDS:
            raise
        what = error.filename or "what the output is sent to"
        # Where the output cannot go, no document can.
        _leave(
            EnvironmentLacksError(f"{what}: {error.strerror}. {_MENDS[error.errno]}"), words if error.filename else ()
        )


def _leave(error: PythonCoderError, words: Sequence[str]) -> NoReturn:
    typer.echo(f"python-coder: {error}", err=True)
    if "--json" in words:
        print_json({"error": error.code, "message": str(error), "exit_code": error.exit_code})
    sys.exit(error.exit_code)


def _open_missing_streams() -> None:
    """A program that was started without one of the standard streams has nothing to read, and nobody to tell."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open to the end


if __name__ == "__main__":
    main()
