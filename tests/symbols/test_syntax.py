# tests/symbols/test_syntax.py — what does not parse is told with its line and a caret, by ruff and never by us
import time

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.symbols import syntax
from python_coder.symbols.syntax import NEWEST, parse_tree, refuse_broken, syntax_error

BROKEN = {
    "bracket": ("x = 1\ny = (2\n", 2),
    "colon": ("def f()\n    pass\n", 1),
    "indent": ("x = 1\n  y = 2\n", 2),
    "dedent": ("def f():\n        x\n    y\n", 3),
    "tabs-and-blanks": ("def f():\n\tx = 1\n        y = 2\n", 3),
    "string": ("x = 'a\n", 1),
    "empty-block": ("if x:\n", 1),
    "return-outside": ("x = 1\nreturn x\n", 2),
    "break-outside": ("break\n", 1),
    "await-outside": ("def f():\n    await x\n", 2),
    "late-future": ("x = 1\nfrom __future__ import annotations\n", 2),
    "nonlocal-without": ("def f():\n    nonlocal z\n", 2),
    "twice-the-same-parameter": ("def f(a, a): ...\n", 1),
    "assigned-call": ("f() = 1\n", 1),
    "print-statement": ("print 'a'\n", 1),
    "carriage-returns": ("x = 1\ry = (\r", 2),
    "crlf": ("x = 1\r\ny = = 2\r\n", 2),
    "nul": ("x = '\0'\ny = \0\n", 2),
}


@pytest.mark.parametrize(("text", "line"), BROKEN.values(), ids=BROKEN)
def test_the_line_and_a_caret_are_told(text: str, line: int) -> None:
    told = syntax_error(text, "app/a.py")
    assert told is not None
    first, shown, caret = told.split("\n")
    assert first.startswith(f"app/a.py would not parse: line {line}: ")
    assert caret.strip() == "^"
    assert len(caret) <= len(shown) + 1


def test_the_caret_stands_below_the_fault() -> None:
    _, shown, caret = str(syntax_error("if x:\n\tlong = f(1, = 2)\n", "a.py")).split("\n")
    assert shown[caret.index("^")] == "="
    assert caret[:5] == "    \t"


def test_a_long_line_is_cut_around_the_fault() -> None:
    _, shown, caret = str(syntax_error(f"x = {'a + ' * 1000}= 1\n".replace("= 1", "f(1, = 2)"), "a.py")).split("\n")
    assert len(shown) < 200
    assert shown[caret.index("^")] == "="


FINE = {
    "empty": "",
    "new-type-parameters": "class A[T]: ...\ntype B[T] = list[T]\n",
    "except-without-brackets": "try:\n    pass\nexcept A, B:\n    pass\n",
    "template-string": 'x = t"{a}"\n',
    "nested-quotes": 'x = f"{a["b"]}"\n',
    "match": "match x:\n    case {'a': [1, *_]}:\n        pass\n",
    "carriage-returns": "x = 1\rdef f():\r    return x\r",
    "form-feed": "\x0cx = 1\n",
    "undefined-name": "x = y\n",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_some_python_can_parse_is_fine(text: str) -> None:
    assert syntax_error(text, "a.py") is None


@pytest.mark.parametrize("path", ["README.md", "py", "a.python", "a.txt"])
def test_other_files_are_not_judged(path: str) -> None:
    assert syntax_error("def f(:", path) is None
    refuse_broken(None, "def f(:", path)


MATCH = "match x:\n    case 1:\n        pass\n"
EDITS = {
    "new-and-broken": (None, "x = (\n", NEWEST, "would not parse"),
    "breaks": ("x = 1\n", "x = (\n", NEWEST, "would not parse"),
    "still-broken": ("x = (\n", "y = (\n", NEWEST, r"did not parse before either \(line \d\)"),
    "mended": ("x = (\n", "x = ()\n", NEWEST, None),
    "too-new": ("x = 1\n", MATCH, "py39", "on Python 3.9"),
    "too-new-as-before": (MATCH, f"{MATCH}y = 1\n", "py39", None),
    "too-new-once-more": (MATCH, MATCH * 2, "py39", "on Python 3.9"),
    "new-enough": (None, MATCH, "py310", None),
    "return-as-before": ("return\n", "return 1\n", NEWEST, None),
}


@pytest.mark.parametrize(("before", "after", "version", "words"), EDITS.values(), ids=EDITS)
def test_an_edit_may_not_break(before: str | None, after: str, version: str, words: str | None) -> None:
    if words is None:
        refuse_broken(before, after, "a.py", target_version=version)
        return
    with pytest.raises(ToolRefusedError, match=words):
        refuse_broken(before, after, "a.py", target_version=version)


def test_where_ruff_cannot_run_tree_sitter_judges(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(syntax, "_ruff", lambda: f"{tmp_path}/no-ruff-here")
    syntax.ruff_findings.cache_clear()
    try:
        assert "line 2" in str(syntax_error("x = 1\ndef f(:\n", "a.py"))
        assert syntax_error("x = 1\n", "a.py") is None
    finally:
        syntax.ruff_findings.cache_clear()


def test_rows_of_the_tree_are_lines_of_python() -> None:
    for newline in ("\n", "\r\n", "\r"):
        root = parse_tree(f"x = 1{newline}\x0c{newline}def f(): ...{newline}").root_node
        assert root.named_children[-1].start_point.row == 2


def test_a_look_is_quick() -> None:
    text = "def f(a: int) -> int:\n    return a\n" * 2000
    seconds = []
    for number in range(12):
        start = time.perf_counter()
        syntax_error(f"{text}# {number}\n", "a.py")
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05
