# src/python_coder/tools/combined/read_code.py — tool read_code: files, lines and definitions, several in one call
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from pydantic import BeforeValidator

from python_coder.errors import ToolRefusedError
from python_coder.symbols.source_tree import SUFFIXES
from python_coder.symbols.symbol import Symbol
from python_coder.tools.combined.pieces import Answer, Note, Piece
from python_coder.tools.combined.single_or_many import as_list
from python_coder.tools.combined.targets import Target, read_target
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.sources import Source, find_source, paths_below, read_source
from python_coder.tools.serena.symbols import SymbolTools, find_symbols, located, no_symbol

MOST_WHOLE_LINES = 250
"""Longest file, or definition, that is shown whole without being asked for by its lines."""
_MOST_DEFINITIONS = 5
_MOST_PLACES = 30

Targets = Annotated[list[str], BeforeValidator(partial(as_list, item=str))]


@dataclass(frozen=True)
class ReadCodeTool:
    """Several looks as one. The public method is the tool."""

    context: SerenaContext

    async def read_code(self, targets: Targets) -> str:
        """Read several pieces of code at once, as they stand in the files.

        Args:
            targets: Each `app/crud.py` (its outline when long), `app/crud.py:10-60`, `app/models.py::User.name`, a
                name such as `User` wherever it is defined, or a folder for its outline.
        """
        answer = Answer()
        if not targets:
            raise ToolRefusedError("No target was given. Name files, lines or definitions.")
        for target in dict.fromkeys(map(read_target, targets)):
            try:
                for part in await self._found(target):
                    answer.add(part)
            except ToolRefusedError as error:
                why = str(error).replace("substring_matching or search", "search")
                answer.add(Note(why if target.asked in why else f"{target.asked}: {why}"))
        return answer.text

    async def _found(self, target: Target) -> Sequence[Piece | Note]:
        if not target.is_whole:
            return await self._definitions(target) if target.name else [self._lines(target)]
        refused: ToolRefusedError | None = None
        try:
            if source := find_source(self.context, target.path):
                return [await self._whole(source)]
            if paths_below(self.context, target.path):
                return [Note(await SymbolTools(self.context).get_symbols_overview(target.path, depth=0))]
        except ToolRefusedError as error:
            # A definition may have a name that no file may have.
            refused = error
        try:
            return await self._definitions(Target(asked=target.asked, name=target.name))
        except ToolRefusedError:
            if refused and target.looks_like_a_path:
                raise refused from None
            raise

    async def _whole(self, source: Source) -> Piece | Note:
        count = len(source.lines)
        if count <= MOST_WHOLE_LINES:
            return self._piece(source, 1, count)
        if not source.path.endswith(SUFFIXES):
            return self._piece(source, 1, MOST_WHOLE_LINES)
        outline = await SymbolTools(self.context).get_symbols_overview(source.path)
        ways = f"ask for {source.path}::Name or {source.path}:1-{MOST_WHOLE_LINES}"
        return Note(f"{source.path} has {count} lines; its outline ({ways}):\n{outline}")

    def _lines(self, target: Target) -> Piece:
        source = read_source(self.context, target.path)
        count = len(source.lines)
        last = count if target.last < 0 else min(target.last, count)
        if not target.first <= max(last, 1):
            raise ToolRefusedError(f"It has {count} lines.")
        return self._piece(source, target.first, last)

    async def _definitions(self, target: Target) -> Sequence[Piece | Note]:
        if target.path:
            # A wrong file is told as such, before any name.
            paths_below(self.context, target.path)
        else:
            await self.context.project.index_read()
        found = find_symbols(self.context, target.name, within=target.path)
        if not found:
            raise ToolRefusedError(no_symbol(self.context, target.name, target.path))
        if len(found) > _MOST_DEFINITIONS:
            return [Note(_places(target, found))]
        return [await self._definition(symbol) for symbol in found]

    async def _definition(self, symbol: Symbol) -> Piece | Note:
        source = read_source(self.context, symbol.path)
        if symbol.last_line - symbol.first_line < MOST_WHOLE_LINES:
            return self._piece(source, symbol.first_line, symbol.last_line, symbol.name_path)
        members = await SymbolTools(self.context).find_symbol(symbol.name_path, 1, symbol.path)
        return Note(f"{members}\n(ask for one of them, or for lines)")

    def _piece(self, source: Source, first: int, last: int, name_path: str = "") -> Piece:
        self.context.note_seen(source.path, source.data)
        return Piece(path=source.path, first=first, lines=source.lines[first - 1 : last], name_path=name_path)


def _places(target: Target, found: Sequence[Symbol]) -> str:
    places = [f"  {symbol.path}::{symbol.name_path} {located(symbol)}" for symbol in found[:_MOST_PLACES]]
    more = [f"  … {len(found) - _MOST_PLACES} more"] if len(found) > _MOST_PLACES else []
    return "\n".join([f"{target.asked} is defined {len(found)} times; ask for one of:", *places, *more])
