# src/python_coder/agent/schema_call.py — the runtime's own look at the schema after new migrations ran, on record
from collections.abc import Iterable

from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.evidence.verdict import GateResult

TOOL = "mcp__postgres__get_schema"


def record_schema(ledger: Ledger, results: Iterable[GateResult], tree: str) -> None:
    """Record what `get_schema` saw on the database that the migration gate brought to the head.

    As the runtime's call, not the model's: the model has not read it, so it supports nothing that the model says.
    Source: specification, "`mcp__postgres__get_schema` to validate migrations and contract changes".
    """
    for result in results:
        if shown := result.facts.get("get_schema"):
            ledger.append(EntryKind.RUNTIME_CALL, tool=TOOL, gate=result.gate, outcome=shown, tree=tree)
