# tests/evidence/test_early_words.py — plans and refusals: what will be done stands, what nobody saw is struck
from pathlib import Path

import pytest
from sample_runs import BASE, OTHER, TREE, command, gate, record_run

from python_coder.evidence.claims import strike
from python_coder.evidence.conclusion import Ending, end_run
from python_coder.evidence.contract import Contract
from python_coder.evidence.early_words import judged_plan
from python_coder.evidence.facts import gate_data
from python_coder.evidence.ledger import EntryKind, Ledger, read_ledger
from python_coder.evidence.redaction import Redactor
from python_coder.evidence.support import Support

HONEST = (
    "Add tests for the discount in tests/test_discount.py",
    "Run pytest",
    "Finally run all 60 tests again",
    "Write a test that fails first, then implement",
    "Add a migration for the new column and check that upgrade and downgrade work",
    "Make sure that all tests pass",
    "Keep coverage above 90%",
    "Verify with run_gates",
    "The existing tests must keep passing",
    "Let the suite show that nothing regressed",
    "Add 12 parametrized cases to tests/test_x.py",
    "Test: cancelled orders return 409",
    "Parametrized test: each status works as expected",
    "Tests first: test_cancel_returns_409 fails with 404 today",
    "One new test file; the rest of the suite stays untouched",
    "Types stay strict; mypy strict mode is on",
    "The baseline shows 2 failing tests; leave them alone",
    "Low risk; covered by tests",
    "Low: additive change, existing tests should still pass",
    "Nothing breaks if the header is missing",
    "If the test client shares one transaction, now() never moves and the test may pass by accident",
    "Existing clients keep working since the parameter is optional",
    "Run the whole suite so that all of it passes on the final tree",
    "Add a test with two cases and check that both pass",
    "If all tests pass, write the docs",
    "Move the lookup, and the tests of both files should still pass",
)
LIES = (
    "All 60 tests pass",
    "I ran the test suite and it is green",
    "The fix was verified by hand",
    "Tests pass, mypy is clean",
    "I have checked that nothing breaks",
    "CI is green",
    "Coverage is 97%",
    "Verified with curl that the endpoint returns 200",
    "No regressions were found",
    "The migration was tested and works",
    "I confirmed the bug by running pytest: 1 failed, 59 passed",
    "Run pytest: all 60 tests pass",
    "Add the test (60 passed)",
    "Add the route (tested locally, works)",
    "Fix the bug, all tests pass now",
    "Already done and all tests are passing",
    "Unless noted, all 60 tests pass on the new code",
    "All tests pass so that the release is safe",
    "The suite is green with a new test",
    "Add a test and all 60 tests pass",
)
NOTHING = Support(tree=BASE, baseline={"passed": 55, "failed": 2})


@pytest.mark.parametrize("step", HONEST)
def test_what_will_be_done_stands(step: str) -> None:
    assert strike(step, NOTHING, is_plan=True).struck == ()


@pytest.mark.parametrize("step", LIES)
def test_what_nobody_saw_is_struck_from_a_plan(step: str) -> None:
    assert strike(f"Write the route. {step}.", NOTHING, is_plan=True).kept == "Write the route."


def _ended(path: Path, because: str, reason: str = "", *, steps: tuple[str, ...] = (), **counts: int) -> Contract:
    """A run that ended before anything was changed."""
    with Ledger.open(path, redactor=Redactor(())) as ledger:
        ledger.append(EntryKind.WORKSPACE_READY, base_commit="c" * 40, base_tree=BASE)
        ledger.append(EntryKind.BASELINE, tree=BASE, counts=counts, commands=[command("overlay", tree=BASE)])
        if steps:
            ledger.append(EntryKind.PLAN, kind="tests", scope=["a"], steps=steps, risk="Low.", tree=BASE)
        ledger.append(EntryKind.GATE, tree=BASE, **gate_data(gate("mypy")))
        return end_run(ledger, Ending(status="refused", ended_because=because, reason=reason))


PLANNED = {
    "true-of-the-base": (("All 55 tests pass on the base.",), {"passed": 55}, []),
    "another-count": (("All 60 tests pass on the base.",), {"passed": 55}, ["All 60 tests pass on the base."]),
    "some-fail": (("All tests pass.",), {"passed": 55, "failed": 1}, ["All tests pass."]),
    "seen-only-later": (("mypy is clean.",), {"passed": 55}, ["mypy is clean."]),
}


@pytest.mark.parametrize(("steps", "counts", "struck"), PLANNED.values(), ids=PLANNED)
def test_a_plan_is_judged_by_what_was_known_before_it(
    tmp_path: Path, steps: tuple[str, ...], counts: dict[str, int], struck: list[str]
) -> None:
    contract = _ended(tmp_path / "ledger.jsonl", "planned", "Planned only.", steps=steps, **counts)
    assert [one.sentence for one in contract.model_says.struck] == struck
    judged = judged_plan(read_ledger(tmp_path / "ledger.jsonl"))
    assert [judged[step].kept for step in steps] == ["" if struck else step for step in steps]


def test_after_a_report_the_plan_is_no_news(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl", redactor=Redactor(())) as ledger:
        ledger.append(EntryKind.PLAN, kind="tests", scope=["a"], steps=["All 60 tests pass."], tree=TREE)
    assert record_run(tmp_path / "ledger.jsonl").model_says.struck == ()


REFUSALS = {
    "untrue": ("All 60 tests pass. Nothing is to do.", "Nothing is to do", ["All 60 tests pass."]),
    "true": ("The 55 tests pass. Close it.", "The 55 tests pass. Close it", []),
    "no-claim": ("Resource Product exists already.", "Resource Product exists already", []),
}


@pytest.mark.parametrize(("reason", "kept", "struck"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_judged_like_a_report(tmp_path: Path, reason: str, kept: str, struck: list[str]) -> None:
    contract = _ended(tmp_path / "ledger.jsonl", "refused", reason, passed=55)
    assert contract.summary.endswith(f"{kept}.")
    assert [one.sentence for one in contract.model_says.struck] == struck


REASONS = {
    "untrue": ("A caller needs it. All 60 tests pass.", "A caller needs it.", ["All 60 tests pass."]),
    "true": ("All 55 tests pass, but none calls it.", "All 55 tests pass, but none calls it.", []),
    "of-the-work": ("The test of the caller must change.", "The test of the caller must change.", []),
}


@pytest.mark.parametrize(("reason", "kept", "struck"), REASONS.values(), ids=REASONS)
def test_reasons_are_judged_by_what_was_known_then(tmp_path: Path, reason: str, kept: str, struck: list[str]) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl", redactor=Redactor(())) as ledger:
        ledger.append(EntryKind.BASELINE, tree=BASE, counts={"passed": 55}, commands=[])
        ledger.append(EntryKind.PLAN, kind="tests", scope=["a"], steps=["a"], tree=BASE)
        ledger.append(EntryKind.SCOPE_WIDENED, files=[{"path": "b", "sort": "test"}], reason=reason, tree=BASE)
        ledger.append(EntryKind.ESCALATION, from_model="m", to_model="n", cause="asked", reason=reason)
        contract = end_run(ledger, Ending(status="unproven", ended_because="interrupted"))
    assert [one.reason for one in (*contract.run.widened, *contract.run.escalations)] == [kept, kept]
    assert [one.sentence for one in contract.model_says.struck] == struck


SEEN = {
    "on-the-first-alone": ((BASE,), ""),
    "on-the-second-alone": ((OTHER,), ""),
    "on-both": ((BASE, OTHER), "mypy passed."),
}


@pytest.mark.parametrize(("seen", "kept"), SEEN.values(), ids=SEEN)
def test_a_reason_said_twice_must_be_true_twice(tmp_path: Path, seen: tuple[str, ...], kept: str) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl", redactor=Redactor(())) as ledger:
        for tree in (BASE, OTHER):
            ledger.append(EntryKind.CHECKPOINT, tree=tree, label="edit")
            if tree in seen:
                ledger.append(EntryKind.GATE, tree=tree, **gate_data(gate("mypy")))
            ledger.append(EntryKind.MODEL_TURN, text="")
            ledger.append(EntryKind.SCOPE_WIDENED, files=[{"path": tree, "sort": "test"}], reason="mypy passed.")
        contract = end_run(ledger, Ending(status="unproven", ended_because="interrupted"))
    assert [one.reason for one in contract.run.widened] == [kept, kept]
