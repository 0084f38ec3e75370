# tests/agent/test_widening.py — a model asks for a wider scope: what it is told, and what stands on record
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.models.function import FunctionModel

from agent.looped import Looped, looped
from python_coder.agent.thinker import Thinker
from python_coder.agent.widening import widening_tools
from python_coder.evidence.ledger import EntryKind
from python_coder.evidence.widened import widened_by
from python_coder.gates.known_good import KnownGood
from scenarios.pricing_service import write_service

PLAN = {"kind": "behaviour", "steps": ["x"], "scope": ["app/pricing.py"], "needs_migration": False}
KNOWN_GOOD = KnownGood(
    project_root=".",
    import_roots=(".",),
    packages=("app",),
    python=Path("python"),
    environment=Path("env"),
    python_version="3.11",
    test_paths=("tests",),
)
REASON = "its test is there"


@dataclass(frozen=True)
class Asked:
    loop: Looped

    async def __call__(self, paths: Sequence[str], reason: str = REASON) -> str:
        (tool,) = widening_tools(self.loop.session, KNOWN_GOOD)
        assert tool.is_free
        return await tool.function(paths=list(paths), reason=reason)

    def plan(self, **other: Any) -> None:
        self.loop.session.ledger.append(EntryKind.PLAN, round=0, **{**PLAN, **other})

    @property
    def added(self) -> list[tuple[str, str, str]]:
        return [(one.path, one.sort, one.reason) for one in widened_by(self.loop.session.ledger.entries)]


@pytest.fixture
def ask(tmp_path: Path):
    (tmp_path / "r").mkdir()
    thinker = Thinker(name="m", model=FunctionModel(lambda *_: None))
    with looped(write_service(tmp_path / "r"), tmp_path / "run", thinker) as loop:
        yield Asked(loop)


async def test_what_fits_the_rule_is_added_and_recorded_with_its_cause(ask: Asked) -> None:
    ask.plan()
    told = await ask(["tests/test_pricing.py", "pyproject.toml", "app/pricing.py"])
    assert told.splitlines() == [
        "app/pricing.py: in scope already",
        "tests/test_pricing.py: added as a test",
        "pyproject.toml: refused, it configures a gate, and what judges stays as the base revision has it",
    ]
    assert ask.added == [("tests/test_pricing.py", "test", REASON)]
    (entry,) = ask.loop.entries(EntryKind.SCOPE_WIDENED)
    assert entry.data["tree"] == ask.loop.session.tree
    assert await ask(["tests/test_pricing.py"], "again") == "tests/test_pricing.py: in scope already"
    assert len(ask.loop.entries(EntryKind.SCOPE_WIDENED)) == 1


NOTHING: Mapping[str, tuple[bool, str, str, str]] = {
    "no-plan-yet": (False, "README.md", REASON, "Refused: there is no plan yet"),
    "no-reason": (True, "README.md", " ", "Refused: say in `reason`"),
    "migration-without-plan": (True, "migrations/versions/2_x.py", REASON, "the plan asks for no migration"),
}


@pytest.mark.parametrize(("is_planned", "path", "reason", "told"), NOTHING.values(), ids=NOTHING)
async def test_nothing_is_added(ask: Asked, is_planned: bool, path: str, reason: str, told: str) -> None:
    if is_planned:
        ask.plan()
    assert told in await ask([path], reason)
    assert not ask.loop.entries(EntryKind.SCOPE_WIDENED)


async def test_another_plan_begins_with_its_own_scope(ask: Asked) -> None:
    ask.plan()
    await ask(["README.md"])
    ask.plan(scope=["app/main.py"])
    assert ask.added == []


async def test_the_limit_holds_over_several_calls(ask: Asked) -> None:
    ask.plan()
    for number in range(7):
        told = await ask([f"tests/test_{number}.py"])
        assert ("refused" in told) == (number >= 5)
    assert len(ask.added) == 5
