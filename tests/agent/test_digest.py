# tests/agent/test_digest.py — a failed gate told in its first finding and the changed line it points to
import pytest

from python_coder.agent.digest import FailedGate, failed_gates, reflection_digest
from python_coder.evidence.verdict import Finding, GateResult, Severity, Verdict
from python_coder.workspace.changes import Change, ChangedFile

PATCH = """\
diff --git a/app/sums.py b/app/sums.py
--- a/app/sums.py
+++ b/app/sums.py
@@ -1,4 +1,5 @@
 import math

-def total(prices):
+def total(prices, tax):
     # all of them
+    return sum(prices) + tax
"""
CHANGE = Change(
    base_tree="a" * 40,
    tree="b" * 40,
    files=(
        ChangedFile(
            path="app/sums.py",
            old_path="app/sums.py",
            status="modified",
            added_lines=frozenset({3, 5}),
            removed_lines=frozenset({3}),
            patch=PATCH,
            is_binary=False,
        ),
    ),
)
NOTE = Finding(path="app/sums.py", line=3, rule="rename-only", message="fine", severity=Severity.NOTE)


def _gate(name: str, *findings: Finding, verdict: Verdict = Verdict.FAILED) -> GateResult:
    return GateResult(gate=name, verdict=verdict, reason="the reason", findings=findings)


RAISED = Finding(
    path="tests/test_sums.py",
    line=0,
    rule="test-failed",
    message="tests/test_sums.py::test_total failed: TypeError: unsupported (raised at app/sums.py:5)",
)
TOLD = {
    "frame-in-the-change": (
        _gate("tests", RAISED, RAISED),
        "tests failed: tests/test_sums.py: test-failed: tests/test_sums.py::test_total failed: TypeError: unsupported "
        "(raised at app/sums.py:5) (and 1 more)\n  changed line app/sums.py:5: return sum(prices) + tax",
    ),
    "nearest-changed-line": (
        _gate("mypy", NOTE, Finding(path="app/sums.py", line=2, rule="arg-type", message="no")),
        "mypy failed: app/sums.py:2: arg-type: no\n  changed line app/sums.py:3: def total(prices, tax):",
    ),
    "far-from-the-change": (
        _gate("mypy", Finding(path="app/sums.py", line=90, rule="arg-type", message="no")),
        "mypy failed: app/sums.py:90: arg-type: no",
    ),
    "file-that-was-not-changed": (
        _gate("base-tests", Finding(path="tests/test_a.py", line=7, rule="assert", message="1 == 2")),
        "base-tests failed: tests/test_a.py:7: assert: 1 == 2",
    ),
    "about-the-whole-change": (_gate("new-tests", Finding(rule="none", message="x")), "new-tests failed: none: x"),
    "did-not-run": (_gate("migration", verdict=Verdict.NOT_RUN), "migration not run: the reason"),
    "passed": (_gate("ruff", verdict=Verdict.PASSED), ""),
}


@pytest.mark.parametrize(("result", "told"), TOLD.values(), ids=TOLD)
def test_what_a_model_is_told(result: GateResult, told: str) -> None:
    assert reflection_digest([result], CHANGE) == told


def test_failing_assertions_come_first() -> None:
    digest = reflection_digest([_gate("mypy"), _gate("tests"), _gate("base-tests")], CHANGE)
    assert [line.split()[0] for line in digest.splitlines()] == ["base-tests", "tests", "mypy"]


def test_where_each_gate_failed_first() -> None:
    assert failed_gates([_gate("ruff", verdict=Verdict.PASSED), _gate("tests", RAISED), _gate("scope")]) == (
        FailedGate(gate="tests", path="app/sums.py", line=5),
        FailedGate(gate="scope"),
    )
