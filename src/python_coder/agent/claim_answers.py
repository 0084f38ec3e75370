# src/python_coder/agent/claim_answers.py — what a contract says beside what is seen now, claim by claim
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from python_coder import __version__
from python_coder.evidence.contract import ContractGate
from python_coder.evidence.verdict import GateResult, Verdict

Answer = Literal["re-verified", "differs", "cannot run here"]

FLAKY = "flaky"
"""Outcome of a test that failed and then passed."""
_SERVER, _SCHEMA = "postgresql", "get_schema"
"""Facts of the migration gate: the server's major version, and the schema in its words."""
_TESTING_GATES = frozenset(("tests", "base-tests"))
_BY_CHANCE = "the figures differ by tests that are flaky on the base revision; the verdict is the same"


@dataclass(frozen=True, kw_only=True)
class ClaimAnswer:
    """What came of checking one claim of a contract."""

    claim: str
    """What was claimed, such as `ledger`, `tree` or `gate tests`."""
    answer: Answer
    said: str = ""
    """What the contract says."""
    seen: str = ""
    """What was seen now."""
    why: str = ""
    """For `differs` and `cannot run here`: the reason, and what to do."""


def baseline_answer(said: Mapping[str, int], seen: Mapping[str, int], unlike: str) -> ClaimAnswer:
    """Compare counts of the base revision's test outcomes."""
    answer = compared("baseline", _listed(said), _listed(seen), unlike)
    if answer.answer == "differs" and _steady(said) == _steady(seen):
        return replace(answer, answer="re-verified", why=_BY_CHANCE)
    return answer


def _steady(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts with flaky tests among the passed ones: which of the two they are today is chance."""
    steady = {outcome: count for outcome, count in counts.items() if outcome != FLAKY}
    return steady | {"passed": counts.get("passed", 0) + counts.get(FLAKY, 0)}


def gate_answer(said: ContractGate, seen: GateResult | None, unlike: str, *, is_flaky: bool) -> ClaimAnswer:
    """Compare a gate's verdict and figures with what came out now.

    Args:
        said: As the contract has it.
        seen: As it came out now; `None` when there is no such gate any more.
        unlike: What of the machine is not as it was; empty when all is.
        is_flaky: Whether some test of the base revision fails now and then.
    """
    claim = f"gate {said.gate}"
    if seen is None:
        why = f"this version of python-coder ({__version__}) has no such gate"
        return ClaimAnswer(claim=claim, answer="cannot run here", said=said.verdict, why=why)
    if seen.verdict is Verdict.NOT_RUN and said.verdict is not Verdict.NOT_RUN:
        why = " ".join(part for part in (seen.reason, seen.mend) if part)
        return ClaimAnswer(claim=claim, answer="cannot run here", said=said.verdict, seen=seen.verdict, why=why)
    servers = [str(facts.get(_SERVER, "")) for facts in (said.facts, seen.facts)]
    is_other = all(servers) and servers[0] != servers[1]
    shared = (said.facts.keys() & seen.facts.keys()) - ({_SERVER, _SCHEMA} if is_other else set())
    if is_other:
        unlike = "; ".join(part for part in (unlike, f"PostgreSQL {servers[1]} instead of {servers[0]}") if part)
    figures = [_listed({name: facts[name] for name in shared}) for facts in (said.facts, seen.facts)]
    texts = [
        f"{verdict.value} {text}".strip() for verdict, text in zip((said.verdict, seen.verdict), figures, strict=True)
    ]
    answer = compared(claim, texts[0], texts[1], unlike)
    if answer.answer == "differs" and is_flaky and said.verdict == seen.verdict and said.gate in _TESTING_GATES:
        return replace(answer, answer="re-verified", why=_BY_CHANCE)
    return answer


def unsaid_answer(seen: GateResult, unlike: str) -> ClaimAnswer:
    """A gate that runs now and of which the contract says nothing."""
    if seen.is_acceptable:
        return ClaimAnswer(claim=f"gate {seen.gate}", answer="re-verified", said="nothing", seen=seen.verdict)
    return compared(f"gate {seen.gate}", "nothing", f"{seen.verdict.value}: {seen.reason}", unlike)


def compared(claim: str, said: str, seen: str, unlike: str) -> ClaimAnswer:
    """Compare two texts; where the machine differs from the run's, a difference proves nothing."""
    if said == seen:
        return ClaimAnswer(claim=claim, answer="re-verified", said=said, seen=seen)
    if unlike:
        why = f"the difference may come from this machine: {unlike}"
        return ClaimAnswer(claim=claim, answer="cannot run here", said=said, seen=seen, why=why)
    return ClaimAnswer(claim=claim, answer="differs", said=said, seen=seen, why="it came out differently now")


def _listed(figures: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {figures[name]}" for name in sorted(figures))
