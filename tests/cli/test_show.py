# tests/cli/test_show.py — `python-coder show`
import json

from finished_runs import Terminal, terminal

__all__ = ["terminal"]


def test_shows_contract_and_evidence(terminal: Terminal) -> None:
    answer = terminal("show")
    assert answer.code == 0
    assert "Unproven: 2 files changed" in answer.out
    assert "ledger.jsonl (1 run_started" in answer.out
    (line,) = [line for line in answer.out.splitlines() if line.startswith("  prices/sums.py")]
    assert line.count("+") == 1


def test_lists_the_ledger(terminal: Terminal) -> None:
    lines = terminal("show", "last", "--ledger").out.splitlines()
    assert [line.split()[2] for line in lines[-6:]] == [
        "run_started",
        "environment_ready",
        "baseline",
        "plan",
        "delivered",
        "ended",
    ]
    assert [entry["seq"] for entry in json.loads(terminal("show", "--ledger", "--json").out)] == [1, 2, 3, 4, 5, 6]


def test_json_is_the_contract_alone(terminal: Terminal) -> None:
    assert json.loads(terminal("show", "--json").out) == json.loads(terminal.run.folder.contract.read_text())


def test_run_without_a_contract_says_how_to_go_on(terminal: Terminal) -> None:
    terminal.run.folder.contract.unlink()
    answer = terminal("show")
    assert answer.code == 0
    assert f"python-coder resume {terminal.run.folder.run_id}" in answer.out
    assert json.loads(terminal("show", "--json").out)["status"] == "unfinished"


def test_edited_contract_is_not_shown(terminal: Terminal) -> None:
    contract = terminal.run.folder.contract
    contract.write_text(contract.read_text().replace('"unproven"', '"proven"'))
    answer = terminal("show")
    assert (answer.code, answer.out) == (1, "")


def test_unknown_run_is_bad_usage(terminal: Terminal) -> None:
    answer = terminal("show", "2019")
    assert answer.code == 2
    assert "python-coder runs" in answer.err


def test_resuming_a_run_that_never_began_says_what_to_do(terminal: Terminal) -> None:
    terminal.run.folder.contract.unlink()
    terminal.run.folder.write_state({"task": "t", "phase": "created"})
    answer = terminal("resume")
    assert answer.code == 2
    assert "Start the task anew" in answer.err
