# tests/agent/test_schema_call.py — the runtime's own call of get_schema is in the ledger, and is nobody's claim
from pathlib import Path

from python_coder.agent.schema_call import TOOL, record_schema
from python_coder.evidence.facts import support_of
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.evidence.verdict import GateResult, Verdict

SHOWN = "seat\n  hall integer primary key"


def passed(gate: str, **facts: str | int | float) -> GateResult:
    return GateResult(gate=gate, verdict=Verdict.PASSED, reason="2 new revisions go up and down", facts=facts)


def test_records_what_the_migration_gate_read_and_nothing_else(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        record_schema(ledger, [passed("tests", passed=3), passed("migration", get_schema=SHOWN)], "f00d")
        entries = [(entry.kind, dict(entry.data)) for entry in ledger.entries]
        assert entries == [
            (EntryKind.RUNTIME_CALL, {"tool": TOOL, "gate": "migration", "outcome": SHOWN, "tree": "f00d"})
        ]
        assert support_of(ledger.entries, "f00d").outputs == ()
