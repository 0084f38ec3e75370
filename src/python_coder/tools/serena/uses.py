# src/python_coder/tools/serena/uses.py — places where a symbol is used, and their compact text
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from python_coder.errors import ToolRefusedError
from python_coder.symbols.locations import Location
from python_coder.symbols.symbol import Symbol
from python_coder.tools.answers import Group, trimmed
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.sources import Source, find_source

_IMPORT = re.compile(r"\s*(?:from\s.*\bimport\b|import\s)")
_NAMES_ALONE = re.compile(r"[\s\w,]*\)?\s*(?:#.*)?$")
"""A line of an import in parentheses."""
_LONGEST_IMPORT = 200
_TEST_PATH = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*$|conftest\.py$|[^/]*_test\.py$)")
_FORMS = ((100, False), (70, True), (50, True), (30, True), (0, True))
"""Widths of the code that is shown, and whether uses in one symbol share a line; the richest that fits is taken."""
_CHARS_A_USE = 60
_CHARS_ANYWAY = 6_000


@dataclass(frozen=True)
class Use:
    """One place that names a symbol."""

    path: str
    line: int
    """1-based."""
    column: int
    """0-based, in characters."""
    code: str
    """The whole source line."""
    is_import: bool
    """Whether it only imports the name."""
    symbol: Symbol | None
    """What it stands in; `None` at the top of a file."""

    @property
    def label(self) -> str:
        """Where in the file it is: a name path, `import` or `top`."""
        return "import" if self.is_import else self.symbol.name_path if self.symbol else "top"


def uses_at(context: SerenaContext, locations: Sequence[Location]) -> Sequence[Use]:
    """Locations of the project with what stands there, code before tests, then by path and line."""
    read = cache(lambda path: _source(context, path))
    inside = sorted(set(locations), key=lambda place: (bool(_TEST_PATH.search(place.path)), place.path, place.line))
    return [_use(context, place, source) for place in inside if (source := read(place.path)) is not None]


def grouped(uses: Sequence[Use], limit: int) -> Sequence[Group]:
    """Uses by file, in the richest form that stays short.

    Args:
        uses: Ordered by file.
        limit: Most characters of the whole answer.
    """
    room = min(limit, max(_CHARS_ANYWAY, _CHARS_A_USE * len(uses))) - 200
    for width, is_merged in _FORMS:
        groups = [
            Group(path, list(_entries(list(inside), width, is_merged=is_merged)))
            for path, inside in groupby(uses, lambda use: use.path)
        ]
        if sum(len(group.heading) + 1 + sum(len(entry) + 3 for entry in group.entries) for group in groups) <= room:
            break
    return groups


def is_of_kind(use: Use, include: Sequence[int], exclude: Sequence[int]) -> bool:
    """Whether what a use stands in is of the wanted kinds; the top of a file counts as file and module."""
    kinds = {use.symbol.kind.lsp} if use.symbol else {1, 2}
    return (not include or bool(kinds & set(include))) and not kinds & set(exclude)


def _entries(uses: Sequence[Use], width: int, *, is_merged: bool) -> Iterator[str]:
    shared = groupby(uses, lambda use: use.label) if is_merged else ((use.label, [use]) for use in uses)
    for label, inside in shared:
        first, *others = inside
        lines = ", ".join(dict.fromkeys(str(use.line) for use in (first, *others)))
        code = trimmed(first.code, width, around=first.column) if width and not first.is_import else ""
        yield f"{label} {lines}: {code}" if code else f"{label} {lines}"


def _use(context: SerenaContext, place: Location, source: Source) -> Use:
    code = source.lines[place.line - 1] if place.line <= len(source.lines) else ""
    symbol = context.index.enclosing(place.path, place.line)
    return Use(place.path, place.line, place.column, code, _is_import(source.lines, place.line), symbol)


def _is_import(lines: Sequence[str], number: int) -> bool:
    """Whether a 1-based line is, or belongs to, an import statement."""
    for line in reversed(lines[max(0, number - _LONGEST_IMPORT) : number]):
        if _IMPORT.match(line):
            return line is lines[number - 1] or "(" in line
        if not _NAMES_ALONE.match(line):
            return False
    return False


def _source(context: SerenaContext, path: str) -> Source | None:
    try:
        return find_source(context, path)
    except ToolRefusedError:
        return None
