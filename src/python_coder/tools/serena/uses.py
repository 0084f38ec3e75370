# src/python_coder/tools/serena/uses.py — places where a symbol is used, and their compact text
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from python_coder.symbols.locations import Location
from python_coder.symbols.symbol import SymbolKind
from python_coder.tools.answers import Group, trimmed
from python_coder.tools.serena.context import SerenaContext

_IMPORT = re.compile(r"\s*(?:from\s.*\bimport\b|import\s)")
_NAMES_ALONE = re.compile(r"[\s\w,]*\)?\s*(?:#.*)?$")
"""A line of an import in parentheses."""
_LONGEST_IMPORT = 200
_INJECTING_BEFORE = re.compile(r"\b(?:Depends|Security)\(\s*(?:dependency\s*=\s*)?[\w.]*$")
_INJECTING_AFTER = re.compile(r"\w*[\]\s]*[,=]\s*(?:\w+\.)?(?:Depends|Security)\(\s*\)")
"""A class that stands for its own dependency: `pages: Annotated[Pages, Depends()]`."""
_TEST_PATH = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*$|conftest\.py$|[^/]*_test\.py$)")
_FORMS = ((100, False), (70, True), (50, True), (30, True), (0, True))
"""Widths of the code that is shown, and whether uses in one symbol share a line; the richest that fits is taken."""
_CHARS_A_USE = 60
_CHARS_ANYWAY = 6_000


class Use(NamedTuple):
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
    is_injected: bool
    """Whether FastAPI is told to call it here."""
    symbol: str
    """Name path of what it stands in; empty at the top of a file."""
    kind: SymbolKind | None

    @property
    def label(self) -> str:
        """Where in the file it is: a name path, `import` or `top`."""
        return "import" if self.is_import else self.symbol or "top"


def uses_at(context: SerenaContext, locations: Sequence[Location]) -> Sequence[Use]:
    """Locations of the project with what stands there, code before tests, then by path and line."""
    places: dict[str, list[Location]] = {}
    for place in sorted(set(locations), key=lambda place: (place.path, place.line, place.column)):
        places.setdefault(place.path, []).append(place)
    ordered = sorted(places, key=lambda path: (_TEST_PATH.search(path) is not None, path))
    return [use for path in ordered for use in _uses_in(context, path, places[path])]


def grouped(uses: Sequence[Use], limit: int) -> Sequence[Group]:
    """Uses by file, in the richest form that stays short.

    Args:
        uses: Ordered by file.
        limit: Most characters of the whole answer.
    """
    room = min(limit, max(_CHARS_ANYWAY, _CHARS_A_USE * len(uses))) - 200
    rows: Mapping[bool, Sequence[_Row]] = {
        is_merged: list(_rows(uses, is_merged=is_merged)) for is_merged in (False, True)
    }
    paths = sum(len(path) + 1 for path in {use.path for use in uses})
    for width, is_merged in _FORMS:
        if paths + sum(row.length(width) for row in rows[is_merged]) <= room:
            break
    return [
        Group(path, [row.text(width) for row in inside])
        for path, inside in groupby(rows[is_merged], lambda row: row.use.path)
    ]


def is_of_kind(use: Use, include: Sequence[int], exclude: Sequence[int]) -> bool:
    """Whether what a use stands in is of the wanted kinds; the top of a file counts as file and module."""
    kinds = {use.kind.lsp} if use.kind else {1, 2}
    return (not include or bool(kinds & set(include))) and not kinds & set(exclude)


class _Row(NamedTuple):
    """One line of an answer: a use, and the others that share its line."""

    use: Use
    lines: str

    def length(self, width: int) -> int:
        """About how many characters the line takes with so many of code."""
        code = 0 if self.use.is_import else min(width, len(self.use.code))
        return len(self.use.label) + len(self.lines) + code + 6

    def text(self, width: int) -> str:
        """The line, with at most so many characters of code."""
        code = trimmed(self.use.code, width, around=self.use.column) if width and not self.use.is_import else ""
        return f"{self.use.label} {self.lines}: {code}" if code else f"{self.use.label} {self.lines}"


def _rows(uses: Sequence[Use], *, is_merged: bool) -> Iterator[_Row]:
    if not is_merged:
        yield from (_Row(use, str(use.line)) for use in uses)
        return
    for _, inside in groupby(uses, lambda use: (use.path, use.label)):
        first, *others = inside
        yield _Row(first, ", ".join(dict.fromkeys(str(use.line) for use in (first, *others))))


def _uses_in(context: SerenaContext, path: str, places: Sequence[Location]) -> Iterator[Use]:
    lines = context.project.shown_lines.of(path)
    labels = context.index.labels(path, [place.line for place in places])
    for place, symbol in zip(places, labels, strict=True):
        if place.line > len(lines):
            continue
        code = lines[place.line - 1]
        yield Use(
            path=path,
            line=place.line,
            column=place.column,
            code=code,
            is_import=_is_import(lines, place.line),
            is_injected=_is_injected(lines, place),
            symbol=symbol[0] if symbol else "",
            kind=symbol[1] if symbol else None,
        )


def _is_injected(lines: Sequence[str], place: Location) -> bool:
    near = "\n".join(lines[max(0, place.line - 3) : place.line])
    if "Depends(" not in near and "Security(" not in near:
        return False
    code = lines[place.line - 1]
    after = code[place.column :]
    before = near.removesuffix(code) + code[: place.column]
    return bool(_INJECTING_BEFORE.search(before) or _INJECTING_AFTER.match(after))


def _is_import(lines: Sequence[str], number: int) -> bool:
    """Whether a 1-based line is, or belongs to, an import statement."""
    for line in reversed(lines[max(0, number - _LONGEST_IMPORT) : number]):
        if _IMPORT.match(line):
            return line is lines[number - 1] or "(" in line
        if not _NAMES_ALONE.match(line):
            return False
    return False
