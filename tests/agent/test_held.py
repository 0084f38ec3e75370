# tests/agent/test_held.py — a report beside edits is taken only when they held
from pathlib import Path
from typing import Any

import pytest

from python_coder.agent.held import unheld
from python_coder.evidence.entries import Entry, EntryKind
from python_coder.evidence.ledger import Ledger

TURN = (EntryKind.MODEL_TURN, {"text": "", "calls": []})
EDIT = (EntryKind.TOOL_CALL, {"tool": "edit", "outcome": "done"})
REFUSED = (EntryKind.TOOL_CALL, {"tool": "edit", "outcome": "refused"})
FOUND = (EntryKind.TOOL_CALL, {"tool": "edit", "outcome": "done", "has_new_findings": True})
CASES: dict[str, tuple[list[tuple[EntryKind, dict[str, Any]]], str]] = {
    "nothing-yet": ([], ""),
    "nothing-done": ([TURN], ""),
    "edit-held": ([TURN, EDIT], ""),
    "edit-refused": ([TURN, REFUSED], "edit refused"),
    "over-budget": ([TURN, (EntryKind.TOOL_CALL, {"tool": "edit", "outcome": "over_budget"})], "edit over budget"),
    "edit-with-findings": ([TURN, FOUND], "edit told new findings"),
    "the-same-twice": ([TURN, REFUSED, REFUSED], "edit refused"),
    "two-things-in-order": ([TURN, REFUSED, FOUND], "edit refused; edit told new findings"),
    "seen-since": ([TURN, REFUSED, FOUND, TURN], ""),
    "tests-failed": ([TURN, EDIT, (EntryKind.COMMAND, {"exit_code": 1})], "a command ended with 1"),
    "tests-passed": ([TURN, EDIT, (EntryKind.COMMAND, {"exit_code": 0})], ""),
    "gate-failed": ([TURN, (EntryKind.GATE, {"gate": "mypy", "verdict": "failed"})], "the gate mypy failed"),
    "gate-passed": ([TURN, (EntryKind.GATE, {"gate": "mypy", "verdict": "passed"})], ""),
}


@pytest.mark.parametrize(("entries", "told"), CASES.values(), ids=CASES)
def test_what_did_not_hold_in_the_last_turn(
    tmp_path: Path, entries: list[tuple[EntryKind, dict[str, Any]]], told: str
) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        made: list[Entry] = [ledger.append(kind, **data) for kind, data in entries]
    assert unheld(made) == told
