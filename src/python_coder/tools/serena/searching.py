# src/python_coder/tools/serena/searching.py — lines that match a pattern
import asyncio
import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from python_coder.errors import ToolRefusedError
from python_coder.symbols.bounded_regex import find_matches
from python_coder.symbols.text_file import split_lines, without_end
from python_coder.tools.answers import Group, counted, paged, trimmed
from python_coder.tools.files import MAX_FILE_BYTES
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.reading import is_matched
from python_coder.tools.serena.sources import find_source, paths_below

MOST_MATCHES = 20_000
"""Matches after which a search stops."""
_WIDEST_LINE = 200
_MOST_CONTEXT_LINES = 50


@dataclass(frozen=True)
class SearchingTools:
    """Searches of the text itself. Each public method is one tool; lines are 1-based everywhere."""

    context: SerenaContext

    async def search_for_pattern(  # noqa: PLR0913, PLR0917 - the specification's parameters
        self,
        substring_pattern: str,
        context_lines_before: int = 0,
        context_lines_after: int = 0,
        paths_include_glob: str = "",
        paths_exclude_glob: str = "",
        relative_path: str = "",
        restrict_search_to_code_files: bool = False,  # noqa: FBT001, FBT002 - the specification's parameters
        max_answer_chars: int = -1,
        skip: int = 0,
    ) -> str:
        """Find text by a regular expression in one file, a folder or all; `.` stays in a line unless `(?s)` is set."""
        if not substring_pattern:
            raise ToolRefusedError("The pattern is empty. Give the text or the expression to look for.")
        paths = matching_paths(self.context, relative_path, paths_include_glob, paths_exclude_glob)
        if restrict_search_to_code_files:
            paths = [path for path in paths if path.endswith((".py", ".pyi"))]
        with self.context.searching(len(paths)):
            texts = read_texts(self.context, paths)
            found = await asyncio.to_thread(
                find_matches, substring_pattern, [text for _, text in texts], flags=re.MULTILINE, most=MOST_MATCHES
            )
        before, after = (min(max(0, n), _MOST_CONTEXT_LINES) for n in (context_lines_before, context_lines_after))
        groups = [
            Group(path, list(Lines(text).blocks([(span.start, span.end) for span in spans], before, after)))
            for (path, text), spans in zip(texts, found, strict=True)
            if spans
        ]
        if not groups:
            return f"No match in {len(texts)} files."
        total = sum(len(spans) for spans in found)
        more = " (the search stopped there)" if total >= MOST_MATCHES else ""
        title = f"{counted(total, 'match', 'matches')} in {len(groups)} of {counted(len(texts), 'file')}{more}"
        return paged(groups, noun="hits", title=title, max_answer_chars=max_answer_chars, skip=skip)


def matching_paths(context: SerenaContext, below: str, include: str, exclude: str) -> Sequence[str]:
    """Files below a folder whose paths fit one mask and not the other; an empty mask does not count."""
    return [
        path
        for path in paths_below(context, below)
        if (not include or is_matched(path, include)) and not (exclude and is_matched(path, exclude))
    ]


def read_texts(context: SerenaContext, paths: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Paths with their texts; what is no text, or too large, is left out."""
    return [(path, text) for path in paths if (text := _text(context, path)) is not None]


def _text(context: SerenaContext, path: str) -> str | None:
    try:
        source = find_source(context, path)
    except ToolRefusedError:
        return None
    return source.text if source and len(source.data) <= MAX_FILE_BYTES else None


class Lines:
    """The lines of one text, found again by offset."""

    def __init__(self, text: str) -> None:
        """Split the text where Python ends a line."""
        self._ended = split_lines(text)

    @cached_property
    def starts(self) -> Sequence[int]:
        """Offset of each line's first character."""
        starts = [0]
        for line in self._ended:
            starts.append(starts[-1] + len(line))
        return starts[:-1] or [0]

    def number(self, offset: int) -> int:
        """1-based line that an offset stands in."""
        return bisect.bisect_right(self.starts, offset)

    def blocks(self, spans: Sequence[tuple[int, int]], before: int, after: int) -> Iterator[str]:
        """Each hit with the lines around it; hits that touch are one block.

        Args:
            spans: Offsets of each hit's start and end, in order.
            before: Lines shown before each.
            after: Lines shown after each.
        """
        shown: list[tuple[int, int, int]] = []
        for begin, stop in spans if self._ended else ():
            first, last = self.number(begin), self.number(max(begin, stop - 1))
            column = begin - self.starts[first - 1]
            start, end = max(1, first - before), min(len(self._ended), last + after)
            if shown and start <= shown[-1][1] + (1 if before or after else 0):
                shown[-1] = (shown[-1][0], max(end, shown[-1][1]), shown[-1][2])
            else:
                shown.append((start, end, column))
        for start, end, column in shown:
            yield "\n  ".join(self._line(number, column, alone=start == end) for number in range(start, end + 1))

    def _line(self, number: int, column: int, *, alone: bool) -> str:
        line = without_end(self._ended[number - 1])
        if alone or len(line) > _WIDEST_LINE:
            line = trimmed(line, _WIDEST_LINE, around=column)
        return f"{number}: {line}".rstrip()
