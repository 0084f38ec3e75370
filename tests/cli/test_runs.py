# tests/cli/test_runs.py — `python-coder runs`
import json
from typing import Any

import pytest
from finished_runs import Terminal, terminal

from python_coder.evidence.ledger import EntryKind, Ledger

__all__ = ["terminal"]


def test_lists_runs_as_plain_lines_when_piped(terminal: Terminal) -> None:
    answer = terminal("runs")
    assert answer.code == 0
    run_id = terminal.run.folder.run_id
    assert answer.out == f"{run_id}\tunproven\tdone\tpython-coder/add-least\tAdd least\t\n"


def test_lists_runs_as_json(terminal: Terminal) -> None:
    (run,) = json.loads(terminal("runs", "--json").out)
    assert (run["run_id"], run["status"]) == (terminal.run.folder.run_id, "unproven")


TURN = {"phase": "act", "round": 1, "model": "m", "input_tokens": 9_000, "output_tokens": 100}
COSTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "none": ([], ""),
    "no-price": ([{**TURN, "cost_usd": None}], "9,100 tokens"),
    "price": ([{**TURN, "cost_usd": 0.02}, {**TURN, "cost_usd": 0.03}], "$0.05, 18,200 tokens"),
    "cache-reads-apart": (
        [{**TURN, "cost_usd": 0.01, "cache_read_tokens": 8_000}],
        "$0.01, 9,100 tokens (8,000 cached)",
    ),
}


@pytest.mark.parametrize(("turns", "told"), COSTS.values(), ids=COSTS)
def test_what_a_killed_run_took_is_told_from_its_ledger(
    terminal: Terminal, turns: list[dict[str, Any]], told: str
) -> None:
    folder = terminal.run.folder
    folder.contract.unlink()
    with Ledger.open(folder.ledger) as ledger:
        for turn in turns:
            ledger.append(EntryKind.MODEL_TURN, **turn)
    assert terminal("runs").out.rstrip("\n").split("\t")[-1] == told


def test_says_that_there_are_none(terminal: Terminal) -> None:
    terminal("undo", "last", "--purge")
    assert "No runs in" in terminal("runs").out
    assert json.loads(terminal("runs", "--json").out) == []
