# src/python_coder/agent/held.py — whether what a turn did held, for a report that was given in that very turn
from collections.abc import Iterator, Sequence
from itertools import takewhile

from python_coder.evidence.canonical import text_at
from python_coder.evidence.entries import Entry, EntryKind

NOT_TAKEN = (
    "Your report was not taken, and no round was counted: {what}. See what came back, mend what is wrong, then hand "
    "the report in again."
)


def unheld(entries: Sequence[Entry]) -> str:
    """What did not come out well since the model spoke last; empty when all of it did.

    A report beside edits saves a request, but its model had not seen what the edits led to.

    Args:
        entries: The ledger so far.
    """
    # A resumed run makes the calls of the open answer again.
    ends = {EntryKind.MODEL_TURN, EntryKind.RESUMED}
    turn = takewhile(lambda entry: entry.kind not in ends, reversed(entries))
    return "; ".join(dict.fromkeys(reversed([told for entry in turn for told in _told(entry)])))


def _told(entry: Entry) -> Iterator[str]:
    data = entry.data
    if entry.kind is EntryKind.TOOL_CALL:
        if data.get("outcome") != "done":
            yield f"{text_at(data, 'tool')} {text_at(data, 'outcome').replace('_', ' ')}"
        elif data.get("has_new_findings") is True:
            yield f"{text_at(data, 'tool')} told new findings"
    elif entry.kind is EntryKind.COMMAND and data.get("exit_code") != 0:
        yield f"a command ended with {data.get('exit_code')}"
    elif entry.kind is EntryKind.GATE and data.get("verdict") == "failed":
        yield f"the gate {text_at(data, 'gate')} failed"
