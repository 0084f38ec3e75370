# src/python_coder/evidence/widened.py — what was added to a plan's scope, as the ledger tells it
from collections.abc import Sequence

from python_coder.evidence.canonical import items_at, text_at
from python_coder.evidence.contract import WidenedPath
from python_coder.evidence.entries import Entry, EntryKind


def widened_by(entries: Sequence[Entry]) -> tuple[WidenedPath, ...]:
    """Each file that was added to the scope since the newest plan was said, once, in order."""
    found: dict[str, WidenedPath] = {}
    said = max((place for place, entry in enumerate(entries) if entry.kind is EntryKind.PLAN), default=0)
    for entry in entries[said:]:
        if entry.kind is EntryKind.SCOPE_WIDENED:
            reason = text_at(entry.data, "reason")
            for one in items_at(entry.data, "files"):
                if isinstance(one, dict):
                    path = text_at(one, "path")
                    found.setdefault(path, WidenedPath(path=path, sort=text_at(one, "sort"), reason=reason))
    return tuple(found.values())
