# src/python_coder/tools/serena/batch.py — what files become by edits, one by one or several together
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from python_coder.symbols.text_file import TextFile
from python_coder.tools.serena.sources import Source


@dataclass(frozen=True)
class Edit:
    """What one file becomes."""

    path: str
    before: Source | None
    """`None` when the file is new."""
    after: TextFile | None
    """`None` when the file goes."""

    @property
    def old_text(self) -> str | None:
        """The text before; `None` when there was none."""
        return self.before.text if self.before else None

    @property
    def changes(self) -> bool:
        """Whether the file differs afterwards."""
        return (self.before.data if self.before else None) != (self.after.data if self.after else None)


@dataclass
class EditBatch:
    """Edits that are written one by one, and checked, or taken back, together."""

    written: dict[str, Edit] = field(default_factory=dict)
    """By path, in the order of the first edit of each: from the text before the first to that after the last."""

    def add(self, edits: Sequence[Edit]) -> None:
        """Take in edits that have just been written."""
        for edit in edits:
            first = self.written.get(edit.path)
            self.written[edit.path] = replace(edit, before=first.before) if first else edit

    @property
    def edits(self) -> Sequence[Edit]:
        """One edit for each file that differs by now."""
        return [edit for edit in self.written.values() if edit.changes]
