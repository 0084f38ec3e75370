# tests/agent/test_router.py — when the stronger model is due, and how broad a plan is
import pytest
from pydantic_ai.models.test import TestModel

from python_coder.agent.digest import FailedGate
from python_coder.agent.plan import Plan
from python_coder.agent.router import Router, is_planned, named_files
from python_coder.agent.thinker import Thinker
from python_coder.agent.thinking_mode import thinking_for

STRONG = Thinker(name="strong", model=TestModel())
QUICK = Thinker(name="quick", model=TestModel(), stronger=STRONG)


def _plan(*scope: str, steps: tuple[str, ...] = ("do it",), tests_first: tuple[str, ...] = ()) -> Plan:
    return Plan(kind="behaviour", steps=steps, scope=scope or ("app/**",), tests_first=tests_first)


NAMED = {
    "paths": (_plan("app/api/a.py", "app/b.py"), ("app/api/a.py", "app/b.py")),
    "a-permission-counts-once": (_plan("app/**"), ("app/module.py",)),
    "one-folder": (_plan("app/api/*.py"), ("app/api/module.py",)),
    "everything": (_plan("**"), ("module.py",)),
    "steps-say-more": (
        _plan("**", steps=("change `app/models/item.py`, then ./app/api/items.py.", "migrate")),
        ("module.py", "app/models/item.py", "app/api/items.py"),
    ),
    "tests-first": (_plan("app/a.py", tests_first=("tests/test_a.py::test_x",)), ("app/a.py", "tests/test_a.py")),
}


@pytest.mark.parametrize(("plan", "files"), NAMED.values(), ids=NAMED)
def test_the_files_that_a_plan_names(plan: Plan, files: tuple[str, ...]) -> None:
    assert named_files(plan) == files


def test_a_plan_over_more_than_three_packages_is_for_the_stronger_model() -> None:
    assert Router(first=QUICK).after_plan(["a", "b", "c"]) is None
    escalation = Router(first=QUICK).after_plan(["a", "b", "c", "d"])
    assert escalation is not None
    assert (escalation.cause, escalation.reason) == ("plan", "The plan spans 4 packages: a, b, c, d.")


INSIDE, OUTSIDE = FailedGate(gate="tests", path="app/api/a.py"), FailedGate(gate="tests", path="app/core/c.py")
OTHER_GATE, NOWHERE = FailedGate(gate="mypy", path="app/core/c.py"), FailedGate(gate="tests")
SCOPE, CLAIMS = FailedGate(gate="scope", path="app/core/c.py"), FailedGate(gate="claims", path="app/core/c.py")
MIGRATION = FailedGate(gate="migration", path="migrations/versions/1_a.py")
ROUNDS = {
    "twice-outside": ([[OUTSIDE], [OUTSIDE]], True),
    "once": ([[OUTSIDE]], False),
    "twice-inside": ([[INSIDE], [INSIDE]], False),
    "two-gates-once-each": ([[OUTSIDE], [OTHER_GATE]], False),
    "no-frame": ([[NOWHERE], [NOWHERE]], False),
    "migration-twice-outside": ([[MIGRATION], [MIGRATION]], True),
    "scope-is-no-code-failure": ([[SCOPE], [SCOPE], [SCOPE]], False),
    "claims-is-no-code-failure": ([[CLAIMS], [CLAIMS], [CLAIMS]], False),
    "claims-beside-one-of-code": ([[CLAIMS, OUTSIDE], [CLAIMS, SCOPE]], False),
    "with-a-round-between": ([[OUTSIDE], [INSIDE], [OUTSIDE]], True),
}


@pytest.mark.parametrize(("rounds", "is_due"), ROUNDS.values(), ids=ROUNDS)
def test_the_same_gate_twice_outside_of_the_plan(rounds: list[list[FailedGate]], *, is_due: bool) -> None:
    router, plan = Router(first=QUICK), _plan("app/api/*.py")
    said = [router.after_gates(failed, plan) for failed in rounds]
    assert [one is not None for one in said] == [False] * (len(rounds) - 1) + [is_due]


PLANNED = {
    "exact": ("app/a.py", _plan("app/a.py"), True),
    "same-folder": ("app/b.py", _plan("app/a.py"), True),
    "pattern": ("app/x/y.py", _plan("app/**"), True),
    "test-named-first": ("tests/test_a.py", _plan("app/a.py", tests_first=("tests/test_a.py::test_x",)), True),
    "elsewhere": ("app/core/a.py", _plan("app/api/a.py"), False),
    "root-file": ("setup.py", _plan("main.py"), False),
}


@pytest.mark.parametrize(("path", "plan", "is_inside"), PLANNED.values(), ids=PLANNED)
def test_what_a_plan_covers(path: str, plan: Plan, *, is_inside: bool) -> None:
    assert is_planned(path, plan) is is_inside


THINKING = {
    "narrow": (_plan(), ["a", "b"], None, "sequential"),
    "over-packages": (_plan(), ["a", "b", "c"], None, "contextual"),
    "over-steps": (_plan(steps=tuple("123456789")), ["a"], None, "contextual"),
    "asked": (_plan(), ["a", "b", "c"], "sequential", "sequential"),
}


@pytest.mark.parametrize(("plan", "packages", "asked", "mode"), THINKING.values(), ids=THINKING)
def test_how_to_think(plan: Plan, packages: list[str], asked: str | None, mode: str) -> None:
    assert thinking_for(plan, packages, asked=asked) == mode


def test_there_is_nowhere_to_go_from_the_stronger_one() -> None:
    router = Router(first=QUICK)
    assert router.stronger is STRONG
    router.thinker = STRONG
    assert router.stronger is None
    assert Router(first=STRONG).stronger is None
