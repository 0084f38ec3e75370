# src/python_coder/agent/briefing/excerpts.py — pieces of source, merged by file and in the file's order, no line twice
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from python_coder.agent.briefing.sources import SHORT_FILE_LINES, Sources, Span
from python_coder.symbols.symbol import Symbol

_WHOLE_FROM = 0.5
"""Share of a short file that is wanted, from which on the whole file costs less than its pieces are worth."""
_TINY_CHARS = 600
_NARROW_GAP = 5
_MOST_NAMES = 6

_Lines = tuple[int, int]


@dataclass
class Excerpts:
    """What is shown of each file so far."""

    sources: Sources
    _wanted: dict[str, list[_Lines]] = field(default_factory=dict)
    _texts: dict[str, str] = field(default_factory=dict)

    @property
    def chars(self) -> int:
        """Length of all that is shown."""
        return sum(len(text) + 1 for text in self._texts.values())

    @property
    def text(self) -> str:
        """All pieces, each file under one heading."""
        return "\n".join(self._texts.values())

    def add(self, span: Span, most_chars: int) -> bool:
        """Show some more lines, if all that is shown then stays within a length.

        Returns:
            Whether the lines are shown.
        """
        if self.shows(span):
            return True
        wanted = _merged([*self._wanted.get(span.path, ()), (span.first, span.last)])
        room = most_chars - self.chars + len(self._texts.get(span.path, ""))
        for text in self._forms(span.path, wanted):
            if len(text) < room:
                self._wanted[span.path], self._texts[span.path] = wanted, text
                return True
        return False

    def shows(self, span: Span) -> bool:
        """Whether all of some lines are shown."""
        if self.shows_whole(span.path):
            return True
        return any(first <= span.first and span.last <= last for first, last in self._wanted.get(span.path, ()))

    def shows_whole(self, path: str) -> bool:
        """Whether a file is shown from its first to its last line."""
        return self._texts.get(path, "").startswith(_whole_heading(path))

    def _forms(self, path: str, wanted: Sequence[_Lines]) -> Iterator[str]:
        """What a file can look like, the best first: whole where most of it is wanted, else its pieces."""
        lines = self.sources.lines(path)
        shown = sum(last - first + 1 for first, last in wanted)
        is_short = len(lines) <= SHORT_FILE_LINES and shown >= len(lines) * _WHOLE_FROM
        if is_short or len(self.sources.text(path)) <= _TINY_CHARS or shown >= len(lines):
            yield "\n".join([_whole_heading(path), *lines])
        yield "\n".join([f"## {path}, {len(lines)} lines", *self._pieces(path, lines, wanted)])

    def _pieces(self, path: str, lines: Sequence[str], wanted: Sequence[_Lines]) -> Iterator[str]:
        after = 1
        for first, last in [*wanted, (len(lines) + 1, len(lines))]:
            gap = lines[after - 1 : first - 1]
            if len(gap) <= _NARROW_GAP:
                yield from gap
            elif any(line.strip() for line in gap):
                yield f"… {after}-{first - 1}{self._names(path, after, first - 1)}"
            yield from lines[first - 1 : last]
            after = last + 1

    def _names(self, path: str, first: int, last: int) -> str:
        """What stands in the lines that are left out: outermost names, always with the last one."""
        inside = [one for one in self.sources.definitions(path) if first <= one.def_line <= last]
        outer = [one.name for one in inside if not any(_holds(other, one) for other in inside)]
        if len(outer) > _MOST_NAMES:
            outer = [*outer[: _MOST_NAMES - 1], f"… {len(outer) - _MOST_NAMES} more …", outer[-1]]
        return f": {', '.join(outer)}" if outer else ""


def _holds(one: Symbol, other: Symbol) -> bool:
    return one is not other and one.first_line <= other.first_line and other.last_line <= one.last_line


def _whole_heading(path: str) -> str:
    return f"## {path}, whole"


def _merged(spans: Sequence[_Lines]) -> list[_Lines]:
    merged: list[_Lines] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1 + _NARROW_GAP:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
