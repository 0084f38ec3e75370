# src/python_coder/tools/serena/shell.py — commands that a model may run: few, without a shell, in the sandbox
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_coder.errors import ToolRefusedError
from python_coder.evidence.verdict import CommandRecord
from python_coder.tools.serena.command_line import module_of, without_uv, words_of
from python_coder.tools.serena.git_reading import ENVIRONMENT, reading_git
from python_coder.tools.serena.workplace import MODULES, Workplace
from python_coder.tools.table import InnerCall, Tool, no_calls
from python_coder.workspace.commands import Command, CompletedCommand, record

_DOCKER = {"docker", "docker-compose"}
_MAX_SECONDS = 600
_MAX_OUTPUT_BYTES = 2_000_000
_HEAD_SHARE = 4


@dataclass(frozen=True, kw_only=True)
class ShellPolicy:
    """What the user opened beyond the default. No tool can change it."""

    programs: Sequence[str] = ()
    """More programs that may be run, by plain name, from the project's environment or the system."""
    has_shell: bool = False
    """Whether `shell=true` is taken: pipelines, still in the sandbox."""


@dataclass(frozen=True, kw_only=True)
class ShellTools:
    """Runs the project's own programs on the work tree, and tells the runtime what it saw."""

    workplace: Callable[[], Workplace]
    """The place to run in, asked for at each call; it may refuse when no sandbox works."""
    seen: Callable[[CommandRecord], None]
    """Takes the record of every command that ran."""
    policy: ShellPolicy = ShellPolicy()
    docker: Callable[[Sequence[str]], Awaitable[tuple[str, CommandRecord]]] | None = None
    """Does what the words of a docker command line ask for; the sandbox never has the engine's socket."""
    stands_for: Callable[[Mapping[str, Any]], Sequence[InnerCall]] = no_calls
    """The calls of other tools that a command line stands for, such as those of docker."""

    async def execute_shell_command(
        self,
        command: str,
        cwd: str = ".",
        capture_stderr: bool = True,  # noqa: FBT001, FBT002 - the specification's parameter
        max_answer_chars: int = 20_000,
        shell: bool = False,  # noqa: FBT001, FBT002 - a model gives it by name
        timeout_seconds: int = 240,
    ) -> str:
        """Run `uv run`, pytest, ruff, mypy, alembic or a reading git command in a sandbox without network.

        `docker compose` works, too: the docker tools do what it says.

        Args:
            command: One command line; no pipes, no redirection.
            cwd: Folder relative to the project.
            capture_stderr: Show standard error, too.
            max_answer_chars: Most characters of output; of a long one the middle is left out.
            shell: By bash with pipefail, where the user allowed that.
            timeout_seconds: At most 600.

        Returns:
            The exit status on the first line, then the output.
        """
        if not shell and (words := words_of(command))[0] in _DOCKER:
            return await self._by_docker_tools(words, max_answer_chars)
        place = await asyncio.to_thread(self.workplace)
        argv = self._shell_argv(command) if shell else self._argv(command, place)
        completed = await place.runner.run(_command(place, argv, _folder(place, cwd), timeout_seconds))
        names = {Path(sys.prefix): "{tools}", place.root: "{tree}", place.scratch: "{scratch}"}
        if place.environment is not None:
            names[place.environment] = "{env}"
        self.seen(record(completed, tree="", names=names))
        return _told(completed, place, max_answer_chars, with_errors=capture_stderr)

    async def _by_docker_tools(self, words: list[str], max_answer_chars: int) -> str:
        if self.docker is None:
            raise ToolRefusedError(
                "Containers are out of reach here: no stack may be started. Run what needs no container."
            )
        text, ran = await self.docker(words)
        self.seen(ran)
        return "\n".join([f"exit status {ran.exit_code}", _middle_out(text, max_answer_chars)])

    def _shell_argv(self, command: str) -> tuple[str, ...]:
        if not self.policy.has_shell:
            raise ToolRefusedError(
                "No shell is open here: give one command without shell=true. Only the user can open one, by starting "
                "the server with --allow-shell."
            )
        # Without pipefail a pipeline ends as its last command does: `pytest | tail` would turn red into 0.
        return ("bash", "--noprofile", "--norc", "-o", "pipefail", "-c", command)

    def _argv(self, command: str, place: Workplace) -> tuple[str, ...]:
        words, is_by_uv = without_uv(words_of(command))
        if words[0] == "git":
            return reading_git(words[1:])
        module = module_of(words)
        if module and module[0] in MODULES:
            words = module
        name = words[0]
        if "/" in name or "\\" in name:
            raise ToolRefusedError(f"Name the program plainly, without a path: {name.rpartition('/')[2]}, not {name}.")
        if name in self.policy.programs and name not in place.programs and not _is_in(place, name):
            return (name, *words[1:])
        if name in (*MODULES, *self.policy.programs) or (is_by_uv and not place.is_strict):
            return (*place.argv(name), *words[1:])
        raise ToolRefusedError(
            f"{name!r} is not open here. Open are {', '.join(MODULES)}, plain or by 'uv run' or 'python -m', "
            f"{'' if place.is_strict else 'other programs of the environment by uv run, '}and git to read."
        )


def shell_tools(tools: ShellTools) -> tuple[Tool, ...]:
    """The one shell tool."""
    return (
        Tool(
            name="mcp__serena__execute_shell_command",
            function=tools.execute_shell_command,
            effect="runs",
            inner_calls=tools.stands_for,
        ),
    )


def _is_in(place: Workplace, name: str) -> bool:
    return place.environment is not None and (place.environment / "bin" / name).exists()


def _command(place: Workplace, argv: tuple[str, ...], folder: Path, timeout_seconds: int) -> Command:
    shown = [*place.readable, *([place.environment] if place.environment else [])]
    if Path(argv[0]).is_absolute():
        shown.append(Path(argv[0]).parent)
    writable = [place.scratch]
    (shown if _must_only_read(place) else writable).append(place.root)
    return Command(
        argv=argv,
        cwd=folder,
        env={**place.env, **(ENVIRONMENT if argv[0] == "git" else {})},
        readable=tuple(shown),
        writable=tuple(writable),
        hidden=tuple(place.hidden),
        timeout_seconds=float(min(max(timeout_seconds, 1), _MAX_SECONDS)),
        max_output_bytes=_MAX_OUTPUT_BYTES,
    )


def _must_only_read(place: Workplace) -> bool:
    """Whether this sandbox could not keep `.git` or the environment safe inside a writable work tree."""
    inside = any(path.is_relative_to(place.root) and path != place.root for path in place.readable)
    return place.runner.sandbox == "landlock" and inside


def _folder(place: Workplace, cwd: str) -> Path:
    if cwd in {"", "."}:
        return place.start
    folder = (place.root / cwd).resolve()
    if not folder.is_relative_to(place.root.resolve()) or not folder.is_dir():
        raise ToolRefusedError(f"cwd {cwd!r} is no folder of the project. Give one relative to it, such as 'backend'.")
    return folder


def _told(completed: CompletedCommand, place: Workplace, max_chars: int, *, with_errors: bool) -> str:
    lines = [f"exit status {completed.exit_code}"]
    if completed.is_timed_out:
        lines.append(f"timed out after {completed.seconds:.0f} s; the command and all that it started were ended")
    if _must_only_read(place):
        lines.append("note: only bubblewrap can keep .git safe inside a writable tree, so the tree was read-only")
    lines.append(_middle_out(completed.output if with_errors else completed.stdout, max_chars))
    return "\n".join(lines)


def _middle_out(text: str, max_chars: int) -> str:
    """A long text without its middle: programs sum up at the end."""
    if max_chars < 0 or len(text) <= max_chars:
        return text
    head, tail = max_chars // _HEAD_SHARE, max_chars - max_chars // _HEAD_SHARE
    left_out = len(text) - head - tail
    return f"{text[:head]}\n… {left_out} characters left out; raise max_answer_chars …\n{text[len(text) - tail :]}"
