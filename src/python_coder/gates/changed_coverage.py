# src/python_coder/gates/changed_coverage.py — gate `changed-coverage`: the tests run the lines that a change touched
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import libcst as cst

from python_coder.evidence.verdict import Finding, GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import is_test_path, judged_run, no_pytest, not_run, unusable, with_runs
from python_coder.gates.judging_files import is_migration_file
from python_coder.gates.renames import rename_only_lines
from python_coder.gates.statements import Source, parse, statement_lines
from python_coder.gates.test_run import TestRun
from python_coder.gates.tool_run import not_applicable
from python_coder.workspace.changes import ChangedFile

# On whole lines, not on comments: coverage itself looks at the text, so a string can hide a line as well.
_PRAGMA = re.compile(r"#.*\b(pragma|no.?cover)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """The changed statements of one file, by first line."""

    path: str
    covered: frozenset[int]
    missing: frozenset[int]
    renamed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class ChangedCoverageGate:
    """Demands that the tests run most of the executable lines that a change touched.

    Source: specification, "Tests": coverage gate on changed lines at least 90 %.
    """

    name: str = "changed-coverage"

    async def check(self, context: GateContext) -> GateResult:
        """Map each changed line to its statement and look whether the judged session ran that."""
        files = [file for file in context.change.python_files if _counts(file, context)]
        if not files:
            return not_applicable(self.name, "the change touches no source file outside tests and migrations")
        if not context.known_good.pytest_version:
            return no_pytest(self.name, context)
        run = await judged_run(context)
        if (result := unusable(self.name, run, context)) is not None:
            return result
        if run.coverage_problem:
            reason = f"coverage could not be measured: {run.coverage_problem}"
            return not_run(self.name, reason, "add coverage to the project's dev dependencies", run)
        omitted = [file.path for file in files if _is_omitted(file.path, run, context)]
        lines = [_lines(file, run, context) for file in files if file.path not in omitted]
        return self._verdict(lines, omitted, run, context)

    def _verdict(self, lines: list[_Lines], omitted: list[str], run: TestRun, context: GateContext) -> GateResult:
        covered, missing = sum(len(f.covered) for f in lines), sum(len(f.missing) for f in lines)
        if not covered + missing:
            return not_applicable(self.name, "no executable line changed")
        share = covered / (covered + missing)
        bar = context.policy.coverage_threshold
        severity = Severity.BLOCKING if share < bar else Severity.NOTE
        reason = (
            f"{covered} of {covered + missing} changed lines are covered ({share:.1%}, at least {bar:.0%} asked for)"
        )
        findings = (*_uncovered(lines, severity, reason), *_left_out(lines, omitted))
        return with_runs(judge(self.name, findings, reason), run, covered=share, lines=covered + missing)


def _counts(file: ChangedFile, context: GateContext) -> bool:
    path = PurePosixPath(file.path)
    is_source = not is_test_path(context)(file.path) and not is_migration_file(file.path)
    root = context.known_good.project_root
    is_tooling = path.name in _NOT_SOURCE and path.parent == PurePosixPath(root)
    return is_source and path.is_relative_to(root) and not is_tooling


_NOT_SOURCE = {"setup.py", "noxfile.py"}


def _is_omitted(path: str, run: TestRun, context: GateContext) -> bool:
    inside = PurePosixPath(path).relative_to(context.known_good.project_root).as_posix()
    return any(fnmatchcase(inside, pattern) or fnmatchcase(f"/{inside}", pattern) for pattern in run.omitted)


def _lines(file: ChangedFile, run: TestRun, context: GateContext) -> _Lines:
    new = context.trees.read(context.judged_tree, file.path) or b""
    old = (context.trees.read(context.change.base_tree, file.old_path) if file.status != "added" else b"") or b""
    old_text, new_text = old.decode(errors="replace"), new.decode(errors="replace")
    source = parse(new)
    renamed = rename_only_lines(file, old_text, new_text)
    touched = file.added_lines - renamed
    # Without a syntax tree each line stands for itself.
    changed = statement_lines(source, touched) if source else touched
    executed, missing = run.executed.get(file.path, frozenset()), run.missing.get(file.path)
    if missing is None:
        unseen = changed & _executable(source) if source else changed
        return _Lines(path=file.path, covered=frozenset(), missing=unseen, renamed=renamed)
    if _count(_PRAGMA, new_text) > _count(_PRAGMA, old_text):
        # A pragma of the change does not take lines out of the account.
        missing = missing | run.excluded.get(file.path, frozenset())
    return _Lines(path=file.path, covered=changed & executed, missing=changed & missing, renamed=renamed)


def _executable(source: Source) -> frozenset[int]:
    return frozenset(line for line, _, node in source.statements if not _is_docstring(node))


def _is_docstring(node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1:
        return False
    only = node.body[0]
    return isinstance(only, cst.Expr) and isinstance(only.value, (cst.SimpleString, cst.ConcatenatedString))


def _uncovered(lines: Iterable[_Lines], severity: Severity, reason: str) -> Iterator[Finding]:
    for file in lines:
        if file.missing:
            message = f"no test runs the changed lines {ranges(file.missing)}; {reason}"
            yield Finding(path=file.path, line=min(file.missing), rule="uncovered", message=message, severity=severity)


def _left_out(lines: Iterable[_Lines], omitted: Iterable[str]) -> Iterator[Finding]:
    for file in lines:
        if file.renamed:
            message = f"lines {ranges(file.renamed)} merely rename an identifier and are not counted"
            yield Finding(path=file.path, rule="rename-only", message=message, severity=Severity.NOTE)
    for path in omitted:
        message = "the base revision's coverage configuration omits this file"
        yield Finding(path=path, rule="omitted", message=message, severity=Severity.NOTE)


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for line in text.splitlines() if pattern.search(line))


def ranges(lines: Iterable[int]) -> str:
    """Line numbers as people write them: `3-5, 9`."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)
