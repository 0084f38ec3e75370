# src/python_coder/evidence/early_words.py — what a model says of checks before its report: in plans, reasons, refusals
from collections.abc import Mapping, Sequence
from dataclasses import replace

from python_coder.evidence.canonical import text_at, texts_at
from python_coder.evidence.claims import StruckText, strike
from python_coder.evidence.entries import Entry, EntryKind
from python_coder.evidence.facts import last, support_of
from python_coder.evidence.support import Support
from python_coder.evidence.verdict import GateResult, Verdict


def judged_plan(entries: Sequence[Entry]) -> Mapping[str, StruckText]:
    """Each text of the model's newest plan, held against what the model had been shown when it made the plan.

    A plan may say what will be done, not what was seen where nothing was. What a user wrote is not judged.
    """
    plans = (place for place, entry in enumerate(entries) if entry.kind is EntryKind.PLAN)
    place = max((place for place in plans if text_at(entries[place].data, "by") != "user"), default=None)
    if place is None:
        return {}
    plan = entries[place].data
    support = support_before_work(entries[:place], text_at(plan, "tree"))
    return {text: strike(text, support, is_plan=True) for text in (*texts_at(plan, "steps"), text_at(plan, "risk"))}


def judged_reasons(entries: Sequence[Entry]) -> Mapping[str, StruckText]:
    """Each reason that the model gave for a wider scope or a stronger model, held against what it had seen by then."""
    judged: dict[str, StruckText] = {}
    tree = ""
    for place, entry in enumerate(entries):
        if entry.kind is EntryKind.SCOPE_WIDENED or text_at(entry.data, "cause") == "asked":
            reason = text_at(entry.data, "reason")
            now = strike(reason, support_before_work(entries[:place], tree))
            # Said twice, it stands only if it was true both times.
            if reason not in judged or now.struck:
                judged[reason] = now
        tree = text_at(entry.data, "tree") or tree
    return judged


def support_before_work(entries: Sequence[Entry], tree: str) -> Support:
    """What a model was shown of a tree; of the base, also what the brief told: how the tests came out there."""
    support, baseline = support_of(entries, tree), last(entries, EntryKind.BASELINE)
    if not support.baseline or text_at(baseline, "tests_problem") or text_at(baseline, "tree") != tree:
        return support
    has_failed = any(support.baseline.get(outcome) for outcome in ("failed", "error"))
    tests = GateResult(
        gate="tests",
        verdict=Verdict.FAILED if has_failed else Verdict.PASSED,
        reason=", ".join(f"{count} {outcome}" for outcome, count in support.baseline.items()),
        facts=dict(support.baseline),
    )
    return replace(support, gates=(*support.gates, tests))
