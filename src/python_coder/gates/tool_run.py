# src/python_coder/gates/tool_run.py — one checking tool, run on one tree, with what the evidence keeps of it
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import CommandRecord, GateResult, Verdict
from python_coder.gates.context import GateContext
from python_coder.workspace.commands import Command, CommandRunner, CompletedCommand, record


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where tools run: the runner, the folder they may write to, and the names that evidence gives to folders."""

    runner: CommandRunner
    scratch: Path
    environment: Path
    """The project's environment, readable by every tool."""
    trees: Mapping[str, Path] = field(default_factory=dict)
    """Folder of each materialised tree, by git tree id."""

    @classmethod
    def of(cls, context: GateContext) -> "Bench":
        """The bench of one change, with the base and the judged tree on it."""
        return cls(
            runner=context.runner,
            scratch=context.scratch,
            environment=context.known_good.environment,
            trees={context.change.base_tree: context.base_folder, context.judged_tree: context.judged_folder},
        )


@dataclass(frozen=True, kw_only=True)
class ToolRun:
    """One process as it ended, and its line for the evidence."""

    completed: CompletedCommand
    command: CommandRecord


async def run_tool(bench: Bench, command: Command) -> ToolRun:
    """Run one tool in the sandbox with a clean environment, readable tools and a home of its own.

    An exit code is a value, not an error. What `command` itself asks for is kept.

    Raises:
        EnvironmentLacksError: The program is not there, or the sandbox cannot start it.
    """
    home = bench.scratch / "home"
    home.mkdir(parents=True, exist_ok=True)
    cwd = command.cwd
    tree, folder = next(((tree, path) for tree, path in bench.trees.items() if cwd.is_relative_to(path)), ("", cwd))
    readable = (folder, *interpreter_folders(command.argv[0]), bench.environment, *own_folders())
    completed = await bench.runner.run(
        replace(
            command,
            env={**_CLEAN, "HOME": str(home), "TMPDIR": str(home), **command.env},
            readable=tuple(dict.fromkeys((*readable, *command.readable))),
            writable=(home, *command.writable),
            max_output_bytes=64_000_000,
        )
    )
    names = dict.fromkeys((*own_folders(), _PACKAGE), "tools")
    names |= {bench.environment: "env", bench.scratch: "scratch", **dict.fromkeys(bench.trees.values(), "tree")}
    return ToolRun(completed=completed, command=record(completed, tree=tree, names=names))


def own_tool(name: str) -> str:
    """Absolute path of a command line tool that python-coder itself depends on, such as `ruff`.

    Raises:
        EnvironmentLacksError: python-coder's own installation is incomplete.
    """
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        if (folder / name).is_file():
            return str(folder / name)
    message = f"python-coder's own {name} is not in {Path(sys.executable).parent}. Install python-coder again."
    raise EnvironmentLacksError(message)


def own_folders() -> tuple[Path, ...]:
    """Folders of python-coder's own interpreter and tools, which a sandboxed tool must be able to read."""
    return tuple(dict.fromkeys((Path(sys.prefix), Path(sys.base_prefix))))


def interpreter_folders(program: str) -> tuple[Path, ...]:
    """The environment that a program lies in, and the installation that its links lead to."""
    path = Path(program)
    if not path.is_absolute():
        return ()
    return tuple(folder for folder in dict.fromkeys((path.parent.parent, path.resolve().parent.parent)) if folder.name)


def not_run(gate: str, reason: str, mend: str, *runs: ToolRun) -> GateResult:
    """The verdict of a gate that could not look: never a pass."""
    commands = tuple(run.command for run in runs)
    return GateResult(gate=gate, verdict=Verdict.NOT_RUN, reason=reason, mend=mend, commands=commands)


def not_applicable(gate: str, reason: str) -> GateResult:
    """The verdict of a gate that has nothing to look at; `reason` names the trigger that did not match."""
    return GateResult(gate=gate, verdict=Verdict.NOT_APPLICABLE, reason=reason)


_PACKAGE = Path(__file__).parents[1]
_CLEAN = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "NO_COLOR": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONSAFEPATH": "1",
}
