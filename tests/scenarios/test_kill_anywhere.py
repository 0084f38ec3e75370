# tests/scenarios/test_kill_anywhere.py — kill -9 anywhere: the same contract, no turn asked twice
import json
from pathlib import Path
from typing import Any

import pytest

from python_coder.agent.options import RunOptions
from python_coder.evidence.ledger import read_ledger
from python_coder.settings import Settings
from scenarios.cheats import TASK, Script, write
from scenarios.killed_runs import NEVER, Killer, killer
from scenarios.pricing_service import FILES, git, state_of, write_service
from scenarios.scripted_server import Block, Say, call, output, text

pytestmark = pytest.mark.slow

SERVICE = {
    "pyproject.toml": """\
[project]
name = "pricing"
version = "0.1.0"
requires-python = ">=3.11"

[dependency-groups]
dev = ["coverage>=7", "pytest>=8"]
""",
    "README.md": "# pricing\n",
    "app/__init__.py": "",
    "app/pricing.py": FILES["app/pricing.py"],
    "tests/test_pricing.py": (
        "from app.pricing import total\n\n\ndef test_total() -> None:\n    assert total([1]) == 1\n"
    ),
}


class TwoRounds(Script):
    """Writes a file too many, hears of it from the gates, and takes it back. Quick to judge, for no code changes."""

    def answer(self, body: dict[str, Any], number: int) -> Say:
        report = output(
            "Report", summary="Said what prices are in.", rationale="Short.", reflection="Keep to the plan."
        )
        turns: list[list[Block]] = [
            [call("mcp__serena__read_file", relative_path="README.md")],
            [output("Plan", kind="refactor", steps=["say it"], scope=["README.md"])],
            [write("README.md", "# pricing\n\nPrices are in cents.\n"), write("NEWS.md", "- cents\n")],
            [report],
            [call("mcp__serena__delete_file", relative_path="NEWS.md")],
            [report],
        ]
        return Say([text("Working."), *turns[number]])


SCRIPT = TwoRounds([])
TURNS = 6
POINTS = 21
"""Moments of the run that are tried, spread evenly over its ledger."""


def _same(contract: dict[str, Any]) -> dict[str, Any]:
    """All of a contract but times, ids, and what is made from them."""
    run = {key: value for key, value in contract["run"].items() if key not in _OWN}
    run["delivered"] = {key: value for key, value in run["delivered"].items() if key != "commit"}
    gates = [{key: value for key, value in gate.items() if key != "seconds"} for gate in contract["gates"]]
    return {**contract, "run": run, "gates": gates}


_OWN = frozenset({"id", "base_commit", "started_at", "ended_at", "ledger_entries", "ledger_digest", "digest"})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "pricing"
    folder.mkdir()
    return write_service(folder, SERVICE)


def _contract(settings: Settings) -> dict[str, Any]:
    (path,) = settings.runs_folder.glob("*/contract.json")
    return _same(json.loads(path.read_text()))


def _play(at_entry: int, repository: Path, settings: Settings) -> tuple[Killer, str]:
    """One run that is killed at an entry, then resumed to its end. Returns its id, too."""
    options = RunOptions(task=TASK, repository=repository, sandbox="none")
    with killer(options, settings, SCRIPT) as made:
        made.at_entry = at_entry
        made.start()
        (folder,) = settings.runs_folder.iterdir()
        if made.exit_code != 0:
            made.at_entry = NEVER
            made.start(resumed=folder.name)
        return made, folder.name


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> tuple[dict[str, Any], int]:
    """The contract of a run that nobody killed, and how many entries its ledger has."""
    # The first run makes the environment, which all others find.
    for name in ("first", "whole"):
        home = tmp_path_factory.mktemp(name)
        repository = home / "pricing"
        repository.mkdir()
        settings = Settings(state_folder=home / "state", cache_folder=cache)
        made, run_id = _play(NEVER, write_service(repository, SERVICE), settings)
    assert len(made.answered) == TURNS
    contract = _contract(settings)
    assert contract["status"] == "proven"
    return contract, len(read_ledger(settings.runs_folder / run_id / "ledger.jsonl"))


@pytest.mark.parametrize("point", range(POINTS))
def test_kill_9_after_an_entry(
    repository: Path, settings: Settings, whole: tuple[dict[str, Any], int], point: int
) -> None:
    contract, count = whole
    at_entry = 1 + point * (count - 1) // (POINTS - 1)
    before = state_of(repository)
    made, _ = _play(at_entry, repository, settings)
    assert made.exit_code == 0
    assert len(made.answered) == TURNS
    assert _contract(settings) == contract
    assert state_of(repository) == before
    assert len(git(repository, "branch", "--list", "python-coder/*").split()) == 1
