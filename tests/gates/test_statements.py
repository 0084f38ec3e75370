# tests/gates/test_statements.py — where statements and definitions begin and end
import pytest

from python_coder.gates.statements import parse, statement_lines

SOURCE = b'''import os

@dec(
    1,
)
def f(a,
      b):
    """Doc

    more."""
    # a note
    if (a and
            b):
        return (
            1
        )
    elif a:
        pass
    else:
        x = 1
    match a:
        case (1 |
              2):
            pass
    try:
        pass
    except (A,
            B):
        pass


class C:
    x: int = 1

    async def g(self):
        def h():
            yield 1  # here
        return h
'''
FIRST = {
    "import": (1, 1),
    "decorator": (4, 3),
    "header": (7, 6),
    "docstring": (10, 8),
    "if-header": (13, 12),
    "return": (15, 14),
    "elif": (17, 17),
    "else-body": (20, 20),
    "case": (23, 22),
    "except": (28, 27),
    "field": (33, 33),
    "in-a-nested-function": (37, 37),
}


@pytest.mark.parametrize(("line", "first"), FIRST.values(), ids=FIRST)
def test_each_line_belongs_to_a_statement(line: int, first: int) -> None:
    source = parse(SOURCE)
    assert source is not None
    assert statement_lines(source, [line]) == {first}


@pytest.mark.parametrize("line", [2, 11, 30, 99], ids=["blank", "comment", "blank-after", "beyond"])
def test_blank_lines_and_comments_belong_to_none(line: int) -> None:
    source = parse(SOURCE)
    assert source is not None
    assert statement_lines(source, [line]) == frozenset()


def test_definitions_by_qualified_name() -> None:
    source = parse(SOURCE)
    assert source is not None
    assert [(d.name, d.first_line, d.last_line) for d in source.definitions] == [
        ("f", 3, 29),
        ("C", 32, 38),
        ("C.g", 35, 38),
        ("C.g.h", 36, 37),
    ]
    assert [d.name if (d := source.innermost(line)) else None for line in (9, 33, 37, 38)] == [
        "f",
        None,
        "C.g.h",
        "C.g",
    ]
    assert [comment.value for comment in source.comments] == ["# a note", "# here"]


UNREADABLE = {"absent": None, "broken": b"def f(:\n", "no-text": b"\xff\xfe\x00", "null": b"x = '\x00'\n("}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read(content: bytes | None) -> None:
    assert parse(content) is None


NEWER = {
    "except-without-parentheses": b"try:\n    pass\nexcept A, B:\n    pass\n",
    "type-parameters": b"def f[T](x: T) -> T:\n    return x\n\n\ntype X = int\n",
    "nested-quotes": b'x = f"{d["a"]}"\n',
}


@pytest.mark.parametrize("content", NEWER.values(), ids=NEWER)
def test_reads_newer_python_than_ours(content: bytes) -> None:
    assert parse(content) is not None
