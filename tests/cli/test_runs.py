# tests/cli/test_runs.py — `python-coder runs`
import json

from finished_runs import Terminal, terminal

__all__ = ["terminal"]


def test_lists_runs_as_plain_lines_when_piped(terminal: Terminal) -> None:
    answer = terminal("runs")
    assert answer.code == 0
    run_id = terminal.run.folder.run_id
    assert answer.out == f"{run_id}\tunproven\tdone\tpython-coder/add-least\tAdd least\t\n"


def test_lists_runs_as_json(terminal: Terminal) -> None:
    (run,) = json.loads(terminal("runs", "--json").out)
    assert (run["run_id"], run["status"]) == (terminal.run.folder.run_id, "unproven")


def test_says_that_there_are_none(terminal: Terminal) -> None:
    terminal("undo", "last", "--purge")
    assert "No runs in" in terminal("runs").out
    assert json.loads(terminal("runs", "--json").out) == []
