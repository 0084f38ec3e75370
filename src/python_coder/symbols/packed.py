# src/python_coder/symbols/packed.py — the symbols of a file in little memory, each read out only when it is wanted
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from python_coder.symbols.decoding import Source
from python_coder.symbols.rows import NO_PARENT, Rows
from python_coder.symbols.symbol import KINDS, FileSymbols, Symbol, SymbolKind

_PLACE_OF_KIND = {kind: place for place, kind in enumerate(KINDS)}
# Numbers of one symbol: kind, parent + 1, after, place + 1, then lines and bytes as in `Symbol`.
_WIDTH = 11
_PARENT, _AFTER, _PLACE, _FIRST_LINE, _LAST_LINE = 1, 2, 3, 4, 6


@dataclass(frozen=True, slots=True)
class PackedSymbols:
    """All symbols of one file; a symbol is named by its index, each before the ones inside it."""

    names: str
    """Each name after a line end, and one more line end: a name can be searched for as a whole."""
    signatures: str
    """One a line."""
    numbers: memoryview
    """Unsigned 32-bit numbers: eleven a symbol, then the lines with errors."""
    count: int

    @classmethod
    def pack(cls, rows: Rows, source: Source, error_lines: tuple[int, ...]) -> "PackedSymbols":
        """Take over what the parser found."""
        rows.number()
        numbers = array("I")
        for row in rows.all:
            lines = (row.first_line, row.def_line, row.last_line, row.name_line, source.column(row.name_at))
            extent = (source.offset(row.start), source.offset(row.end))
            numbers.extend((_PLACE_OF_KIND[row.kind], row.parent + 1, row.after, row.place + 1, *lines, *extent))
        numbers.extend(error_lines)
        return cls(
            names="".join(f"\n{row.name}" for row in rows.all) + "\n",
            signatures="\n".join(row.signature for row in rows.all),
            numbers=memoryview(numbers.tobytes()).cast("I"),
            count=len(rows.all),
        )

    def file_symbols(self, path: str, unparsed_because: str = "") -> FileSymbols:
        """All symbols, read out."""
        reader = _Reader(self, path)
        symbols = tuple(reader.symbol(index) for index in self.siblings(0, self.count))
        return FileSymbols(path, symbols, tuple(self.numbers[self.count * _WIDTH :]), unparsed_because)

    def symbols_at(self, path: str, indexes: Iterable[int]) -> Iterator[Symbol]:
        """Some symbols with all below them, read out."""
        reader: _Reader | None = None
        for index in indexes:
            reader = reader or _Reader(self, path)
            yield reader.symbol(index)

    def innermost(self, line: int) -> int | None:
        """Index of the last and deepest symbol whose lines hold this 1-based line."""
        found, index = None, 0
        while index < self.count:
            at = index * _WIDTH
            if self.numbers[at + _FIRST_LINE] <= line <= self.numbers[at + _LAST_LINE]:
                found, index = index, index + 1
            else:
                index = self.numbers[at + _AFTER]
        return found

    def labels(self, lines: Iterable[int]) -> list[tuple[str, SymbolKind] | None]:
        """Name path and kind of what `innermost` finds for each line."""
        reader = _Reader(self, "")
        found = (self.innermost(line) for line in lines)
        return [None if index is None else (reader.name_path(index), self.kind(index)) for index in found]

    def parent(self, index: int) -> int:
        """Index of the symbol around this one, or -1."""
        return self.numbers[index * _WIDTH + _PARENT] - 1

    def place(self, index: int) -> int:
        """0-based place among the symbols of the same name in the same scope; -1 if there are no others."""
        return self.numbers[index * _WIDTH + _PLACE] - 1

    def kind(self, index: int) -> SymbolKind:
        """Kind of a symbol."""
        return KINDS[self.numbers[index * _WIDTH]]

    def siblings(self, index: int, end: int) -> Iterator[int]:
        """This symbol and those after it in the same scope, up to the index `end`."""
        while index < end:
            yield index
            index = self.numbers[index * _WIDTH + _AFTER]


class _Reader:
    """Reads symbols out of one packed file."""

    def __init__(self, packed: PackedSymbols, path: str) -> None:
        self.packed = packed
        self.path = path
        self.names = packed.names.split("\n")[1:]
        self.signatures = packed.signatures.split("\n")

    def symbol(self, index: int) -> Symbol:
        packed = self.packed
        kind, _, after, _, *rest = packed.numbers[index * _WIDTH : (index + 1) * _WIDTH].tolist()
        first_line, def_line, last_line, name_line, name_column, start, end = rest
        children = packed.siblings(index + 1, after)
        return Symbol(
            name=self.names[index],
            name_path=self.name_path(index),
            kind=KINDS[kind],
            path=self.path,
            first_line=first_line,
            def_line=def_line,
            last_line=last_line,
            name_line=name_line,
            name_column=name_column,
            start_byte=start,
            end_byte=end,
            signature=self.signatures[index],
            children=tuple(self.symbol(child) for child in children),
        )

    def name_path(self, index: int) -> str:
        parts: list[str] = []
        while index != NO_PARENT:
            place = self.packed.place(index)
            parts.append(self.names[index] if place < 0 else f"{self.names[index]}[{place}]")
            index = self.packed.parent(index)
        return "/".join(reversed(parts))


EMPTY = PackedSymbols("\n", "", memoryview(b"").cast("I"), 0)
"""What a file without a symbol holds."""
