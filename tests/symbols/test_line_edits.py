# tests/symbols/test_line_edits.py — lines are replaced, removed and inserted only where they stand as quoted
import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_coder.errors import ToolRefusedError
from python_coder.symbols.line_edits import insert_at_line, replace_lines
from python_coder.symbols.text_file import split_lines

MIXED = "a\r\n  b\nc\rd"

# Source, first and last line, content, their quotes, text after.
REPLACED = {
    "one": ("a\nb\nc\n", 2, 2, "x\n", "b", "b", "a\nx\nc\n"),
    "one-by-many": ("a\nb\nc\n", 2, 2, "x\ny", "b", "b", "a\nx\ny\nc\n"),
    "many-by-one": ("a\nb\nc\n", 1, 3, "x", "a", "c", "x\n"),
    "crlf": ("a\r\nb\r\nc\r\n", 2, 2, "x\ny\n", "b", "b", "a\r\nx\r\ny\r\nc\r\n"),
    "content-with-crlf": ("a\nb\n", 1, 1, "x\r\ny\r\n", "a", "a", "x\ny\nb\n"),
    "mixed-first": (MIXED, 1, 1, "x\ny", "a", "a", "x\r\ny\r\n  b\nc\rd"),
    "mixed-middle": (MIXED, 2, 2, "x\ny", "  b", "  b", "a\r\nx\ny\nc\rd"),
    "mixed-last": (MIXED, 4, 4, "x\ny\n", "d", "d", "a\r\n  b\nc\rx\ry"),
    "last-that-is-not-ended": ("a\nb", 2, 2, "x\n", "b", "b", "a\nx"),
    "quoted-with-line-ends": ("a\r\nb\r\n", 1, 2, "x", "a\r\n", "b\n", "x\r\n"),
    "blanks-at-the-end-of-quotes": ("a  \nb\n", 1, 2, "x", "a", "b ", "x\n"),
    "blank-line": ("a\n\nb\n", 2, 2, "x", "", "", "a\nx\nb\n"),
    "by-a-blank-line": ("a\nb\nc\n", 2, 2, "\n", "b", "b", "a\n\nc\n"),
    "separators-that-end-no-line": ("a\x0c\u2028b\nc\n", 1, 1, "x", "a\x0c\u2028b", "a\x0c\u2028b", "x\nc\n"),
}


@pytest.mark.parametrize(
    ("source", "start", "end", "content", "first", "last", "after"), REPLACED.values(), ids=REPLACED
)
def test_replaces(source: str, start: int, end: int, content: str, first: str, last: str, after: str) -> None:
    assert replace_lines(source, start, end, content, first_line_text=first, last_line_text=last) == after


# Source, first and last line, their quotes, what is told.
MISQUOTED = {
    "first": ("a\nb\nc\n", 1, 2, "x", "b", "line 1 is `a`, not `x`"),
    "last": ("a\nb\nc\n", 1, 2, "a", "c", "line 2 is `b`, not `c`"),
    "both": ("a\nb\nc\n", 1, 2, "x", "y", "line 1 is `a`, not `x`; line 2 is `b`, not `y`"),
    "one-line-first": ("a\nb\n", 1, 1, "x", "a", "line 1 is `a`, not `x`"),
    "one-line-last": ("a\nb\n", 1, 1, "a", "x", "line 1 is `a`, not `x`"),
    "indentation": ("a\n    b\n", 2, 2, "b", "b", "line 2 is `    b`, not `b`"),
    "counted-from-0": ("a\nb\n", 0, 1, "a", "b", "no lines 0 to 1: the file has 2"),
    "behind-the-end": ("a\nb\n", 2, 3, "b", "", "no lines 2 to 3: the file has 2"),
    "backwards": ("a\nb\n", 2, 1, "b", "a", "no lines 2 to 1"),
    "empty-file": ("", 1, 1, "", "", "the file has 0"),
    "nothing-quoted": ("a\nb\n", 1, 2, "", "", "line 1 is `a`, not ``"),
    "part-of-the-line": ("return a + b\n", 1, 1, "return a", "return a", "line 1 is `return a \\+ b`"),
    "several-lines-quoted": ("a\nb\n", 1, 2, "a\nb", "b", "line 1 is `a`, not"),
    "case": ("A\n", 1, 1, "a", "a", "line 1 is `A`"),
}


@pytest.mark.parametrize(("source", "start", "end", "first", "last", "told"), MISQUOTED.values(), ids=MISQUOTED)
def test_what_is_misquoted_is_told(source: str, start: int, end: int, first: str, last: str, told: str) -> None:
    for content in ("new", ""):
        with pytest.raises(ToolRefusedError, match=told):
            replace_lines(source, start, end, content, first_line_text=first, last_line_text=last)


DELETED = {
    "middle": ("a\nb\nc\n", 2, 2, "b", "b", "a\nc\n"),
    "all": ("a\nb\n", 1, 2, "a", "b", ""),
    "mixed": (MIXED, 2, 3, "  b", "c", "a\r\nd"),
    "last-that-is-not-ended": ("a\nb", 2, 2, "b", "b", "a\n"),
}


@pytest.mark.parametrize(("source", "start", "end", "first", "last", "after"), DELETED.values(), ids=DELETED)
def test_deletes(source: str, start: int, end: int, first: str, last: str, after: str) -> None:
    assert replace_lines(source, start, end, "", first_line_text=first, last_line_text=last) == after


INSERTED = {
    "first": ("a\nb\n", 1, "x", "a", "x\na\nb\n"),
    "middle": ("a\r\nb\r\n", 2, "x\ny\n", "b", "a\r\nx\r\ny\r\nb\r\n"),
    "end": ("a\nb\n", 3, "x\n", "", "a\nb\nx\n"),
    "end-that-is-not-ended": ("a\nb", 3, "x\n", "", "a\nb\nx"),
    "empty-file": ("", 1, "x", "", "x\n"),
    "mixed": (MIXED, 3, "x", "c", "a\r\n  b\nx\nc\rd"),
    "blank-line": ("a\nb\n", 2, "\n", "b", "a\n\nb\n"),
}


@pytest.mark.parametrize(("source", "line", "content", "quote", "after"), INSERTED.values(), ids=INSERTED)
def test_inserts(source: str, line: int, content: str, quote: str, after: str) -> None:
    assert insert_at_line(source, line, content, line_text=quote) == after


NOT_INSERTED = {
    "misquoted": ("a\nb\n", 2, "x", "a", "line 2 is `b`, not `a`"),
    "quoted-at-the-end": ("a\nb\n", 3, "x", "b", "line 3 is the end of the file"),
    "behind-the-end": ("a\nb\n", 4, "x", "", "no line 4"),
    "counted-from-0": ("a\nb\n", 0, "x", "a", "no line 0"),
    "nothing": ("a\nb\n", 1, "", "a", "nothing to insert"),
}


@pytest.mark.parametrize(("source", "line", "content", "quote", "told"), NOT_INSERTED.values(), ids=NOT_INSERTED)
def test_refuses_to_insert(source: str, line: int, content: str, quote: str, told: str) -> None:
    with pytest.raises(ToolRefusedError, match=told):
        insert_at_line(source, line, content, line_text=quote)


@given(st.text("ab\n\r \x0c\u2028", min_size=1, max_size=20), st.data(), st.sampled_from(["x", "x\ny\n", "", "\n"]))
def test_other_lines_stay_to_the_character(source: str, data: st.DataObject, content: str) -> None:
    lines = split_lines(source)
    start = data.draw(st.integers(1, len(lines)))
    end = data.draw(st.integers(start, len(lines)))
    after = replace_lines(source, start, end, content, first_line_text=lines[start - 1], last_line_text=lines[end - 1])
    assert after.startswith("".join(lines[: start - 1]))
    assert after.endswith("".join(lines[end:]))
