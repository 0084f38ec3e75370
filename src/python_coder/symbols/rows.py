# src/python_coder/symbols/rows.py — the flat form in which the parser hands symbols on
from dataclasses import dataclass, field

from python_coder.symbols.symbol import SymbolKind

NO_PARENT = -1


@dataclass(slots=True)
class Row:
    """One symbol. Bytes are places in the text that was parsed."""

    kind: SymbolKind
    name: str
    signature: str
    parent: int
    """Index of the row that this one lies in, or -1."""
    first_line: int
    def_line: int
    last_line: int
    name_line: int
    name_at: int
    """Byte at which the name begins."""
    start: int
    end: int
    after: int = 0
    """Index of the first row that is not below this one."""
    place: int = -1
    """0-based place among the rows of this name in the same scope; -1 if it has the name for itself."""


@dataclass(slots=True)
class Rows:
    """The symbols of a file, each before the ones inside it."""

    all: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> int:
        """Take in one more symbol. Close it once all below it are in.

        Returns:
            Its index.
        """
        self.all.append(row)
        return len(self.all) - 1

    def close(self, index: int) -> None:
        """Say that nothing more follows below this symbol."""
        self.all[index].after = len(self.all)

    def is_class(self, index: int) -> bool:
        """Whether this is the index of a class."""
        return index != NO_PARENT and self.all[index].kind is SymbolKind.CLASS

    def number(self) -> None:
        """Give symbols that share a name within their scope their place."""
        scopes: dict[tuple[int, str], list[Row]] = {}
        for row in self.all:
            scopes.setdefault((row.parent, row.name), []).append(row)
        for rows in scopes.values():
            if len(rows) > 1:
                for place, row in enumerate(rows):
                    row.place = place
