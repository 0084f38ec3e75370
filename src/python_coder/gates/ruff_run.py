# src/python_coder/gates/ruff_run.py — ruff on some files of one tree, and which configuration of it the project has
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder.gates.context import GateContext
from python_coder.gates.ratchet import Sighting
from python_coder.gates.ruff_report import shown_among, sightings_in
from python_coder.gates.ruff_rules import RuffConfig, configs_among
from python_coder.gates.tool_run import Bench, ToolRun, own_tool, run_tool
from python_coder.workspace.commands import Command

_NEWEST_TARGET = 14


@dataclass(frozen=True, kw_only=True)
class LintReport:
    """What ruff saw in one tree."""

    sightings: tuple[Sighting, ...]
    runs: tuple[ToolRun, ...]
    problem: str = ""
    """Why ruff could not judge; empty when it could."""


def ruff_configs(context: GateContext) -> tuple[RuffConfig, ...]:
    """The ruff configurations in force on the judged tree, outermost first."""
    return configs_among(
        context.trees.paths(context.judged_tree), lambda path: context.trees.read(context.judged_tree, path)
    )


def project_ruff(context: GateContext) -> tuple[str, ...]:
    """First words of the ruff command that the project uses, else of our own."""
    fact = context.known_good.ruff
    return fact.argv if fact else (own_tool("ruff"),)


def target_version(python_version: str) -> tuple[str, ...]:
    """The ruff option for an interpreter's version such as `3.12.4`; none when it cannot be told."""
    major, _, rest = python_version.partition(".")
    minor = rest.partition(".")[0]
    if major != "3" or not minor.isdigit():
        return ()
    return ("--target-version", f"py3{min(int(minor), _NEWEST_TARGET)}")


async def lint(
    bench: Bench, ruff: tuple[str, ...], folder: Path, files: Sequence[str], options: Sequence[str], *, at: str = "."
) -> LintReport:
    """Run `ruff check` on some files and read its report.

    Args:
        bench: Where it runs.
        ruff: First words of the command.
        folder: The materialised tree.
        files: Paths relative to the git root.
        options: Further options.
        at: Folder to run in, relative to the git root; path patterns in `options` start there.
    """
    if not files:
        return LintReport(sightings=(), runs=())
    argv = (*ruff, "check", "--no-cache", "--no-fix", "--output-format", "json", *options, "--")
    paths = tuple(str(folder / path) for path in files)
    run = await run_tool(bench, Command(argv=(*argv, *paths), cwd=folder / at))
    sightings = sightings_in(run.completed.stdout, run.completed.exit_code, folder)
    if sightings is None:
        return LintReport(sightings=(), runs=(run,), problem=last_line(run))
    return LintReport(sightings=sightings, runs=(run,))


async def covered_files(context: GateContext, files: Sequence[str]) -> tuple[tuple[str, ...], ToolRun | None]:
    """The files that the project's own configuration does not exclude, and the process that said so.

    They are looked up in a walk from the top, as people run ruff: a file that is named outright is judged by the
    settings nearest to it alone, past what the settings above it exclude.
    """
    if not files:
        return (), None
    folder = context.judged_folder
    argv = (*project_ruff(context), "check", "--no-cache", "--show-files", ".")
    run = await run_tool(Bench.of(context), Command(argv=argv, cwd=folder))
    if run.completed.exit_code != 0:
        return tuple(files), run
    return shown_among(run.completed.stdout, folder, files), run


def last_line(run: ToolRun) -> str:
    """The line of a process's output that says what went wrong: its last one."""
    lines = [line for line in run.completed.output.splitlines() if line.strip()]
    if run.completed.is_timed_out:
        return f"it did not end within {run.completed.seconds:.0f} s"
    return lines[-1].strip() if lines else f"it ended with exit code {run.completed.exit_code} and said nothing"
