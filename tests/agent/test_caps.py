# tests/agent/test_caps.py — caps are held before the request that could break them, and a resumed run goes on counting
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.usage import RequestUsage

from python_coder.agent.caps import LEAST_ANSWER_TOKENS, Caps, Meter, estimated_input
from python_coder.agent.costs import Spent, TurnCost, spent_by
from python_coder.errors import CapReachedError
from python_coder.evidence.ledger import EntryKind, Ledger

SONNET = {"model": "claude-sonnet-5-5", "provider": "anthropic"}
"""2.5 dollars for a million tokens written to the cache, 10 for a million answered."""
TURN = TurnCost(
    model="m", input_tokens=900, output_tokens=100, cache_read_tokens=0, cache_write_tokens=0, cost_usd=0.01
)


def _room(caps: Caps, *, spent: Spent | None = None, input_tokens: int = 1_000, wanted: int = 16_000) -> int:
    return Meter(caps=caps, spent=spent or Spent()).answer_tokens(**SONNET, input_tokens=input_tokens, wanted=wanted)


ROOMS = {
    "no-cap": (Caps(), 16_000),
    "wide": (Caps(tokens=1_000_000, cost_usd=10.0, minutes=60.0), 16_000),
    "tokens-left": (Caps(tokens=9_000), 8_000),
    "money-left": (Caps(cost_usd=0.0526), 5_010),
    "the-nearer-one": (Caps(tokens=5_000, cost_usd=0.0525), 4_000),
}


@pytest.mark.parametrize(("caps", "room"), ROOMS.values(), ids=ROOMS)
def test_an_answer_may_be_as_long_as_the_caps_leave(caps: Caps, room: int) -> None:
    assert _room(caps) == room


BROKEN = {
    "tokens": (Caps(tokens=1_500), Spent(), "--max-tokens"),
    "tokens-spent": (Caps(tokens=10_000), Spent(tokens=9_000), "--max-tokens"),
    "money": (Caps(cost_usd=0.003), Spent(), "--max-cost"),
    "money-spent": (Caps(cost_usd=1.0), Spent(cost_usd=0.999), "--max-cost"),
    "unknown-so-far": (Caps(cost_usd=1.0), Spent(is_priced=False), "--max-tokens"),
}


@pytest.mark.parametrize(("caps", "spent", "option"), BROKEN.values(), ids=BROKEN)
def test_a_request_that_could_break_a_cap_is_not_made(caps: Caps, spent: Spent, option: str) -> None:
    with pytest.raises(CapReachedError, match=option):
        _room(caps, spent=spent)


def test_minutes_by_the_clock_of_this_start() -> None:
    now = [100.0]
    meter = Meter(caps=Caps(minutes=2.0), clock=lambda: now[0])
    now[0] += 119
    assert meter.answer_tokens(**SONNET, input_tokens=1, wanted=10) == 10
    now[0] += 1
    with pytest.raises(CapReachedError, match="--max-minutes"):
        meter.answer_tokens(**SONNET, input_tokens=1, wanted=10)


def test_a_model_without_a_price_cannot_be_capped_in_money() -> None:
    with pytest.raises(CapReachedError, match="not known"):
        Meter(caps=Caps(cost_usd=9.0)).answer_tokens(model="qwen3", provider="ollama", input_tokens=1, wanted=1)


def test_short_answers_are_fine_where_short_ones_are_wanted() -> None:
    assert _room(Caps(tokens=1_500), wanted=LEAST_ANSWER_TOKENS // 2) == LEAST_ANSWER_TOKENS // 2


def test_the_estimate_counts_from_the_last_answer_on() -> None:
    request = ModelRequest(parts=[UserPromptPart("x" * 5_000)])
    answer = ModelResponse(parts=[TextPart("y")], usage=RequestUsage(input_tokens=7_000, output_tokens=50))
    first, later = estimated_input([request]), estimated_input([request, answer, request])
    assert first > 5_000 / 4
    assert 7_050 + 5_000 / 4 < later < 7_050 + first


def test_what_is_on_record_counts_after_a_kill(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.jsonl") as ledger:
        ledger.append(EntryKind.MODEL_TURN, phase="plan", round=0, **TURN.facts())
        ledger.append(EntryKind.FAULT, phase="act", round=1, **TURN.facts())
        ledger.append(EntryKind.FAULT, phase="act", round=1, error="429")
        assert spent_by(ledger.entries) == Spent(tokens=2_000, cost_usd=0.02)
