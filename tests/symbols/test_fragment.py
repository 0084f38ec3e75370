# tests/symbols/test_fragment.py — what a piece of Python defines, at whatever level it stands
import pytest

from python_coder.symbols.fragment import Fragment, StatementKind

KINDS = {
    "assignment": ("a = 1\n", StatementKind.ASSIGNMENT, ("a",)),
    "annotated": ("a: int\n", StatementKind.ASSIGNMENT, ("a",)),
    "several-targets": ("a, (b, *c) = x\n", StatementKind.ASSIGNMENT, ("a", "b", "c")),
    "chained": ("a = b = 1\n", StatementKind.ASSIGNMENT, ("a", "b")),
    "attribute": ("self.a = 1\n", StatementKind.ASSIGNMENT, ("a",)),
    "item": ("a[0] = 1\n", StatementKind.ASSIGNMENT, ()),
    "type-alias": ("type A[T] = list[T]\n", StatementKind.ASSIGNMENT, ("A",)),
    "augmented": ("a += 1\n", StatementKind.OTHER, ()),
    "call": ("a()\n", StatementKind.OTHER, ()),
    "function": ("async def a(): ...\n", StatementKind.FUNCTION, ("a",)),
    "look-alike-name": ("def \ufb01x(): ...\n", StatementKind.FUNCTION, ("fix",)),
    "indented-class": ("    @x\n    class A:\n        pass\n", StatementKind.CLASS, ("A",)),
}


@pytest.mark.parametrize(("text", "kind", "names"), KINDS.values(), ids=KINDS)
def test_what_a_statement_defines(text: str, kind: StatementKind, names: tuple[str, ...]) -> None:
    (statement,) = Fragment.of(text).statements
    assert (statement.kind, statement.names) == (kind, names)


def test_decorators_are_told_with_the_definition_they_belong_to() -> None:
    text = "@a\ndef f():\n    if 1:\n        @b(\n            1)\n        def g():\n"
    text += "            @c\n            class H: ...\n"
    (statement,) = Fragment.of(text).statements
    assert statement.decorators == (("", "@a"), ("g", "@b( 1)"), ("g/H", "@c"))
    assert statement.inside == {"", "g", "g/H"}


def test_only_strings_that_are_no_docstrings_keep_their_lines() -> None:
    text = 'def f():\n    """a\n    b"""\n    x = """c\nd"""\n    return f"""{\n1}"""\n'
    assert Fragment.of(text).frozen_lines() == {5, 7}


@pytest.mark.parametrize(("text", "line"), [("    a = 1\n    b = 2\n", 0), ("    a = 1\nb = 2\n", 2)])
def test_a_line_that_leaves_the_level_is_told(text: str, line: int) -> None:
    assert Fragment.of(text).stray_line == line
