# src/python_coder/symbols/renaming.py — all edits of one rename; more than ty alone would give
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from python_coder.errors import ToolRefusedError
from python_coder.symbols.locations import Location, TextEdit
from python_coder.symbols.lsp_places import Places
from python_coder.symbols.overrides import Ask, Overrides

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Renaming:
    """Works out the edits of one rename. For one question; it remembers the files that it has read."""

    ask: Ask
    places: Places
    _files: dict[str, Sequence[str]] = field(default_factory=dict)

    async def edits(self, place: Mapping[str, Any], new_name: str) -> Sequence[TextEdit]:
        """Sorted by file, then by place; none if nothing at the place may be renamed.

        ty's own rename forgets `super().name`, imports such as `from a import name as name`, and all overrides.

        Raises:
            ToolRefusedError: Some of it lies in a library, or is called by one.
        """
        # ty's rename also takes what its prepareRename refuses, such as `int`.
        span = await self.ask("textDocument/prepareRename", place)
        if not span:
            return ()
        (here,) = self.places.locations({"uri": place["textDocument"]["uri"], "range": span})
        old_name = self._text(here)
        edits: dict[Location, TextEdit] = {}
        for member in (place, *[each.params for each in await Overrides(self.ask).family(place)]):
            renamed = await self.ask("textDocument/rename", {**member, "newName": new_name})
            edits |= {_location(edit): edit for edit in self.places.edits(renamed or {})}
            uses = await self.ask("textDocument/references", {**member, "context": {"includeDeclaration": True}})
            for use in self.places.locations(uses):
                if self._text(use) == old_name:
                    edit = TextEdit(use.path, use.line, use.column, use.end_line, use.end_column, new_name)
                    edits.setdefault(use, edit)
        outside = next((edit.path for edit in edits.values() if edit.path.startswith("/") or "://" in edit.path), None)
        if outside:
            raise ToolRefusedError(f"{old_name} is also in {outside}, outside the project. Keep the name.")
        return sorted(edits.values())

    def _text(self, place: Location) -> str:
        """What stands at a place of one line."""
        if place.path not in self._files:
            data = (self.places.root / place.path).read_bytes()
            self._files[place.path] = _LINE_END.split(data.decode("utf-8-sig", errors="replace"))
        lines = self._files[place.path]
        return lines[place.line - 1][place.column : place.end_column] if place.line <= len(lines) else ""


def _location(edit: TextEdit) -> Location:
    return Location(edit.path, edit.line, edit.column, edit.end_line, edit.end_column)
