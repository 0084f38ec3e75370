# tests/cli/test_contract_view.py — a contract for people: what did not run is told once, with its mend
from pathlib import Path

import pytest
from rich.console import Console

from python_coder.agent.run_store import RunFolder
from python_coder.cli.contract_view import show_contract
from python_coder.evidence.conclusion import Ending, end_run
from python_coder.evidence.facts import gate_data
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.evidence.verdict import GateResult, Verdict

REASON, MEND = "no Docker engine serves here", "start one"
STACK = GateResult(gate="stack", verdict=Verdict.NOT_RUN, reason=REASON, mend=MEND)
TOLD = {"by-the-decision": (f"stack: {REASON}. Start one.",), "by-nobody": ()}


@pytest.mark.parametrize("not_judged", TOLD.values(), ids=TOLD)
def test_what_did_not_run_is_shown_once(tmp_path: Path, not_judged: tuple[str, ...]) -> None:
    folder = RunFolder(tmp_path)
    with Ledger.open(folder.ledger) as ledger:
        ledger.append(EntryKind.GATE, tree="a" * 40, **gate_data(STACK))
        ending = Ending(status="unproven", ended_because="gates_failed", tree="a" * 40, not_judged=not_judged)
        contract = end_run(ledger, ending)
    console = Console(width=200, record=True, quiet=False, file=(tmp_path / "out").open("w"))
    show_contract(console, contract, folder)
    console.file.close()
    shown = console.export_text()
    assert shown.count(REASON) == 1
    assert "? stack" in shown
    assert f"not judged: stack: {REASON}. Start one." in shown
