# src/python_coder/gates/judged_sessions.py — the test sessions that several gates share, and what to make of them
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from python_coder.evidence.verdict import Finding, GateResult, Severity, Verdict
from python_coder.gates.baseline import files_of, passed_again, tests_problem
from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import EMPTY_TREE, is_test_file, test_paths_of
from python_coder.gates.test_run import TestRun, run_tests

LEAST_SECONDS = 120.0
"""Time that any judged session gets; more when the base's own took long."""
_TIMES_THE_BASE = 5


def is_test_path(context: GateContext) -> Callable[[str], bool]:
    """A predicate on paths relative to the git root: tests, conftests and test data of this project."""
    folders = test_paths_of(context.known_good)
    return lambda path: is_test_file(path, folders)


def changes_tests(context: GateContext) -> bool:
    """Whether the change touches any test, conftest or test data."""
    is_test = is_test_path(context)
    return any(is_test(file.path) or is_test(file.old_path) for file in context.change.files)


async def judged_run(context: GateContext) -> TestRun:
    """The full suite on the judged tree, with coverage; run once a check."""
    return await session(context, context.judged_tree, extra=_changed_test_files(context), with_coverage=True)


async def base_tests_run(context: GateContext) -> TestRun:
    """The base's tests on the new source. When the change touches no test, the judged run is this run."""
    if not changes_tests(context):
        return await judged_run(context)
    tree = context.trees.overlay(context.judged_tree, context.change.base_tree, select=is_test_path(context))
    return await session(context, tree)


async def session(
    context: GateContext,
    tree: str,
    *,
    select: Sequence[str] = (),
    extra: Sequence[str] = (),
    with_coverage: bool = False,
) -> TestRun:
    """One session on a tree; asked for twice in one check, it runs once.

    Args:
        context: The change and its surroundings.
        tree: Git tree id to run on.
        select: Test files relative to the project root; the whole suite when empty.
        extra: Test files to run beside the whole suite, if they lie outside the known test folders.
        with_coverage: Whether to measure which lines ran.
    """
    root = context.known_good.project_root
    folder = context.trees.folder(tree)
    if extra and not select and context.known_good.test_paths:
        known = [path for path in context.known_good.test_paths if (folder / root / path).exists()]
        select = (*known, *(path for path in extra if not any(_is_below(path, folder) for folder in known)))

    async def once(*, with_greenlets: bool = True) -> TestRun:
        return await run_tests(
            folder=folder,
            tree=tree,
            known_good=context.known_good,
            runner=context.runner,
            scratch=context.scratch,
            env=context.env,
            select=select,
            with_coverage=with_coverage,
            with_greenlets=with_greenlets,
            timeout_seconds=_timeout_seconds(context),
            cache=context.type_cache,
        )

    async def run() -> TestRun:
        found = await once()
        # Asked again in the same way, it hangs again: seen twice in a row.
        return await once(with_greenlets=False) if with_coverage and found.is_hung_in_tracer else found

    return await context.memo.once(
        ("session", tree, tuple(select), with_coverage), run, is_isolated=is_isolated(context)
    )


async def recovered(context: GateContext, run: TestRun, names: Iterable[str]) -> frozenset[str]:
    """Which of these failed tests pass when their files are run once more."""
    files = files_of(run, tuple(names), context.known_good)
    if not files or run.problem:
        return frozenset()

    async def again() -> TestRun:
        return await run_tests(
            folder=context.trees.folder(run.tree),
            tree=run.tree,
            known_good=context.known_good,
            runner=context.runner,
            scratch=context.scratch,
            env=context.env,
            select=files,
            timeout_seconds=_timeout_seconds(context),
            cache=context.type_cache,
        )

    return frozenset(
        passed_again(run, await context.memo.once(("again", run.tree, files), again, is_isolated=is_isolated(context)))
    )


def unusable(gate: str, run: TestRun, context: GateContext) -> GateResult | None:
    """The verdict when a session proves nothing; `None` when it can be used.

    A session that the base revision could run to its end and the change cannot is the change's fault.
    """
    commands = (run.command,) if run.command else ()
    before = context.baseline.tests_problem
    if before:
        reason = f"the base revision's own tests could not be judged: {before}"
        return not_run(gate, reason, "mend the base revision's test suite, then check again", run)
    if not run.problem:
        return None
    rule = "session-tampered" if run.is_tampered else "tests-do-not-run"
    finding = Finding(rule=rule, message=run.problem)
    return GateResult(
        gate=gate, verdict=Verdict.FAILED, reason=f"{rule}: {run.problem}", findings=(finding,), commands=commands
    )


def not_run(gate: str, reason: str, mend: str, run: TestRun | None = None) -> GateResult:
    """The verdict of a gate that could not look: never a pass."""
    commands = (run.command,) if run and run.command else ()
    return GateResult(gate=gate, verdict=Verdict.NOT_RUN, reason=reason, mend=mend, commands=commands)


def no_pytest(gate: str, context: GateContext) -> GateResult:
    """The verdict when the project's tests cannot be started; the reason holds what to do about it."""
    reason = f"no test could be run: {context.baseline.tests_problem or tests_problem(context.known_good)}"
    return not_run(gate, reason, "mend what the reason says, then check again")


def with_runs(result: GateResult, *runs: TestRun, **facts: str | float) -> GateResult:
    """The result with the sessions that it rests on, their time, and figures."""
    commands = tuple(run.command for run in runs if run.command)
    return replace(result, commands=commands, seconds=sum(c.seconds for c in commands), facts={**facts})


def marks_added(run: TestRun, context: GateContext) -> tuple[Finding, ...]:
    """Hooks of pytest that this session had and the base's had not, and functions that were replaced in it."""
    findings = []
    before = run.marks if context.change.base_tree == EMPTY_TREE else set(context.baseline.marks)
    for mark in sorted(run.marks - before):
        path, _, hook = mark.rpartition("::")
        message = (
            f"the change adds the pytest hook `{hook}`, which can rewrite what tests say; remove it"
            if path
            else f"`{mark}` was replaced while tests ran, so they can say anything; remove that"
        )
        findings.append(Finding(path=path, rule="hook-added" if path else "judge-patched", message=message))
    return tuple(findings)


def is_allowed(name: str, context: GateContext) -> bool:
    """Whether the user's policy lets this base test change."""
    return any(fnmatchcase(name, pattern) for pattern in context.policy.may_change_tests)


def failure_finding(name: str, run: TestRun, rule: str, words: str, severity: Severity = Severity.BLOCKING) -> Finding:
    """A finding about one test that did not pass, where its file is."""
    failure = run.failures.get(name)
    path = run.files.get(name, name.partition("::")[0])
    line = failure.line if failure and failure.path == path else 0
    told = f": {failure.message}" if failure else ""
    if failure and failure.path and failure.path != path:
        told += f" (raised at {failure.path}:{failure.line})"
    return Finding(path=path, line=line, rule=rule, message=f"{name} {words}{told}", severity=severity)


def is_isolated(context: GateContext) -> bool:
    """Whether each session has a network and temporary files of its own."""
    return context.runner.sandbox == "bwrap"


def _timeout_seconds(context: GateContext) -> float:
    return max(LEAST_SECONDS, _TIMES_THE_BASE * context.baseline.session_seconds)


def _changed_test_files(context: GateContext) -> tuple[str, ...]:
    is_test, root = is_test_path(context), Path(context.known_good.project_root)
    paths = [Path(file.path) for file in context.change.python_files if is_test(file.path)]
    inside = [path.relative_to(root) for path in paths if path.is_relative_to(root)]
    return tuple(path.as_posix() for path in inside if path.name.startswith("test_") or path.stem.endswith("_test"))


def _is_below(path: str, folder: str) -> bool:
    return folder in {".", path} or path.startswith(folder.rstrip("/") + "/")
