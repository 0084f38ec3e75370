# src/python_coder/tools/serena/symbols.py — what files define
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from python_coder.errors import ToolRefusedError
from python_coder.symbols.source_tree import SUFFIXES
from python_coder.symbols.symbol import FileSymbols, Symbol, SymbolKind
from python_coder.tools.answers import Group, first_lines, limit_of, paged
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.sources import Source, paths_below, plain_path, read_source

_CHILD_INDENT = "  "


@dataclass(frozen=True)
class SymbolTools:
    """Look-ups of definitions. Each public method is one tool; lines are 1-based everywhere."""

    context: SerenaContext

    async def get_symbols_overview(
        self, relative_path: str, depth: int = 1, max_answer_chars: int = -1, skip: int = 0
    ) -> str:
        """List what a Python file (or each file of a folder) defines, as `first-last signature`, 1-based lines.

        Read this before reading files.
        """
        path = plain_path(relative_path)
        if path.endswith(SUFFIXES):
            read_source(self.context, path)
            return self._file_overview(path, depth, max_answer_chars, skip)
        paths = [found for found in paths_below(self.context, path) if found.endswith(SUFFIXES)]
        if not paths:
            raise ToolRefusedError(f"{relative_path!r} holds no Python file. Use list_dir to see what is there.")
        index = self.context.index
        groups = [Group(found, _outline(index.overview(found), 0)) for found in paths]
        groups = [group for group in groups if group.entries]
        title = f"{len(groups)} of {len(paths)} Python files define something"
        return paged(groups, noun="symbols", title=title, max_answer_chars=max_answer_chars, skip=skip)

    async def find_symbol(  # noqa: PLR0913, PLR0917 - the specification's parameters
        self,
        name_path: str,
        depth: int = 0,
        relative_path: str = "",
        include_body: bool = False,  # noqa: FBT001, FBT002 - the specification's parameters
        include_kinds: list[int] | None = None,
        exclude_kinds: list[int] | None = None,
        substring_matching: bool = False,  # noqa: FBT001, FBT002 - the specification's parameters
        max_answer_chars: int = -1,
        skip: int = 0,
    ) -> str:
        """Find definitions by name path: `name` anywhere, `Class/name` by its end, `/name` at the top of a file.

        relative_path limits it to a file or folder; depth shows members; kinds are LSP numbers.
        """
        found = find_symbols(
            self.context,
            name_path,
            within=relative_path,
            substring=substring_matching,
            include_kinds=include_kinds or (),
            exclude_kinds=exclude_kinds or (),
        )
        if not found:
            return no_symbol(self.context, name_path, relative_path)
        groups = [
            Group(path, [self._entry(symbol, depth, limit_of(max_answer_chars) * include_body) for symbol in symbols])
            for path, symbols in groupby(found, lambda symbol: symbol.path)
        ]
        title = f"{len(found)} symbols match {name_path}" if len(found) > 1 else ""
        return paged(groups, noun="symbols", title=title, max_answer_chars=max_answer_chars, skip=skip)

    def _file_overview(self, path: str, depth: int, max_answer_chars: int, skip: int) -> str:
        overview = self.context.index.overview(path)
        errors = overview.error_lines
        title = f"{path} does not parse at line {', '.join(map(str, errors[:5]))}" if errors else ""
        lines = _outline(overview, depth)
        if len("\n".join(lines)) > limit_of(max_answer_chars) and depth:
            title, lines = f"{title}; members are left out".removeprefix("; "), _outline(overview, 0)
        if not lines:
            return title or f"{path} defines nothing."
        return paged([Group("", lines)], noun="symbols", title=title, max_answer_chars=max_answer_chars, skip=skip)

    def _entry(self, symbol: Symbol, depth: int, body_chars: int) -> str:
        lines = [f"{symbol.name_path} {located(symbol)}"]
        if body_chars:
            source = read_source(self.context, symbol.path)
            self.context.note_seen(source.path, source.data)
            return "\n".join(
                [
                    *lines,
                    *first_lines(body_lines(source, symbol), symbol.first_line, max(body_chars - 300, body_chars // 2)),
                ]
            )
        for child in symbol.children if depth > 0 else ():
            lines += _tree(child, depth - 1, "    ")
        return "\n".join(lines)


def find_symbols(
    context: SerenaContext,
    name_path: str,
    *,
    within: str = "",
    substring: bool = False,
    include_kinds: Sequence[int] = (),
    exclude_kinds: Sequence[int] = (),
) -> Sequence[Symbol]:
    """Definitions by name path in the project as it is now, ordered by path and line.

    Raises:
        ToolRefusedError: The folder or file is not there, or a kind is unknown.
    """
    below = plain_path(within)
    found = context.index.find(
        name_path,
        within=below,
        substring=substring,
        include_kinds=kinds_of(include_kinds),
        exclude_kinds=kinds_of(exclude_kinds),
    )
    if below and not found:
        paths_below(context, below)
    return found


def symbols_named(context: SerenaContext, name_path: str, relative_path: str) -> Sequence[Symbol]:
    """All definitions of the one symbol that a caller means: overloads and conditional ones are several.

    Raises:
        ToolRefusedError: There is none, or names of several places match.
    """
    found = find_symbols(context, name_path, within=relative_path)
    if not found:
        raise ToolRefusedError(no_symbol(context, name_path, relative_path))
    places = {(symbol.path, plain_name(symbol)) for symbol in found}
    if len(places) > 1:
        shown = [f"{path}: {name}" for path, name in sorted(places)][:10]
        raise ToolRefusedError(
            f"{len(places)} symbols match {name_path}; name one by relative_path and its whole name path:\n"
            + "\n".join(shown)
        )
    return found


def one_symbol(context: SerenaContext, name_path: str, relative_path: str) -> Symbol:
    """The one definition that an edit means.

    Raises:
        ToolRefusedError: There is none, or several match.
    """
    found = symbols_named(context, name_path, relative_path)
    if len(found) > 1:
        shown = "\n".join(f"{symbol.name_path} {located(symbol)}" for symbol in found[:20])
        raise ToolRefusedError(f"{found[0].path} defines {name_path} {len(found)} times; name one of:\n{shown}")
    return found[0]


def no_symbol(context: SerenaContext, name_path: str, relative_path: str) -> str:
    """That nothing matches, and names that are close."""
    name = name_path.rstrip("/").rpartition("/")[2].partition("[")[0]
    where = f" in {plain_path(relative_path)}" if plain_path(relative_path) else ""
    near = context.index.find(name)[:3] if name else []
    if near:
        hint = "; ".join(f"{symbol.path} has {symbol.name_path}" for symbol in near)
        return f"No symbol matches {name_path}{where}, but {hint}."
    alike = {
        symbol.name for part in {name[:2], name[-3:]} if part for symbol in context.index.find(part, substring=True)
    }
    close = difflib.get_close_matches(name, alike, n=3, cutoff=0.7)
    hint = f"Close to it: {', '.join(close)}." if close else "Use substring_matching or search_for_pattern."
    return f"No symbol matches {name_path}{where}. {hint}"


def kinds_of(numbers: Sequence[int]) -> Sequence[SymbolKind]:
    """Kinds from the language server protocol's numbers, those that Python does not have left out."""
    known = {kind.lsp: kind for kind in SymbolKind}
    if wrong := [number for number in numbers if not 1 <= number <= 26]:  # noqa: PLR2004 - the protocol's kinds
        raise ToolRefusedError(f"{wrong[0]} is no symbol kind of the language server protocol; they go from 1 to 26.")
    return [known[number] for number in numbers if number in known]


def located(symbol: Symbol) -> str:
    """Lines and signature of a definition: `12-20 async def get()`."""
    lines = f"{symbol.first_line}-{symbol.last_line}" if symbol.last_line > symbol.first_line else symbol.first_line
    return f"{lines} {symbol.signature}"


def plain_name(symbol: Symbol) -> str:
    """The name path without the numbers that tell definitions of one name apart."""
    return "/".join(part.partition("[")[0] for part in symbol.name_path.split("/"))


def body_lines(source: Source, symbol: Symbol) -> Sequence[str]:
    """Source lines of a definition, decorators included, as they stand in the file."""
    return source.lines[symbol.first_line - 1 : symbol.last_line]


def _outline(overview: FileSymbols, depth: int) -> Sequence[str]:
    return [line for symbol in overview.symbols for line in _tree(symbol, depth, "")]


def _tree(symbol: Symbol, depth: int, indent: str) -> Iterator[str]:
    yield indent + located(symbol)
    for child in symbol.children if depth > 0 else ():
        yield from _tree(child, depth - 1, indent + _CHILD_INDENT)
