# tests/scenarios/test_plan_first.py — a run that stops for its plan, and goes on with the plan as the user edited it
import json
from pathlib import Path
from typing import Any

import pytest

from python_coder.agent.plan import Plan
from python_coder.agent.plan_file import read_plan
from python_coder.errors import UsageError
from python_coder.evidence.ledger import EntryKind
from scenarios.cheats import HONEST, TASK
from scenarios.conftest import Coder
from scenarios.pricing_service import state_of
from scenarios.scripted_server import Say, scripted_model, url_of
from scenarios.wire import PLAN, REPORT, WRITE, Play

OTHER = Plan(kind="behaviour", steps=("mine",), scope=("app/x.py",), tests_first=("tests/test_x.py",))


@pytest.mark.slow
def test_stops_shows_and_goes_on(tmp_path: Path, repository: Path, coder: Coder) -> None:
    before = state_of(repository)
    with scripted_model(HONEST.answer) as server:
        keys = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url_of(server)}
        planned = coder("run", TASK, "--repo", repository, "--plan", **keys)
        assert (planned.returncode, len(server.requests)) == (0, 1), planned.stderr
        for part in ("1. test", "may change:  app/**, tests/**", "migration:   no", "python-coder resume"):
            assert part in planned.stdout
        assert state_of(repository) == before
        (path,) = (tmp_path / "state/runs").glob("*/plan.json")
        plan = json.loads(path.read_text())
        path.write_text(json.dumps({**plan, "steps": ["as I say"]}))
        resumed = coder("resume", "last", "--json", **keys)
        assert resumed.returncode == 0, resumed.stderr
        assert "as I say" in str(server.requests[1]["messages"][-1])
    assert json.loads(resumed.stdout)["status"] == "proven"


def test_a_given_plan_is_carried_out_without_asking_for_one(play: Play) -> None:
    loop, requests = play([Say([WRITE]), Say([REPORT])], options={"given_plan": OTHER})
    assert len(requests) == 2
    told = str(requests[0]["messages"])
    assert "Add a function" in told
    assert "tests/test_x.py" in told
    (recorded,) = loop.entries(EntryKind.PLAN)
    assert (recorded.data["by"], recorded.data["scope"]) == ("user", ["app/x.py"])


def test_stopping_asks_for_nothing_more(play: Play) -> None:
    loop, requests = play([Say([PLAN])], options={"stops_after_plan": True})
    assert (len(requests), loop.error) == (1, None)
    assert loop.entries(EntryKind.TOOL_CALL) == []


BROKEN: dict[str, tuple[Any, str]] = {
    "no-json": ("{", "is wrong at the document"),
    "no-scope": ({"kind": "tests", "steps": ["a"]}, "is wrong at scope"),
    "odd-kind": ({"kind": "magic", "steps": ["a"], "scope": ["b"]}, "is wrong at kind"),
    "odd-key": ({"kind": "tests", "steps": ["a"], "scope": ["b"], "budget": 99}, "is wrong at budget"),
}


@pytest.mark.parametrize(("plan", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plan_is_a_clear_error(tmp_path: Path, plan: Any, says: str) -> None:
    (tmp_path / "plan.json").write_text(plan if isinstance(plan, str) else json.dumps(plan))
    with pytest.raises(UsageError, match=says):
        read_plan(tmp_path / "plan.json")
    with pytest.raises(UsageError, match="cannot be read"):
        read_plan(tmp_path / "none.json")
