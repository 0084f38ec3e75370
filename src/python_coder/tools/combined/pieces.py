# src/python_coder/tools/combined/pieces.py — pieces of files, put into one answer of bounded size
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from python_coder.tools.answers import MOST_ANSWER_CHARS, shorten

_ROOM_FOR_NOTES = 400
"""Kept free for what says that something was left out, in characters."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Lines of one file."""

    path: str
    first: int
    """1-based number of the first of them."""
    lines: Sequence[str]
    name_path: str = ""
    """The definition that they are; empty for a file or plain lines."""

    @property
    def last(self) -> int:
        """Number of the last line."""
        return self.first + len(self.lines) - 1

    @property
    def place(self) -> str:
        """`path:first-last`, as it can be asked for."""
        return f"{self.path}:{self.first}-{self.last}"


@dataclass(frozen=True)
class Note:
    """Other text than lines of a file."""

    text: str


@dataclass
class Answer:
    """Takes pieces as long as there is room, and tells what is left."""

    room: int = MOST_ANSWER_CHARS - _ROOM_FOR_NOTES
    parts: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Places that there was no room for."""
    shown: list[Piece] = field(default_factory=list)

    def add(self, part: Piece | Note) -> None:
        """Take one more part in, or remember that it is left."""
        if isinstance(part, Note):
            self._put(part.text)
            return
        above = next((one for one in self.shown if _holds(one, part)), None)
        if above is not None:
            if part.name_path:
                self._put(f"{part.name_path} stands in {above.place}, lines {part.first}-{part.last}.")
            return
        lines = part.lines[: self._fitting(part.lines)]
        if not lines and part.lines:
            self._leave(part)
            return
        shown = Piece(path=part.path, first=part.first, lines=lines, name_path=part.name_path)
        if len(lines) < len(part.lines):
            self.left.append(f"{part.path}:{shown.last + 1}-{part.last}")
        self.shown.append(shown)
        name = f" {part.name_path}" if "/" in part.name_path else ""
        head = f"{shown.place}{name}" if lines else f"{part.path} is empty"
        self._put("\n".join([head, *lines]))

    @property
    def text(self) -> str:
        """All parts, and what to ask for next."""
        left = ", ".join(self.left)
        rest = [f"… no room here for: {left}; ask for it in another call"] if left else []
        return shorten("\n\n".join([*self.parts, *rest]))

    def _leave(self, part: Piece) -> None:
        if self.parts:
            self.left.append(part.place)
            return
        # Another call would have no more room for this line.
        long = f"{part.path}:{part.first} has {len(part.lines[0])} characters"
        self._put(f"{long}, more than an answer holds; use search_for_pattern")
        if len(part.lines) > 1:
            self.add(replace(part, first=part.first + 1, lines=part.lines[1:]))

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.room -= len(text) + 2

    def _fitting(self, lines: Sequence[str]) -> int:
        """How many of the lines there is room for."""
        room = self.room
        for count, line in enumerate(lines):
            room -= len(line) + 1
            if room < 0:
                return count
        return len(lines)


def _holds(piece: Piece, other: Piece) -> bool:
    return piece.path == other.path and piece.first <= other.first and other.last <= piece.last
