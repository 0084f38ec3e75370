# src/python_coder/gates/ruff_format.py — gate: new files are formatted, and so are the changed lines of old ones
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from python_coder.evidence.verdict import Finding, GateResult, judge
from python_coder.gates.context import GateContext
from python_coder.gates.format_rules import black_options, follows_format, migrations_follow_format, unformatted_in
from python_coder.gates.judging_files import is_migration_file
from python_coder.gates.ruff_run import covered_files, last_line, project_ruff, ruff_configs
from python_coder.gates.tool_run import Bench, ToolRun, not_applicable, not_run, run_tool
from python_coder.workspace.commands import Command

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")
_UNPARSED = re.compile(r"^error: Failed to (?:parse|format) (.+?)(?::\d+:\d+)?: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class RuffFormatGate:
    """Demands `ruff format` of new files whole, and of old files only where the change touched them."""

    name: str = "ruff-format"

    async def check(self, context: GateContext) -> GateResult:
        """Judge the layout of one change's Python files."""
        changed = [file.path for file in context.change.python_files]
        if not changed:
            return not_applicable(self.name, "no Python file changed")
        files, shown = await covered_files(context, changed)
        if not files:
            return not_applicable(self.name, "the project's ruff configuration excludes every changed file")
        options = _black_options(context)
        files, reason = await _in_house_style(context, files, options)
        if not files:
            return not_applicable(self.name, reason)
        folder = context.judged_folder
        argv = (*project_ruff(context), "format", "--no-cache", "--force-exclude", "--diff", *options, "--", *files)
        run = await run_tool(Bench.of(context), Command(argv=argv, cwd=folder))
        runs = [*([shown] if shown else []), run]
        unparsed = _UNPARSED.findall(run.completed.stderr)
        if run.completed.exit_code not in {0, 1} and not unparsed:
            mend = "run `ruff format --diff` in the project and correct its configuration on the base revision"
            return not_run(self.name, f"ruff could not judge the layout: {last_line(run)}", mend, *runs)
        findings = [Finding(path=path, rule="unreadable", message=message) for path, message in unparsed]
        findings += _findings(context, _hunks(run.completed.stdout))
        result = judge(
            self.name, tuple(findings), f"{len(files)} changed Python files are formatted where they changed"
        )
        return replace(result, commands=tuple(run.command for run in runs), facts={"files": len(files)})


def _findings(context: GateContext, hunks: Sequence[tuple[str, frozenset[int], int]]) -> Iterator[Finding]:
    for path, lines, after in hunks:
        file = context.change.file(path)
        if file is None:
            continue
        # A hunk that only adds (a missing blank line) stands between two lines; the one after it is the cause.
        touched = file.added_lines & (lines or {after, after - 1})
        if touched or file.status == "added":
            message = "not as `ruff format` lays it out; run `ruff format` on this file"
            yield Finding(path=path, line=min(touched or {after}), rule="format", message=message)


def _hunks(diff: str) -> list[tuple[str, frozenset[int], int]]:
    """Path, lines that would go, and the line that the hunk's first edit stands before, for each hunk."""
    found: list[tuple[str, frozenset[int], int]] = []
    path, line, gone, first = "", 0, set[int](), 0

    def close() -> None:
        if first:
            found.append((path, frozenset(gone), first))

    texts = diff.splitlines()
    for text, following in zip(texts, [*texts[1:], ""], strict=False):
        if text.startswith("--- ") and following.startswith("+++ "):
            close()
            path, line, first = text.removeprefix("--- "), 0, 0
        elif match := _HUNK.match(text):
            close()
            line, gone, first = int(match[1]), set(), 0
        elif line and text.startswith("-"):
            gone.add(line)
            first = first or line
            line += 1
        elif line and text.startswith("+"):
            first = first or line
        elif line:
            line += 1
    close()
    return found


async def _in_house_style(
    context: GateContext, files: tuple[str, ...], options: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    """The files that the repository's own habits let us judge, and why none is left if so."""
    base = _base_files(context)
    unformatted, total = await _unformatted_in_base(context, options, base)
    if not follows_format(unformatted, total):
        seen = f"{unformatted} of {total} Python files of the base revision are not formatted so"
        return (), f"the repository does not follow `ruff format`: {seen}"
    if any(is_migration_file(path) for path in files):
        unformatted, total = await _unformatted_in_base(
            context, options, tuple(path for path in base if is_migration_file(path))
        )
        if not migrations_follow_format(unformatted, total):
            kept = tuple(path for path in files if not is_migration_file(path))
            return kept, "the base revision's migrations do not follow `ruff format`"
    return files, ""


def _base_files(context: GateContext) -> tuple[str, ...]:
    return tuple(path for path in context.trees.paths(context.change.base_tree) if path.endswith(".py"))


async def _unformatted_in_base(context: GateContext, options: Sequence[str], files: Sequence[str]) -> tuple[int, int]:
    """How many of these files of the base are not formatted, and how many there are."""
    if not files:
        return 0, 0
    argv = (*project_ruff(context), "format", "--no-cache", "--force-exclude", "--check", *options, "--", *files)
    run: ToolRun = await run_tool(Bench.of(context), Command(argv=argv, cwd=context.base_folder))
    return unformatted_in(run.completed.output), len(files)


def _black_options(context: GateContext) -> tuple[str, ...]:
    if ruff_configs(context):
        return ()
    path = Path(context.known_good.project_root, "pyproject.toml").as_posix()
    return black_options(context.trees.read(context.judged_tree, path) or b"")
