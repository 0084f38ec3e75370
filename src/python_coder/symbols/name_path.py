# src/python_coder/symbols/name_path.py — the way to write which symbol is meant: `Class/method`, `/top`, `f[1]`
import re
from collections.abc import Iterator
from dataclasses import dataclass

from python_coder.errors import ToolRefusedError
from python_coder.symbols.packed import PackedSymbols
from python_coder.symbols.rows import NO_PARENT
from python_coder.symbols.walker import normal_name

_INDEXED = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """One name of a name path."""

    name: str
    place: int | None
    """Which of several symbols of this name in one scope, 0-based; `None` means all of them."""


@dataclass(frozen=True, slots=True)
class NamePath:
    """A pattern for the places of symbols in their files."""

    parts: tuple[Part, ...]
    """At least one, outermost first."""
    is_absolute: bool = False
    """Whether the first part must be at the top level of its file."""
    is_substring: bool = False
    """Whether the last part needs to be only a piece of the name."""

    @classmethod
    def read(cls, text: str, *, substring: bool = False) -> "NamePath":
        """Read a pattern as Serena writes it.

        `a` matches at any depth, `a/b` the end of a path, `/a` only the top level; `a[1]` the second of several that
        share a name. A dot between names is taken for a slash.

        Args:
            text: The pattern.
            substring: Whether the last name may be given in part.

        Raises:
            ToolRefusedError: There is no name in it.
        """
        cleaned = text.strip().replace(".", "/")
        names = [name.strip() for name in cleaned.strip("/").split("/")]
        if not all(names):
            raise ToolRefusedError(
                f"{text!r} is no name path. Write `name`, `Class/method`, or `/name` for the top level of a file."
            )
        return cls(tuple(map(_part, names)), cleaned.startswith("/"), substring)

    def matches(self, packed: PackedSymbols) -> Iterator[int]:
        """Indexes of the symbols of a file that match, in the order of the file."""
        last = self.parts[-1]
        if (last.name if self.is_substring else f"\n{last.name}\n") not in packed.names:
            return
        names = packed.names.split("\n")[1:-1]
        for index, name in enumerate(names):
            is_near = last.name in name if self.is_substring else last.name == name
            if is_near and _is_place(last, packed, index) and self._matches_above(packed, names, index):
                yield index

    def _matches_above(self, packed: PackedSymbols, names: list[str], index: int) -> bool:
        for part in reversed(self.parts[:-1]):
            index = packed.parent(index)
            if index == NO_PARENT or names[index] != part.name or not _is_place(part, packed, index):
                return False
        return not self.is_absolute or packed.parent(index) == NO_PARENT


def _part(text: str) -> Part:
    indexed = _INDEXED.fullmatch(text)
    if indexed and indexed.group(1):
        return Part(normal_name(indexed.group(1)), int(indexed.group(2)))
    return Part(normal_name(text), None)


def _is_place(part: Part, packed: PackedSymbols, index: int) -> bool:
    # A symbol that has its name for itself is the first of its name.
    return part.place is None or part.place == max(packed.place(index), 0)
