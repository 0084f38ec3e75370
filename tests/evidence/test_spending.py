# tests/evidence/test_spending.py — what a run took, by model and by step, and what came of each escalation
from pathlib import Path

import pytest

from python_coder.evidence.contract import Taken
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.evidence.spending import escalations_of, spending_of

SONNET, OPUS = "claude-sonnet-5-5", "claude-opus-5-5"


def _turn(ledger: Ledger, phase: str, number: int, model: str, cost: float | None) -> None:
    counts = {"input_tokens": 100, "output_tokens": 10, "cache_read_tokens": 80, "cache_write_tokens": 5}
    ledger.append(EntryKind.MODEL_TURN, phase=phase, round=number, model=model, cost_usd=cost, **counts)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.jsonl")


def test_sums_by_model_and_by_step_with_the_cache_apart(ledger: Ledger) -> None:
    with ledger:
        _turn(ledger, "plan", 0, SONNET, 0.25)
        _turn(ledger, "act", 1, SONNET, 0.25)
        ledger.append(
            EntryKind.FAULT, phase="act", round=1, model=SONNET, input_tokens=7, output_tokens=1, cost_usd=0.5
        )
        ledger.append(EntryKind.FAULT, phase="act", round=1, error="429")
        _turn(ledger, "act", 2, OPUS, None)
    spending = spending_of(ledger.entries)
    assert spending.total == Taken(
        turns=4,
        input_tokens=307,
        output_tokens=31,
        cache_read_tokens=240,
        cache_write_tokens=15,
        cost_usd=1.0,
        unpriced_turns=1,
    )
    assert {model: (taken.turns, taken.cost_usd) for model, taken in spending.by_model.items()} == {
        SONNET: (3, 1.0),
        OPUS: (1, 0.0),
    }
    assert {step: taken.turns for step, taken in spending.by_step.items()} == {"plan": 1, "act 1": 2, "act 2": 1}


def test_each_escalation_has_the_effect_that_followed_it(ledger: Ledger) -> None:
    with ledger:
        ledger.append(
            EntryKind.ESCALATION,
            from_model=SONNET,
            to_model=OPUS,
            cause="gates",
            reason="tests failed twice.",
            failed_before=["tests"],
        )
        ledger.append(EntryKind.ESCALATION_EFFECT, effect="All gates passed.", failed_after=[])
        ledger.append(EntryKind.ESCALATION, from_model=OPUS, to_model=SONNET, cause="user", reason="")
    first, second = escalations_of(ledger.entries)
    assert (first.to_model, first.failed_before, first.effect) == (OPUS, ("tests",), "All gates passed.")
    assert (second.cause, second.effect) == ("user", "")
