# tests/gates/test_table.py — each cell of the table of required gates, and what results prove
from dataclasses import replace
from pathlib import Path

import pytest
from alembic_project import BASE as WITH_ALEMBIC
from alembic_project import MODELS
from change_bench import KNOWN_GOOD, Bench

from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.gates.baseline import Baseline
from python_coder.gates.known_good_tools import ToolFact
from python_coder.gates.runner import all_gates
from python_coder.gates.table import Facts, Level, Requirement, decide, exit_code, facts_of, requirements

USUAL = Facts(kind="behaviour")
NO_BASE = Facts(has_base=False, has_base_tests=False)
AGAINST_BASE = ("judge-untouched", "suppressions", "test-tampering", "hard-coded")

CELLS: dict[str, tuple[Facts, str, Level]] = {
    **{f"usual-{gate.name}": (USUAL, gate.name, "required") for gate in all_gates()},
    **{f"no-base-{name}": (NO_BASE, name, "not_applicable") for name in (*AGAINST_BASE, "base-tests", "new-tests")},
    **{f"no-base-{name}": (NO_BASE, name, "required") for name in ("tests", "mypy", "scope", "changed-coverage")},
    "mypy-that-nobody-asked-for-and-that-cannot-judge": (
        replace(USUAL, asks_for_types=False, types_problem="it crashed"),
        "mypy",
        "if_possible",
    ),
    "mypy-that-nobody-asked-for": (replace(USUAL, asks_for_types=False), "mypy", "required"),
    "mypy-that-was-asked-for-and-cannot-judge": (replace(USUAL, types_problem="it crashed"), "mypy", "required"),
    "mypy-cannot-judge-and-there-is-no-base": (
        replace(NO_BASE, asks_for_types=False, types_problem="it crashed"),
        "mypy",
        "required",
    ),
    "no-tests-in-the-base": (replace(USUAL, has_base_tests=False), "base-tests", "not_applicable"),
    "no-tests-in-the-base-asks-for-new-ones": (Facts(has_base_tests=False), "new-tests", "required"),
    "nobody-planned-the-change": (Facts(), "new-tests", "if_possible"),
    "refactoring": (replace(USUAL, kind="refactor"), "new-tests", "not_applicable"),
    "tests-to-add": (replace(USUAL, kind="tests"), "new-tests", "required"),
    "tests-that-failed-before": (replace(USUAL, failing=("t",)), "tests", "required"),
    "flaky-tests": (replace(USUAL, flaky=("t",)), "base-tests", "required"),
    "no-migrations": (replace(USUAL, has_migrations=False), "migration", "not_applicable"),
    "no-compose-file": (replace(USUAL, has_compose_files=False), "compose", "not_applicable"),
    "compose-file-without-base": (NO_BASE, "compose", "required"),
    "models-without-migrations": (
        replace(USUAL, has_migrations=False, changes_models=True),
        "migration",
        "not_applicable",
    ),
}


@pytest.mark.parametrize(("facts", "gate", "level"), CELLS.values(), ids=CELLS)
def test_cell(facts: Facts, gate: str, level: Level) -> None:
    row = requirements(facts)[gate]
    assert (row.level, bool(row.why)) == (level, True)


def test_has_a_row_for_each_gate_in_their_order() -> None:
    assert [gate.name for gate in all_gates()] == list(requirements(USUAL))


LEFT_OUT: dict[str, tuple[Facts, str, str]] = {
    "failing": (replace(USUAL, failing=("a", "b", "c", "d")), "tests", "a, b, c and 1 more failed on the base"),
    "flaky": (replace(USUAL, flaky=("a",)), "tests", "a pass and fail on the base"),
    "no-base-tests": (replace(USUAL, has_base_tests=False), "base-tests", "the base revision has no tests"),
    "no-alembic": (replace(USUAL, has_migrations=False, changes_models=True), "migration", "has no Alembic"),
}


@pytest.mark.parametrize(("facts", "gate", "words"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_says_what_stays_unjudged(facts: Facts, gate: str, words: str) -> None:
    rows = requirements(facts)
    assert words in " ".join(rows[gate].leaves_out)
    assert any(words in sentence for sentence in decide([result(gate)], {gate: rows[gate]}).not_judged)


def result(gate: str, verdict: Verdict = Verdict.PASSED) -> GateResult:
    mend = "add pytest" if verdict is Verdict.NOT_RUN else ""
    return GateResult(gate=gate, verdict=verdict, reason="it was so", mend=mend)


def row(level: Level) -> Requirement:
    return Requirement(level=level, why="it must be")


DECISIONS: dict[str, tuple[Level, Verdict, str, bool, bool]] = {
    "required-passed": ("required", Verdict.PASSED, "proven", False, False),
    "required-not-applicable": ("required", Verdict.NOT_APPLICABLE, "proven", False, False),
    "required-failed": ("required", Verdict.FAILED, "unproven", False, True),
    "required-not-run": ("required", Verdict.NOT_RUN, "unproven", True, True),
    "if-possible-passed": ("if_possible", Verdict.PASSED, "proven", False, False),
    "if-possible-not-run": ("if_possible", Verdict.NOT_RUN, "proven", True, False),
    "if-possible-failed": ("if_possible", Verdict.FAILED, "unproven", False, True),
    "not-applicable-not-run": ("not_applicable", Verdict.NOT_RUN, "proven", True, False),
    "not-applicable-failed": ("not_applicable", Verdict.FAILED, "unproven", False, True),
}


@pytest.mark.parametrize(("level", "verdict", "status", "is_told", "is_blocking"), DECISIONS.values(), ids=DECISIONS)
def test_decides(level: Level, verdict: Verdict, status: str, is_told: bool, is_blocking: bool) -> None:
    decision = decide([result("g", verdict)], {"g": row(level)})
    assert (decision.status, bool(decision.not_judged), bool(decision.blocking)) == (status, is_told, is_blocking)
    if is_told:
        assert decision.not_judged == ("g: it was so. Add pytest.",)


def test_a_required_gate_without_a_result_is_unproven() -> None:
    decision = decide([result("a")], {"a": row("required"), "b": row("required"), "c": row("if_possible")})
    assert (decision.status, len(decision.blocking), "b" in decision.not_judged[0]) == ("unproven", 1, True)


def test_a_result_that_the_table_does_not_know_counts() -> None:
    assert decide([result("claims", Verdict.FAILED)], {}).status == "unproven"
    assert decide([result("claims", Verdict.NOT_RUN)], {}).status == "unproven"


def test_nothing_proves_nothing() -> None:
    assert decide([], {}).status == "unproven"


EXIT_CODES = {
    "all-passed": ((Verdict.PASSED, Verdict.NOT_APPLICABLE), 0),
    "one-failed": ((Verdict.PASSED, Verdict.FAILED), 1),
    "one-did-not-run": ((Verdict.PASSED, Verdict.NOT_RUN), 3),
    "failure-first": ((Verdict.NOT_RUN, Verdict.FAILED), 1),
}


@pytest.mark.parametrize(("verdicts", "expected"), EXIT_CODES.values(), ids=EXIT_CODES)
def test_exit_code(verdicts: tuple[Verdict, ...], expected: int) -> None:
    assert exit_code(result("g", verdict) for verdict in verdicts) == expected


PLAIN = {"app/__init__.py": ""}
OWN_MYPY = replace(KNOWN_GOOD, mypy=ToolFact(name="mypy", argv=("mypy",), version="2", is_projects_own=True))
SEEN = {"a": "passed", "b": "failed", "c": "flaky", "d": "error"}

FACTS: dict[str, tuple[Bench, dict[str, object]]] = {
    "plain": (
        Bench(folder=Path(), base=PLAIN, delivered={**PLAIN, "app/a.py": ""}),
        {"has_base": True, "has_base_tests": False, "asks_for_types": False, "has_migrations": False},
    ),
    "whole": (Bench(folder=Path(), delivered=PLAIN), {"has_base": False}),
    "own-mypy": (Bench(folder=Path(), base=PLAIN, delivered={}, known_good=OWN_MYPY), {"asks_for_types": True}),
    "mypy-configuration": (
        Bench(folder=Path(), base={"mypy.ini": "[mypy]\n"}, delivered={}),
        {"asks_for_types": True},
    ),
    "mypy-configuration-of-the-change": (
        Bench(folder=Path(), base=PLAIN, delivered={"mypy.ini": "[mypy]\n"}),
        {"asks_for_types": False},
    ),
    "tests": (
        Bench(folder=Path(), base=PLAIN, delivered={}, baseline=Baseline(tree="", tests=SEEN)),
        {"has_base_tests": True, "failing": ("b", "d"), "flaky": ("c",)},
    ),
    "alembic-and-models": (
        Bench(folder=Path(), base=WITH_ALEMBIC, delivered={**WITH_ALEMBIC, "app/models.py": MODELS + "X = 1\n"}),
        {"has_migrations": True, "changes_models": True},
    ),
    "compose-file": (Bench(folder=Path(), base=PLAIN, delivered={"compose.yaml": ""}), {"has_compose_files": True}),
    "compose-file-that-goes": (
        Bench(folder=Path(), base={"deploy/docker-compose.prod.yml": ""}, delivered=PLAIN),
        {"has_compose_files": True},
    ),
    "no-compose-file": (
        Bench(folder=Path(), base=PLAIN, delivered={"composed.yaml": ""}),
        {"has_compose_files": False},
    ),
    "models-alone": (
        Bench(folder=Path(), base=PLAIN, delivered={**PLAIN, "app/models.py": MODELS}),
        {"has_migrations": False, "changes_models": True},
    ),
}


@pytest.mark.parametrize(("bench", "expected"), FACTS.values(), ids=FACTS)
async def test_reads_the_facts(tmp_path: Path, bench: Bench, expected: dict[str, object]) -> None:
    facts = facts_of(await replace(bench, folder=tmp_path).context())
    assert {name: getattr(facts, name) for name in expected} == expected
