# src/python_coder/gates/tests_gate.py — gate `tests`: the whole suite on the judged tree
from collections.abc import Iterator
from dataclasses import dataclass

from python_coder.evidence.verdict import Finding, GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import (
    failure_finding,
    is_allowed,
    judged_run,
    marks_added,
    no_pytest,
    not_run,
    recovered,
    unusable,
    with_runs,
)
from python_coder.gates.test_functions import key_of, moved_tests
from python_coder.gates.test_run import TestRun

_BAD = {"failed", "error"}
_IDLE = {"skipped", "xfailed"}


@dataclass(frozen=True)
class TestsGate:
    """Nothing that passed on the base may fail, and new tests must pass. What failed before is a note."""

    __test__ = False
    name: str = "tests"

    async def check(self, context: GateContext) -> GateResult:
        """Run the full suite and compare it with the baseline, test by test."""
        if not context.known_good.pytest_version:
            return no_pytest(self.name, context)
        run = await judged_run(context)
        if (result := unusable(self.name, run, context)) is not None:
            return result
        if not run.outcomes and not run.collection_errors:
            return not_run(self.name, "the project has no test", "write a test", run)
        again = await recovered(context, run, (name for name in run.failing if was(name, context) != "failed"))
        findings = (
            *marks_added(run, context),
            *_collection(run, context),
            *_findings(run, context, again),
            *_gone(run, context),
        )
        passed = run.count("passed")
        if not passed and not any(finding.severity is Severity.BLOCKING for finding in findings):
            reason = f"no test ran to a verdict: {run.count('skipped')} were skipped"
            return not_run(self.name, reason, "make the tests run here; see their skip reasons", run)
        result = judge(self.name, findings, f"{passed} tests passed{_rest(run)}")
        return with_runs(result, run, **{outcome: run.count(outcome) for outcome in sorted(set(run.outcomes.values()))})


def was(name: str, context: GateContext) -> str:
    """Outcome on the base, with errors told as failures; empty for a new test."""
    outcome = context.baseline.tests.get(name, "")
    return "failed" if outcome in _BAD else outcome


def _findings(run: TestRun, context: GateContext, again: frozenset[str]) -> Iterator[Finding]:
    for name, now in run.outcomes.items():
        before = was(name, context)
        severity = Severity.NOTE if is_allowed(name, context) else Severity.BLOCKING
        if now in _BAD:
            yield _bad(name, run, before, severity, is_recovered=name in again)
        elif now in _IDLE and before == "passed":
            words = f"passed on the base and is {now} now; let it run"
            yield failure_finding(name, run, "test-silenced", words, severity)


def _gone(run: TestRun, context: GateContext) -> Iterator[Finding]:
    """Tests that passed on the base and are not in the suite any more, unless they only moved or were renamed."""
    moved = moved_tests(context)
    ran = {(key_of(name, run.files[name]), _parameters(name)) for name in run.outcomes}
    for name in sorted(context.baseline.passing - set(run.outcomes)):
        path = context.baseline.test_files.get(name, name.partition("::")[0])
        homes = moved.get(key_of(name, path), frozenset())
        is_excused = is_allowed(name, context) or any((home, _parameters(name)) in ran for home in homes)
        yield Finding(
            path=path,
            rule="test-gone",
            message=f"{name} passed on the base and is not in the suite any more; put it back",
            severity=Severity.NOTE if is_excused else Severity.BLOCKING,
        )


def _parameters(name: str) -> str:
    return name.partition("[")[2]


def _bad(name: str, run: TestRun, before: str, severity: Severity, *, is_recovered: bool) -> Finding:
    if before == "failed":
        return failure_finding(name, run, "failed-before", "fails as it did on the base", Severity.NOTE)
    if before == "flaky" or (before and is_recovered):
        return failure_finding(name, run, "flaky", "failed once and is flaky", Severity.NOTE)
    if is_recovered:
        return failure_finding(name, run, "new-test-flaky", "failed, then passed when run again; make it steady")
    if not before:
        return failure_finding(name, run, "new-test-fails", "is new and fails")
    return failure_finding(name, run, "test-broken", f"{before} on the base and fails now", severity)


def _collection(run: TestRun, context: GateContext) -> Iterator[Finding]:
    for name, message in run.collection_errors.items():
        is_old = name in context.baseline.collection_errors
        yield Finding(
            path=name.partition("::")[0],
            rule="collection-error",
            message=f"the tests in it could not be collected: {message}",
            severity=Severity.NOTE if is_old else Severity.BLOCKING,
        )


def _rest(run: TestRun) -> str:
    others = [f"{run.count(o)} {o}" for o in ("failed", "error", "skipped", "xfailed", "xpassed") if run.count(o)]
    return f" ({', '.join(others)})" if others else ""
