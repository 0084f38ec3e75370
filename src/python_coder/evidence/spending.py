# src/python_coder/evidence/spending.py — what a run took, by model and by step, and why it changed models
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from python_coder.evidence.canonical import Json, text_at, texts_at
from python_coder.evidence.contract import Escalation, Spending, Taken
from python_coder.evidence.entries import Entry, EntryKind

_PAID = frozenset({EntryKind.MODEL_TURN, EntryKind.FAULT})
_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def spending_of(entries: Iterable[Entry]) -> Spending:
    """Sum up every answer of a model, those that broke off too, as far as the provider counted them."""
    total: list[Mapping[str, Json]] = []
    by_model: dict[str, list[Mapping[str, Json]]] = defaultdict(list)
    by_step: dict[str, list[Mapping[str, Json]]] = defaultdict(list)
    for entry in entries:
        if entry.kind in _PAID and "cost_usd" in entry.data:
            total.append(entry.data)
            by_model[text_at(entry.data, "model")].append(entry.data)
            by_step[_step(entry.data)].append(entry.data)
    return Spending(
        total=_taken(total),
        by_model={model: _taken(turns) for model, turns in by_model.items()},
        by_step={step: _taken(turns) for step, turns in by_step.items()},
    )


def escalations_of(entries: Sequence[Entry]) -> tuple[Escalation, ...]:
    """Every switch to a stronger model, with what the gates said in the round after it."""
    found: list[Escalation] = []
    for entry in entries:
        if entry.kind is EntryKind.ESCALATION:
            found.append(
                Escalation(
                    from_model=text_at(entry.data, "from_model"),
                    to_model=text_at(entry.data, "to_model"),
                    cause=text_at(entry.data, "cause"),
                    reason=text_at(entry.data, "reason"),
                    failed_before=texts_at(entry.data, "failed_before"),
                )
            )
        if entry.kind is EntryKind.ESCALATION_EFFECT and found:
            effect = {"effect": text_at(entry.data, "effect"), "failed_after": texts_at(entry.data, "failed_after")}
            found[-1] = found[-1].model_copy(update=effect)
    return tuple(found)


def _step(data: Mapping[str, Json]) -> str:
    phase = text_at(data, "phase")
    return f"{phase} {data.get('round')}" if phase == "act" else phase


def _taken(turns: Sequence[Mapping[str, Json]]) -> Taken:
    counts = {name: sum(_number(turn.get(name)) for turn in turns) for name in _COUNTS}
    costs = [turn.get("cost_usd") for turn in turns]
    known = [float(cost) for cost in costs if isinstance(cost, int | float)]
    return Taken(turns=len(turns), cost_usd=round(sum(known), 6), unpriced_turns=len(costs) - len(known), **counts)


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0
