# src/python_coder/tools/answers.py — answers made for a model's context
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_ANSWER_CHARS = 20_000
"""Longest answer unless the caller says otherwise, in characters."""

_TRAILER_CHARS = 120
_NARROWEST = 4


@dataclass(frozen=True)
class Group:
    """Entries that share a heading, such as the hits in one file."""

    heading: str
    entries: Sequence[str]


def limit_of(max_answer_chars: int) -> int:
    """The most characters an answer may have; `-1`, and anything else below 1, stands for the default."""
    return max_answer_chars if max_answer_chars > 0 else MOST_ANSWER_CHARS


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 use`, `2 uses`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def shorten(text: str) -> str:
    """The first part of a long answer in whole lines, with a count of the lines left out."""
    if len(text) <= MOST_ANSWER_CHARS:
        return text
    room = MOST_ANSWER_CHARS - _TRAILER_CHARS
    kept = text[:room].rpartition("\n")[0] or text[:room]
    return f"{kept}\n… {text.count(chr(10)) - kept.count(chr(10))} more lines; ask for a part"


def first_lines(lines: Sequence[str], first: int, limit: int) -> Sequence[str]:
    """Lines of a file, as many as there is room for, and then where to read on.

    Args:
        lines: What is to be shown.
        first: 1-based number of the first of them.
        limit: Most characters in all, line ends included.
    """
    if sum(map(len, lines)) + len(lines) - 1 <= limit:
        return lines
    count, room = 0, limit - _TRAILER_CHARS
    while count < len(lines) and room > len(lines[count]):
        room -= len(lines[count]) + 1
        count += 1
    if count == 0:
        rest = f"… line {first} has {len(lines[0])} characters; raise max_answer_chars"
        return [*([lines[0][: limit - len(rest) - 1]] if limit > len(rest) + 1 else []), rest[: max(0, limit)]]
    rest = (
        f"… lines {first + count}-{first + len(lines) - 1} are left; read_file goes on with start_line={first + count}"
    )
    return [*lines[:count], rest]


def trimmed(line: str, width: int, *, around: int = 0) -> str:
    """One line without its indentation, at most `width` characters of it, the part that matters kept.

    Args:
        line: Source line.
        width: Most characters of the answer; 0 for none at all.
        around: 0-based column of what must stay visible.
    """
    code = line.strip()
    if len(code) <= width or width < _NARROWEST:
        return code[: max(0, width)]
    start = around - (len(line) - len(line.lstrip())) - width // 3
    start = min(max(0, start), len(code) - width)
    end = start + width
    return ("…" if start else code[0]) + code[start + 1 : end - 1] + ("…" if end < len(code) else code[-1])


def paged(groups: Sequence[Group], *, noun: str, title: str = "", max_answer_chars: int = -1, skip: int = 0) -> str:
    """Grouped entries, as many as there is room for, with a count of the rest and how to get it.

    Args:
        groups: Most useful first.
        noun: What one entry is, in the plural, such as `references`.
        title: First line, whatever the page.
        max_answer_chars: The caller's limit; `-1` for the default.
        skip: How many entries earlier pages had.

    Returns:
        The title, then each heading with its entries indented below; never longer than the limit.
    """
    limit = limit_of(max_answer_chars)
    lines = [title] if title else []
    entries = list(_flat(groups))
    whole = list(_lines(entries[skip:]))
    if whole and len("\n".join([*lines, *whole])) <= limit:
        return "\n".join([*lines, *whole])
    if skip >= len(entries):
        return "\n".join([*lines, f"There are only {len(entries)} {noun}."])[:limit]
    shown = _fitting(entries[skip:], limit - len(title) - _TRAILER_CHARS)
    left = entries[skip + shown :]
    headings = {heading for heading, _ in left if heading}
    where = f" under {counted(len(headings), 'heading')}" if headings else ""
    trailer = f"… {len(left)} more {noun}{where}; go on with skip={skip + shown}"
    if not left:
        trailer = "… cut here; raise max_answer_chars"
    body = "\n".join([*lines, *_lines(entries[skip : skip + shown])])
    room = limit - len(trailer) - 1
    return f"{body[:room]}\n{trailer}" if room > 0 else trailer[:limit]


def _flat(groups: Sequence[Group]) -> Iterator[tuple[str, str]]:
    for group in groups:
        for entry in group.entries:
            yield group.heading, entry


def _fitting(entries: Sequence[tuple[str, str]], room: int) -> int:
    """How many entries fit into so many characters; at least one."""
    last, shown = "", 0
    for heading, entry in entries:
        room -= len(entry) + 3 + (len(heading) + 1 if heading != last else 0)
        if room < 0 and shown:
            break
        shown, last = shown + 1, heading
    return shown


def _lines(entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    last = ""
    for heading, entry in entries:
        if heading and heading != last:
            yield heading
        last = heading
        yield f"  {entry}" if heading else entry
