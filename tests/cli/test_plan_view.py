# tests/cli/test_plan_view.py — a plan for people: what the model could not know is struck, the user's words stay
import json
from pathlib import Path

from rich.console import Console

from python_coder.agent.run_store import RunFolder
from python_coder.cli.plan_view import show_plan
from python_coder.evidence.ledger import EntryKind, Ledger

PLAN = {
    "kind": "behaviour",
    "steps": ["Add the route. All 60 tests pass.", "Run pytest"],
    "scope": ["app/**"],
    "risk": "CI is green. Old rows may lack it.",
}


def _shown(folder: RunFolder) -> str:
    console = Console(width=200, record=True, file=(folder.folder / "out").open("w"))
    show_plan(console, folder)
    console.file.close()
    return console.export_text()


def test_what_nobody_saw_is_struck_out_of_a_plan_and_told(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with Ledger.open(folder.ledger) as ledger:
        ledger.append(EntryKind.PLAN, tree="a" * 40, **PLAN)
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN))
    shown = _shown(folder)
    assert "1. Add the route.\n  2. Run pytest\n" in shown
    assert "risk:        Old rows may lack it.\n" in shown
    assert "struck out: “All 60 tests pass.”" in shown
    assert "struck out: “CI is green.”" in shown

    plan.write_text(json.dumps({**PLAN, "steps": ["CI is green, I say"]}))
    assert "1. CI is green, I say\n" in _shown(folder)
