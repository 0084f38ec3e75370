# src/python_coder/gates/base_tests.py — gate `base-tests`: the base revision's own tests, on the new source
from collections.abc import Iterator
from dataclasses import dataclass

from python_coder.evidence.verdict import Finding, GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import (
    base_tests_run,
    changes_tests,
    failure_finding,
    is_allowed,
    marks_added,
    no_pytest,
    recovered,
    unusable,
    with_runs,
)
from python_coder.gates.test_run import TestRun
from python_coder.gates.tool_run import not_applicable


@dataclass(frozen=True)
class BaseTestsGate:
    """Every test that passed on the base must pass on the new source, with the base's test files put back over it.

    Source: DESIGN, rule 2. Only the user's policy can let a base test change; the change itself cannot.
    """

    name: str = "base-tests"

    async def check(self, context: GateContext) -> GateResult:
        """Run the base's tests on the new source and compare ids with the recorded baseline."""
        if not context.known_good.pytest_version:
            return no_pytest(self.name, context)
        if not context.baseline.tests_problem and not context.baseline.passing:
            return not_applicable(self.name, "no test passed on the base revision")
        run = await base_tests_run(context)
        if (result := unusable(self.name, run, context)) is not None:
            return result
        expected = sorted(context.baseline.passing)
        lost = [name for name in expected if run.outcomes.get(name) not in {"passed", "xpassed"}]
        again = await recovered(context, run, (name for name in lost if name in run.failing))
        findings = (*marks_added(run, context), *_findings(lost, run, context, again))
        how = "with the base's test files put back" if changes_tests(context) else "the change touches no test file"
        result = judge(self.name, findings, f"{len(expected) - len(lost)} of the base's tests pass ({how})")
        return with_runs(result, run, expected=len(expected), lost=len(lost))


def _findings(lost: list[str], run: TestRun, context: GateContext, again: frozenset[str]) -> Iterator[Finding]:
    for name in lost:
        path = context.baseline.test_files.get(name, name.partition("::")[0])
        if is_allowed(name, context):
            message = f"{name} no longer passes, which the user's policy allows"
            yield Finding(path=path, rule="allowed-change", message=message, severity=Severity.NOTE)
        elif name in again:
            yield failure_finding(name, run, "flaky", "failed once, then passed", Severity.NOTE)
        elif name in run.outcomes:
            yield failure_finding(name, run, "base-test-broken", f"passed on the base and is {run.outcomes[name]} now")
        else:
            why = next((run.collection_errors[key] for key in run.collection_errors if name.startswith(key)), "")
            message = f"{name} passed on the base and cannot be run on the new source{f': {why}' if why else ''}"
            yield Finding(path=path, rule="base-test-gone", message=message)
