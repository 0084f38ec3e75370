# tests/symbols/test_content_edits.py — passages are replaced where they can be told apart, and patterns cannot hang
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_coder.errors import ToolRefusedError
from python_coder.symbols.bounded_regex import find_matches
from python_coder.symbols.content_edits import Mode, replace_content

TWO = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"

# Source, needle, replacement, mode, text after.
REPLACED: dict[str, tuple[str, str, str, Mode, str]] = {
    "word": ("a b c", "b", "x", "literal", "a x c"),
    "metacharacters": ("f(a.*)[0]", "a.*", "\\1$!1", "literal", "f(\\1$!1)[0]"),
    "lines": ("a\nb\nc\n", "a\nb\n", "x\n", "literal", "x\nc\n"),
    "needle-in-lf-file-in-crlf": ("a\r\nb\r\nc\r\n", "a\nb\n", "x\ny\nz\n", "literal", "x\r\ny\r\nz\r\nc\r\n"),
    "needle-in-crlf-file-in-lf": ("a\nb\nc\n", "a\r\nb", "x\r\ny", "literal", "x\ny\nc\n"),
    "mixed": ("q\r\na\nb\r\nc\rd", "a\nb\nc", "x\ny", "literal", "q\r\nx\ny\rd"),
    "last-line": ("a\r\nb", "b", "x\ny", "literal", "a\r\nx\r\ny"),
    "to-nothing": ("a b c", " b", "", "literal", "a c"),
    "wide": ("\U0001f600\r\n\u6f22b", "\u6f22", "x", "literal", "\U0001f600\r\nxb"),
    "pattern": ("a1b22", r"b\d+", "x", "regex", "a1x"),
    "pattern-anchored": ("a = 1\nb = 2\n", r"^b.*?$", "c = 3", "regex", "a = 1\nc = 3\n"),
    "pattern-over-lines": ("a\r\nb\r\nc\r\n", r"a.*b", "x", "regex", "x\r\nc\r\n"),
    "pattern-with-line-end": ("a\r\nb\r\nc", r"a\nb", "x\ny", "regex", "x\r\ny\r\nc"),
    "groups": ("key=value", r"(\w+)=(?P<v>\w+)", r"\g<v>: \1$!2", "regex", "value: keyvalue"),
    "whole-match": ("abc", "b", "<$!0>", "regex", "a<b>c"),
    "group-that-took-no-part": ("ac", "a(b)?c", r"x\1y", "regex", "xy"),
    "no-such-group": ("a", "a", r"\1 \g<n> $!3 \n \d", "regex", r"\1 \g<n> $!3 \n \d"),
    "escaped-group": ("ab", "(a)b", r"\\1", "regex", r"\\1"),
    "octal-nul": ("ab", "(a)b", r"\0", "regex", r"\0"),
}


@pytest.mark.parametrize(("source", "needle", "replacement", "mode", "after"), REPLACED.values(), ids=REPLACED)
def test_replaces_one_passage(source: str, needle: str, replacement: str, mode: Mode, after: str) -> None:
    assert replace_content(source, needle, replacement, mode=mode) == after


# Source, needle, mode, what is told.
REFUSED: dict[str, tuple[str, str, Mode, str]] = {
    "none": ("a\nb\n", "x", "literal", "stands in 0 places"),
    "none-but-its-first-line": ("  a\n  b\n", "a\nb", "literal", "first line stands at line 1"),
    "several": ("a\nb\na\n", "a", "literal", r"2 places, at lines 1, 3\..*allow_multiple_occurrences=True"),
    "many": ("a\n" * 30, "a", "literal", r"30 places, at lines 1, 2, .*, 10 and 20 more"),
    "overlapping": ("aaa", "aa", "literal", "2 places"),
    "empty": ("a", "", "literal", "needle is empty"),
    "case": ("A", "a", "literal", "0 places"),
    "pattern-none": ("a", "b+", "regex", "pattern stands in 0 places"),
    "pattern-several": ("a1\na2\n", r"a\d", "regex", "2 places, at lines 1, 2"),
    "pattern-broken": ("a", "(", "regex", "no regular expression"),
    "pattern-too-big": ("a", "a{99999999999}", "regex", "no regular expression"),
    "pattern-too-deep": ("a", "(" * 9000 + ")" * 9000, "regex", "no regular expression"),
    "pattern-of-nothing": ("abc", "x*", "regex", "matches between characters"),
    "pattern-too-greedy": (
        TWO,
        r"def .*?return 2",
        "regex",
        "matches from line 1 on, and again inside that from line 5",
    ),
}


@pytest.mark.parametrize(("source", "needle", "mode", "told"), REFUSED.values(), ids=REFUSED)
def test_refuses_what_is_not_one_passage(source: str, needle: str, mode: Mode, told: str) -> None:
    with pytest.raises(ToolRefusedError, match=told):
        replace_content(source, needle, "new", mode=mode)


ALL: dict[str, tuple[str, str, Mode, str]] = {
    "literal": ("a\r\nb\na", "a", "literal", "<x\r\n>\r\nb\n<x\r\n>"),
    "overlapping": ("aaaa", "aa", "literal", "<x\n><x\n>"),
    "pattern": ("a1\ra2\r", r"a\d", "regex", "<x\r>\r<x\r>\r"),
    "one": ("a", "a", "literal", "<x\n>"),
}


@pytest.mark.parametrize(("source", "needle", "mode", "after"), ALL.values(), ids=ALL)
def test_replaces_all_when_asked_to(source: str, needle: str, mode: Mode, after: str) -> None:
    assert replace_content(source, needle, "<x\n>", mode=mode, allow_multiple=True) == after


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+$", r"(.*?,){40}x"])
def test_a_pattern_that_would_take_for_ever_is_stopped(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("python_coder.symbols.bounded_regex.TIMEOUT_SECONDS", 0.4)
    start = time.perf_counter()
    with pytest.raises(ToolRefusedError, match="was stopped"):
        replace_content("a," * 45 + "a" * 45 + "!", pattern, "x", mode="regex")
    assert time.perf_counter() - start < 5


def test_matches_are_told_text_by_text() -> None:
    first, second, third = find_matches(r"(?P<n>\d)(x)?", ["a1", "", "2x3"])
    assert [(match.start, match.end, match.groups, match.named) for match in first] == [
        (1, 2, ("1", "1", None), {"n": "1"})
    ]
    assert second == []
    assert [match.groups for match in third] == [("2x", "2", "x"), ("3", "3", None)]


def test_it_stops_after_as_many_matches_as_wanted() -> None:
    assert [len(found) for found in find_matches("a", ["aaa", "aaa"], most=4)] == [3, 1]


@given(st.text("ab\n\r", max_size=15), st.text("ab\n", min_size=1, max_size=3))
def test_what_is_outside_of_a_passage_stays_to_the_character(source: str, needle: str) -> None:
    try:
        after = replace_content(source, needle, "X")
    except ToolRefusedError:
        assert source.replace("\r\n", "\n").replace("\r", "\n").count(needle) != 1 or len(needle) > 1
        return
    above, _, below = after.partition("X")
    assert source.startswith(above)
    assert source.endswith(below)
    assert source[len(above) : len(source) - len(below)].replace("\r\n", "\n").replace("\r", "\n") == needle
