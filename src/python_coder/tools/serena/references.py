# src/python_coder/tools/serena/references.py — where names are used, declared and implemented
import asyncio
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from python_coder.errors import ToolRefusedError
from python_coder.symbols.bounded_regex import RegexMatch, find_matches
from python_coder.symbols.locations import Location
from python_coder.symbols.symbol import Symbol
from python_coder.tools.answers import Group, counted, limit_of, paged
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.dependents import routes_depending
from python_coder.tools.serena.searching import Lines
from python_coder.tools.serena.sources import Source, read_source
from python_coder.tools.serena.symbols import body_lines, located, one_symbol, plain_name, symbols_named
from python_coder.tools.serena.uses import Use, grouped, is_of_kind, uses_at

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_MOST_CONTEXT_LINES = 50


@dataclass(frozen=True)
class ReferenceTools:
    """Look-ups of meaning, by the language server. Each public method is one tool; lines are 1-based everywhere."""

    context: SerenaContext

    async def find_referencing_symbols(
        self,
        name_path: str,
        relative_path: str = "",
        include_kinds: list[int] | None = None,
        exclude_kinds: list[int] | None = None,
        max_answer_chars: int = -1,
        skip: int = 0,
    ) -> str:
        """Find every use of a symbol, by the symbol it stands in, with the routes that depend on it.

        relative_path is the file that defines it.
        """
        symbols = symbols_named(self.context, name_path, relative_path)
        uses = [
            use
            for use in await uses_of(self.context, symbols, with_imports=True)
            if is_of_kind(use, include_kinds or (), exclude_kinds or ())
        ]
        routes = await routes_depending(self.context, symbols[0], uses)
        found = grouped(uses, limit_of(max_answer_chars))
        groups = [*routes, *found] if len(routes) < len(found) else [*found, *routes]
        files = counted(len({use.path for use in uses}), "file")
        imports = sum(use.is_import for use in uses)
        place = f"{plain_name(symbols[0])} ({symbols[0].path}:{symbols[0].def_line})"
        title = f"{counted(len(uses), 'use')} of {place} in {files}" + (
            f", {counted(imports, 'import')} among them" if imports else ""
        )
        if routes:
            title += f"; routes that depend on it: {sum(len(group.entries) for group in routes)}"
        return paged(groups, noun="uses", title=title, max_answer_chars=max_answer_chars, skip=skip)

    async def find_referencing_code_snippets(  # noqa: PLR0913, PLR0917 - the specification's parameters
        self,
        relative_path: str,
        line: int = 0,
        column: int = 1,
        context_lines_before: int = 1,
        context_lines_after: int = 1,
        max_answer_chars: int = -1,
        name_path: str = "",
        skip: int = 0,
    ) -> str:
        """Show the code around every use of what is defined at a 1-based line and column, or under a name path."""
        if name_path:
            symbols = symbols_named(self.context, name_path, relative_path)
            uses = await uses_of(self.context, symbols)
        else:
            source = read_source(self.context, relative_path)
            place = _name_at(source, line, column)
            found = await self.context.language_server.references(source.path, place.line, place.column)
            uses = uses_at(self.context, found)
        if not uses:
            return "It is not used anywhere in this project."
        before, after = (min(max(0, n), _MOST_CONTEXT_LINES) for n in (context_lines_before, context_lines_after))
        groups = [
            Group(path, self._snippets(path, list(inside), before, after))
            for path, inside in groupby(uses, lambda use: use.path)
        ]
        title = f"{counted(len(uses), 'use')} in {counted(len(groups), 'file')}"
        return paged(groups, noun="snippets", title=title, max_answer_chars=max_answer_chars, skip=skip)

    async def find_declaration(
        self,
        relative_path: str,
        regex: str,
        containing_symbol_name_path: str = "",
        include_body: bool = False,  # noqa: FBT001, FBT002 - the later versions' parameters
    ) -> str:
        """Find where a name in a file is declared; the regex's one group, or all of it, must match that name."""
        source = read_source(self.context, relative_path)
        place = await self._matched_place(source, regex, containing_symbol_name_path)
        found = await self.context.language_server.declaration(source.path, place.line, place.column)
        return self._declared(found, with_body=include_body) or "Nothing declares it that the type checker knows."

    async def find_implementations(
        self, name_path: str, relative_path: str = "", max_answer_chars: int = -1, skip: int = 0
    ) -> str:
        """Find the classes or methods that implement or override a symbol."""
        symbols = symbols_named(self.context, name_path, relative_path)
        found: list[Location] = []
        for symbol in symbols:
            found += await self.context.language_server.implementations(
                symbol.path, symbol.name_line, symbol.name_column
            )
        own = {(symbol.path, symbol.name_line) for symbol in symbols}
        uses = uses_at(self.context, [place for place in found if (place.path, place.line) not in own])
        if not uses:
            return f"Nothing implements or overrides {name_path} in this project."
        title = f"{counted(len(uses), 'implementation')} of {name_path}"
        groups = grouped(uses, limit_of(max_answer_chars))
        return paged(groups, noun="implementations", title=title, max_answer_chars=max_answer_chars, skip=skip)

    async def _matched_place(self, source: Source, regex: str, within: str) -> Location:
        first, last = 1, len(source.lines)
        if within:
            symbol = one_symbol(self.context, within, source.path)
            first, last = symbol.first_line, symbol.last_line
        lines = Lines(source.text)
        (matches,) = await asyncio.to_thread(find_matches, regex, [source.text], flags=re.MULTILINE | re.DOTALL)
        starts = [_start_of_group(source.text, match) for match in matches]
        starts = [start for start in starts if first <= lines.number(start) <= last]
        if not starts:
            raise ToolRefusedError(f"{regex!r} matches nothing in {within or source.path}. Read the file first.")
        places = [
            _name_at(source, number := lines.number(start), start - lines.starts[number - 1] + 1) for start in starts
        ]
        if len({source.lines[place.line - 1][place.column : place.end_column] for place in places}) > 1:
            told = ", ".join(str(place.line) for place in places[:10])
            raise ToolRefusedError(f"{regex!r} matches {len(places)} places, at lines {told}. Match one name only.")
        return places[0]

    def _declared(self, found: Sequence[Location], *, with_body: bool) -> str:
        told = []
        for place in found:
            symbol = self.context.index.enclosing(place.path, place.line) if not place.path.startswith("/") else None
            if symbol is None:
                told.append(f"{_known_place(place.path)}:{place.line}")
                continue
            told.append(f"{symbol.path}\n  {symbol.name_path} {located(symbol)}")
            if with_body:
                source = read_source(self.context, symbol.path)
                self.context.note_seen(source.path, source.data)
                told += body_lines(source, symbol)
        return "\n".join(told)

    def _snippets(self, path: str, uses: Sequence[Use], before: int, after: int) -> Sequence[str]:
        lines = Lines(read_source(self.context, path).text)
        offsets = [lines.starts[use.line - 1] + use.column for use in uses]
        return list(lines.blocks([(offset, offset) for offset in offsets], before, after))


async def uses_of(context: SerenaContext, symbols: Sequence[Symbol], *, with_imports: bool = False) -> Sequence[Use]:
    """Every use of what these definitions define together; the definitions themselves left out.

    Args:
        context: The session.
        symbols: Definitions of one name.
        with_imports: Whether importing the name is a use.

    Raises:
        LanguageServerError: The type checker cannot answer; the message says why.
    """
    found: list[Location] = []
    for symbol in symbols:
        place = (symbol.path, symbol.name_line, symbol.name_column)
        found += await context.language_server.references(*place, include_declaration=with_imports)
    own = {(symbol.path, symbol.name_line, symbol.name_column) for symbol in symbols}
    return uses_at(context, [place for place in found if (place.path, place.line, place.column) not in own])


def _known_place(path: str) -> str:
    """A path of the project as it is; one outside from the folder on that tells what it belongs to."""
    if not path.startswith("/"):
        return path
    for folder in ("site-packages", "stdlib"):
        _, found, inside = path.rpartition(f"/{folder}/")
        if found:
            return f"outside the project: {folder}/{inside}"
    return f"outside the project: {path.rpartition('/')[2]}"


def _start_of_group(text: str, match: RegexMatch) -> int:
    """Offset of what the first group matched, as a whole word; of the whole match without a group."""
    name = match.groups[1] if len(match.groups) > 1 else None
    if not name:
        return match.start
    found = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)").search(text, match.start, match.end)
    return found.start() if found else text.find(name, match.start, match.end)


def _name_at(source: Source, line: int, column: int) -> Location:
    """The name at a 1-based place, or the nearest one on that line.

    Raises:
        ToolRefusedError: There is no such line, or no name on it.
    """
    if not 1 <= line <= len(source.lines):
        raise ToolRefusedError(
            f"{source.path} has {len(source.lines)} lines; line {line} is not there. Lines are 1-based."
        )
    names = [found for found in _IDENTIFIER.finditer(source.lines[line - 1]) if not keyword.iskeyword(found.group())]
    if not names:
        raise ToolRefusedError(f"Line {line} of {source.path} holds no name: {source.lines[line - 1].strip()!r}.")
    nearest = min(names, key=lambda found: max(found.start() - (column - 1), (column - 1) - (found.end() - 1), 0))
    return Location(source.path, line, nearest.start(), line, nearest.end())
