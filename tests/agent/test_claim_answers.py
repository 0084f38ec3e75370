# tests/agent/test_claim_answers.py — what differs by chance, by machine, or for real
import pytest

from python_coder.agent.claim_answers import baseline_answer, gate_answer
from python_coder.evidence.contract import ContractGate
from python_coder.evidence.verdict import GateResult, Verdict

SAID = ContractGate(
    gate="base-tests", verdict=Verdict.PASSED, reason="", mend="", findings=(), facts={"expected": 3}, seconds=1.0
)


@pytest.mark.parametrize(
    ("said", "seen", "unlike", "answer"),
    [
        ({"passed": 3}, {"passed": 3}, "", "re-verified"),
        ({"passed": 2, "flaky": 1}, {"passed": 3}, "", "re-verified"),
        ({"passed": 3}, {"passed": 2, "flaky": 1}, "", "re-verified"),
        ({"passed": 3}, {"passed": 2, "failed": 1}, "", "differs"),
        ({"passed": 2, "flaky": 1}, {"passed": 2}, "", "differs"),
        ({"passed": 3}, {"passed": 2, "failed": 1}, "Python 3.12 instead of 3.11", "cannot run here"),
    ],
    ids=["same", "was-flaky", "is-flaky", "fails-now", "one-is-gone", "another-machine"],
)
def test_baseline(said: dict[str, int], seen: dict[str, int], unlike: str, answer: str) -> None:
    assert baseline_answer(said, seen, unlike).answer == answer


@pytest.mark.parametrize(
    ("gate", "verdict", "is_flaky", "answer"),
    [
        ("base-tests", Verdict.PASSED, False, "differs"),
        ("base-tests", Verdict.PASSED, True, "re-verified"),
        ("base-tests", Verdict.FAILED, True, "differs"),
        ("changed-coverage", Verdict.PASSED, True, "differs"),
        ("base-tests", Verdict.NOT_RUN, True, "cannot run here"),
    ],
    ids=["steady", "flaky", "flaky-but-red", "flaky-says-nothing-of-coverage", "did-not-run"],
)
def test_gate_with_other_figures(gate: str, verdict: Verdict, is_flaky: bool, answer: str) -> None:
    said = SAID.model_copy(update={"gate": gate})
    seen = GateResult(gate=gate, verdict=verdict, reason="", facts={"expected": 2})
    assert gate_answer(said, seen, "", is_flaky=is_flaky).answer == answer


SCHEMA = {"postgresql": "15", "get_schema": "price numeric DEFAULT 0", "rows": 2}
SERVERS = {
    "same": ({}, "re-verified"),
    "same-server-other-schema": ({"get_schema": "price text"}, "differs"),
    "another-server": ({"postgresql": "18"}, "re-verified"),
    "another-server-in-other-words": ({"postgresql": "18", "get_schema": "price numeric DEFAULT '0'"}, "re-verified"),
    "another-server-other-figures": ({"postgresql": "18", "rows": 1}, "cannot run here"),
}


@pytest.mark.parametrize(("other", "answer"), SERVERS.values(), ids=SERVERS)
def test_a_schema_counts_in_the_words_of_one_server(other: dict[str, str], answer: str) -> None:
    said = SAID.model_copy(update={"gate": "migration", "facts": SCHEMA})
    seen = GateResult(gate="migration", verdict=Verdict.PASSED, reason="", facts={**SCHEMA, **other})
    assert gate_answer(said, seen, "", is_flaky=False).answer == answer


def test_gate_that_is_no_more() -> None:
    assert gate_answer(SAID, None, "", is_flaky=False).answer == "cannot run here"
