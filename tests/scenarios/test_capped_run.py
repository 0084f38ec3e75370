# tests/scenarios/test_capped_run.py — a run that its cap ends keeps its work, and goes on with a higher one
import json
from pathlib import Path
from typing import Any

import pytest

from scenarios.cheats import HONEST, TASK
from scenarios.conftest import Coder
from scenarios.scripted_server import Say, scripted_model, url_of

pytestmark = pytest.mark.slow


def _dear(body: dict[str, Any], number: int) -> Say:
    """The honest model, whose every turn takes nine thousand tokens."""
    return Say(HONEST.answer(body, number).blocks, usage={"input_tokens": 9_000})


def test_a_cap_ends_the_run_and_a_higher_one_goes_on(tmp_path: Path, repository: Path, coder: Coder) -> None:
    with scripted_model(_dear) as server:
        keys = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url_of(server)}
        capped = coder("run", TASK, "--repo", repository, "--max-tokens", "25000", "--json", **keys)
        contract = json.loads(capped.stdout)
        assert (capped.returncode, contract["status"], contract["ended_because"]) == (1, "unproven", "cap_reached")
        assert "--max-tokens" in contract["summary"]
        assert len(server.requests) == 2
        assert {artifact["path"] for artifact in contract["artifacts"]} == {"app/pricing.py", "tests/test_discount.py"}
        spent = contract["run"]["spending"]["total"]
        assert (spent["turns"], spent["input_tokens"]) == (2, 18_000)

        resumed = coder("resume", "last", "--max-tokens", "200000", "--json", **keys)
        contract = json.loads(resumed.stdout)
        assert (resumed.returncode, contract["status"]) == (0, "proven"), contract["summary"]
        assert len(server.requests) == 3
        assert contract["run"]["spending"]["total"]["input_tokens"] == 27_000
        assert set(contract["run"]["spending"]["by_step"]) == {"plan", "act 1"}
    listed = coder("runs")
    assert listed.stdout.rstrip("\n").endswith("\t$0.05, 27,015 tokens")
    shown = coder("show").stdout
    assert "3 turns, 27,000 tokens sent" in shown
