# src/python_coder/symbols/content_edits.py — replaces passages of a file, found literally or by a regular expression
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from python_coder.errors import ToolRefusedError
from python_coder.symbols.bounded_regex import RegexMatch, find_matches
from python_coder.symbols.text_file import line_number, split_lines, usual_newline, with_newline

Mode = Literal["literal", "regex"]

_FLAGS = re.MULTILINE | re.DOTALL
_GROUP = re.compile(r"(?<!\\)\\(?:(\d)|g<(\w+)>)|\$!(\d+)")
_MOST_LINES_TOLD = 10
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Passage:
    """A stretch of text to replace, and what comes in its place."""

    start: int
    end: int
    """Offset behind its last character."""
    new: str


def replace_content(
    source: str, needle: str, replacement: str, *, mode: Mode = "literal", allow_multiple: bool = False
) -> str:
    r"""Replace a passage. A line end in the needle matches any line end; the new text gets those around it.

    Args:
        source: The whole file.
        needle: The passage, or a pattern of Python's `re` in which `.` also matches line ends and `^` and `$` match at
            each line.
        replacement: What comes in its place. In mode `regex`, `\1`, `\g<name>` and `$!1` stand for groups of the
            pattern, as far as it has them; everything else is taken as it is.
        mode: How to read the needle.
        allow_multiple: Whether several passages may be replaced.

    Raises:
        ToolRefusedError: None or several passages were found; the message tells the lines. Or the pattern is none,
            matches nothing at all, or takes too long.
    """
    if not needle:
        raise ToolRefusedError("The needle is empty. Give the passage to replace.")
    text = with_newline(source, "\n")
    if mode == "regex":
        passages = _by_pattern(text, needle, replacement, is_single=not allow_multiple)
    else:
        passages = _literally(text, with_newline(needle, "\n"), replacement, may_overlap=not allow_multiple)
    lines = [line_number(text, passage.start) for passage in passages]
    if not passages:
        raise ToolRefusedError(_nothing_found(text, needle, mode))
    if len(passages) > 1 and not allow_multiple:
        raise ToolRefusedError(
            f"The needle stands in {len(passages)} places, at {_told(lines)}. Give more of what is around the one you "
            "mean, or pass allow_multiple_occurrences=True to replace them all."
        )
    return _replaced(source, passages)


def find_passages(texts: Sequence[str], needle: str, replacement: str, *, mode: Mode) -> Sequence[Sequence[Passage]]:
    r"""All passages of several files that a needle finds, file by file, as `replace_content` reads it.

    Returns:
        Passages by offsets in the text with `\n` as its line ends, in order, for `with_passages`.

    Raises:
        ToolRefusedError: The needle is empty or no pattern, matches nothing at all, or takes too long.
    """
    if not needle:
        raise ToolRefusedError("The needle is empty. Give the passage to replace.")
    plain = [with_newline(text, "\n") for text in texts]
    if mode == "literal":
        return [_literally(text, with_newline(needle, "\n"), replacement, may_overlap=False) for text in plain]
    return [_passages(needle, replacement, found) for found in find_matches(needle, plain, flags=_FLAGS)]


def with_passages(source: str, passages: Sequence[Passage]) -> str:
    """A file with passages that `find_passages` found in it replaced, or some of them."""
    return _replaced(source, passages)


def _passages(pattern: str, replacement: str, matches: Sequence[RegexMatch]) -> Sequence[Passage]:
    if any(match.start == match.end for match in matches):
        raise ToolRefusedError(f"{pattern[:200]!r} matches between characters, where there is nothing to replace.")
    return [Passage(match.start, match.end, _filled(replacement, match)) for match in matches]


def _literally(text: str, needle: str, replacement: str, *, may_overlap: bool) -> Sequence[Passage]:
    found, start = [], text.find(needle)
    while start >= 0:
        found.append(Passage(start, start + len(needle), replacement))
        start = text.find(needle, start + (1 if may_overlap else len(needle)))
    return found


def _by_pattern(text: str, pattern: str, replacement: str, *, is_single: bool) -> Sequence[Passage]:
    (matches,) = find_matches(pattern, [text], flags=_FLAGS)
    passages = _passages(pattern, replacement, matches)
    if is_single and len(matches) == 1:
        _refuse_greedy(pattern, text, matches[0])
    return passages


def _refuse_greedy(pattern: str, text: str, match: RegexMatch) -> None:
    """Refuse a match that begins too early: `def .*?return b` also takes the functions before the one that is meant."""
    if "\n" not in text[match.start : match.end]:
        return
    (inner,) = find_matches(pattern, [text[match.start + 1 : match.end]], flags=_FLAGS, most=1)
    if inner:
        start = match.start + 1 + inner[0].start
        if text[match.start : start].strip() and line_number(text, start) > line_number(text, match.start):
            raise ToolRefusedError(
                f"{pattern[:200]!r} matches from line {line_number(text, match.start)} on, and again inside that from "
                f"line {line_number(text, start)} on, so it may take more than you mean. Make it begin more exactly."
            )


def _filled(replacement: str, match: RegexMatch) -> str:
    def group(found: re.Match[str]) -> str:
        digit, name = found[1], found[2] or found[3]
        if digit is None and not name.isdigit():
            return match.named[name] or "" if name in match.named else found[0]
        index = int(digit or name)
        is_known = index < len(match.groups) and digit != "0"
        return match.groups[index] or "" if is_known else found[0]

    return _GROUP.sub(group, replacement)


def _replaced(source: str, passages: Sequence[Passage]) -> str:
    r"""Splice passages, given by offsets in the text with `\n` ends, into the text with its own ends."""
    pairs = [end.start() for end in re.finditer(r"\r\n", source)]
    parts, done, seen = [], 0, 0
    for passage in passages:
        while seen < len(pairs) and pairs[seen] - seen < passage.start:
            seen += 1
        start, inside = passage.start + seen, seen
        while inside < len(pairs) and pairs[inside] - inside < passage.end:
            inside += 1
        end = passage.end + inside
        parts += [source[done:start], with_newline(passage.new, _newline_at(source, start))]
        done = end
    return "".join((*parts, source[done:]))


def _newline_at(source: str, offset: int) -> str:
    """The line end of the line that an offset lies in; the file's usual one on a last line without."""
    found = _LINE_END.search(source, offset)
    return found[0] if found else usual_newline(source)


def _told(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:_MOST_LINES_TOLD]))
    more = f" and {len(lines) - _MOST_LINES_TOLD} more" if len(lines) > _MOST_LINES_TOLD else ""
    return f"line{'s' * (len(lines) > 1)} {shown}{more}"


def _nothing_found(text: str, needle: str, mode: Mode) -> str:
    found = f"The {'pattern' if mode == 'regex' else 'needle'} stands in 0 places: nothing was changed."
    if mode == "regex":
        return f"{found} `.` matches line ends, `^` and `$` match at each line."
    first = next((line.strip() for line in needle.splitlines() if line.strip()), "")
    near = [number for number, line in enumerate(split_lines(text), 1) if first and first in line]
    if near:
        return f"{found} Its first line stands at {_told(near)}; compare indentation and what follows there."
    return f"{found} Read the file again."
