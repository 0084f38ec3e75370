# tests/agent/test_budget.py — twelve calls, and more only for evidence
import pytest

from python_coder.agent.budget import EXTENSION, MOST_EXTENSIONS, Budget


def test_refuses_softly_when_used_up() -> None:
    budget = Budget(is_cause=lambda _: False, limit=2)
    assert [budget.take(), budget.take()] == [None, None]
    assert "2 tool calls" in (budget.take() or "")
    assert budget.used == 2


EXTENSIONS = {
    "evidence": ("tests failed", [7], True),
    "no-evidence": ("tests failed", [], False),
    "not-a-failure": ("tests failed", [8], False),
    "no-reason": (" ", [7], False),
    "second-is-fresh": ("tests failed", [8, 7], True),
}


@pytest.mark.parametrize(("reason", "evidence", "granted"), EXTENSIONS.values(), ids=EXTENSIONS)
def test_extends_only_for_a_recorded_failure(reason: str, evidence: list[int], granted: bool) -> None:
    budget = Budget(is_cause=lambda entry: entry == 7, limit=12)
    answer = budget.extend(reason, evidence)
    assert answer.startswith("Granted") == granted
    assert budget.limit == 12 + EXTENSION * granted


def test_no_cause_earns_twice_and_there_is_an_end() -> None:
    budget = Budget(is_cause=lambda _: True)
    assert budget.extend("x", [1]).startswith("Granted")
    assert budget.extend("x", [1]).startswith("Refused")
    for entry in range(2, MOST_EXTENSIONS + 1):
        assert budget.extend("x", [entry]).startswith("Granted")
    assert budget.extend("x", [99]).startswith("Refused")
