# tests/cli/test_undo.py — `python-coder undo`
import json

from finished_runs import Terminal, terminal

from agent.delivered_run import git

__all__ = ["terminal"]


def test_says_what_went_and_what_stays(terminal: Terminal) -> None:
    answer = terminal("undo", terminal.run.folder.run_id)
    assert answer.code == 0
    assert "Removed: branch python-coder/add-least, worktree and private refs." in answer.out
    assert str(terminal.run.folder.folder) in answer.out
    assert git(terminal.run.repository, "branch", "--list").split() == ["*", "main"]
    assert "nothing left" in terminal("undo", "last").out


def test_prints_json(terminal: Terminal) -> None:
    document = json.loads(terminal("undo", "last", "--purge", "--json").out)
    assert document["removed"][-1] == "evidence"
    assert document["kept"] == ""


def test_branch_that_moved_on_is_bad_usage(terminal: Terminal) -> None:
    git(terminal.run.repository, "branch", "-f", "python-coder/add-least", "main")
    answer = terminal("undo", "last")
    assert answer.code == 2
    assert "has moved on" in answer.err
