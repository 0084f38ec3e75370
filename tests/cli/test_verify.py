# tests/cli/test_verify.py — `python-coder verify`: its lines, its JSON, its exit codes
import json
from pathlib import Path

import pytest
from finished_runs import Terminal, terminal

__all__ = ["terminal"]


def test_prints_a_line_for_each_claim(terminal: Terminal) -> None:
    answer = terminal("verify", terminal.run.folder.contract, "--no-sandbox")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["contract", "ledger", "facts", "base", "tree", "diffs"]
    assert lines[-1].endswith("6 re-verified.")


def test_takes_a_folder_and_a_repository(terminal: Terminal) -> None:
    answer = terminal("verify", terminal.run.folder.folder, "--repo", terminal.run.repository, "--no-sandbox", "--json")
    document = json.loads(answer.out)
    assert answer.code == 0
    assert document["ok"] is True
    assert "delivered" in [claim["claim"] for claim in document["claims"]]


def test_edited_contract_is_refused(terminal: Terminal) -> None:
    contract = terminal.run.folder.contract
    contract.write_text(contract.read_text().replace('"unproven"', '"proven"'))
    plain = terminal("verify", contract, "--no-sandbox")
    assert (plain.code, plain.out) == (1, "")
    assert "digest does not match" in plain.err
    as_json = terminal("verify", contract, "--no-sandbox", "--json")
    assert as_json.code == 1
    assert "digest does not match" in json.loads(as_json.out)["refused"]


LACKING = {
    "no-contract": (("verify", "nowhere.json"), 2, "There is no contract"),
    "no-env-file": (("verify", "CONTRACT", "--env-file", "nowhere.env"), 2, "--env-file"),
}


@pytest.mark.parametrize(("args", "code", "why"), LACKING.values(), ids=LACKING)
def test_missing_input_has_its_own_exit_code(
    terminal: Terminal, tmp_path: Path, args: tuple[str, ...], code: int, why: str
) -> None:
    contract = str(terminal.run.folder.contract)
    answer = terminal(*(contract if arg == "CONTRACT" else arg for arg in args), "--no-sandbox")
    assert answer.code == code
    assert why in answer.err
