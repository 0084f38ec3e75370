# tests/symbols/test_parse.py — symbols of files that parse, by kind, place and bytes
import codecs
import time

import pytest

from python_coder.symbols.parse import pack_symbols, parse_symbols
from python_coder.symbols.symbol import KINDS, Symbol, SymbolKind

# Source; then name path, kind, first line, line of the definition, last line.
CASES: dict[str, tuple[str, list[tuple[str, str, int, int, int]]]] = {
    "empty": ("", []),
    "comments-only": ("# a\n\n# b\n", []),
    "function": ("\ndef f(a):\n    return a\n", [("f", "function", 2, 2, 3)]),
    "async": ("async def f(): ...\n", [("f", "function", 1, 1, 1)]),
    "decorated": (
        "@a\n@b(\n    1,\n)\n# why\nasync def f():\n    pass\n",
        [("f", "function", 1, 6, 7)],
    ),
    "class": (
        "class A(B):\n    x: int\n    def m(self): ...\n    class C:\n        pass\n",
        [("A", "class", 1, 1, 5), ("A/x", "variable", 2, 2, 2), ("A/m", "method", 3, 3, 3), ("A/C", "class", 4, 4, 5)],
    ),
    "nested": (
        "def f():\n    v = 1\n    if v:\n        def g():\n            class L:\n                q = 1\n    return g\n",
        [
            ("f", "function", 1, 1, 7),
            ("f/g", "function", 4, 4, 6),
            ("f/g/L", "class", 5, 5, 6),
            ("f/g/L/q", "variable", 6, 6, 6),
        ],
    ),
    "properties": (
        "class A:\n"
        "    @property\n    def p(self): ...\n"
        "    @p.setter\n    def p(self, v): ...\n"
        "    @functools.cached_property\n    def c(self): ...\n"
        "    @staticmethod\n    def s(): ...\n",
        [
            ("A", "class", 1, 1, 9),
            ("A/p[0]", "property", 2, 3, 3),
            ("A/p[1]", "property", 4, 5, 5),
            ("A/c", "property", 6, 7, 7),
            ("A/s", "method", 8, 9, 9),
        ],
    ),
    "property-decorator-outside-a-class": ("@property\ndef f(): ...\n", [("f", "function", 1, 2, 2)]),
    "overloads": (
        "@overload\ndef f(x: int): ...\n@overload\ndef f(x: str): ...\ndef f(x): ...\n",
        [("f[0]", "function", 1, 2, 2), ("f[1]", "function", 3, 4, 4), ("f[2]", "function", 5, 5, 5)],
    ),
    "same-name-in-other-scopes": (
        "def f(): ...\nclass A:\n    def f(self): ...\n",
        [("f", "function", 1, 1, 1), ("A", "class", 2, 2, 3), ("A/f", "method", 3, 3, 3)],
    ),
    "below-one-of-several": (
        "class A:\n    x = 1\nclass A:\n    x = 2\n",
        [
            ("A[0]", "class", 1, 1, 2),
            ("A[0]/x", "variable", 2, 2, 2),
            ("A[1]", "class", 3, 3, 4),
            ("A[1]/x", "variable", 4, 4, 4),
        ],
    ),
    "conditional": (
        "if T:\n    def f(): ...\nelif U:\n    def f(): ...\nelse:\n    f = None\n"
        "try:\n    V = 1\nexcept E:\n    V = 2\nelse:\n    W = 1\nfinally:\n    with a:\n        class C: ...\n",
        [
            ("f[0]", "function", 2, 2, 2),
            ("f[1]", "function", 4, 4, 4),
            ("f[2]", "variable", 6, 6, 6),
            ("V[0]", "constant", 8, 8, 8),
            ("V[1]", "constant", 10, 10, 10),
            ("W", "constant", 12, 12, 12),
            ("C", "class", 15, 15, 15),
        ],
    ),
    "conditional-in-class": (
        "class A:\n    if T:\n        def m(self): ...\n    for i in x:\n        y = i\n",
        [("A", "class", 1, 1, 5), ("A/m", "method", 3, 3, 3), ("A/y", "variable", 5, 5, 5)],
    ),
    "loops-and-match": (
        "while 1:\n    match z:\n        case 1:\n            def f(): ...\ntry:\n    pass\nexcept* E:\n    x = 1\n",
        [("f", "function", 4, 4, 4), ("x", "variable", 8, 8, 8)],
    ),
    "targets": (
        "a, (b, *c) = d = 1, [2, 3]\n[e] = [1]\n(f): int = 1\no.attr = l[0] = 1\ng += 1\nh: int\n",
        [(name, "variable", 1, 1, 1) for name in "abcd"]
        + [("e", "variable", 2, 2, 2), ("f", "variable", 3, 3, 3), ("h", "variable", 6, 6, 6)],
    ),
    "constants": (
        "MAX_SIZE = 1\n_PRIVATE = 1\nT = 1\nMixed = 1\n__all__ = []\nA1: int = 2\n_ = 1\n",
        [
            ("MAX_SIZE", "constant", 1, 1, 1),
            ("_PRIVATE", "constant", 2, 2, 2),
            ("T", "constant", 3, 3, 3),
            ("Mixed", "variable", 4, 4, 4),
            ("__all__", "variable", 5, 5, 5),
            ("A1", "constant", 6, 6, 6),
            ("_", "variable", 7, 7, 7),
        ],
    ),
    "type-alias": ("type Pair[T] = tuple[T, T]\n", [("Pair", "variable", 1, 1, 1)]),
    "generics": (
        "def f[T: int](x: T) -> T: ...\nclass A[T]: ...\n",
        [("f", "function", 1, 1, 1), ("A", "class", 2, 2, 2)],
    ),
    "trailing-comments": (
        "def f():\n    if a:\n        pass\n        # in\n    # in, too\n# out\nx = 1\n",
        [("f", "function", 1, 1, 3), ("x", "variable", 7, 7, 7)],
    ),
    "multi-line-value": ("X = {\n    1: 2,\n}\n", [("X", "constant", 1, 1, 3)]),
    "def-in-a-string": ('X = """\ndef f():\n    pass\n"""\n', [("X", "constant", 1, 1, 4)]),
    "old-line-ends": ("def f():\r    pass\rdef g(): ...\r", [("f", "function", 1, 1, 2), ("g", "function", 3, 3, 3)]),
    "windows-line-ends": (
        "def f():\r\n    pass\r\nx = 1\r\n",
        [("f", "function", 1, 1, 2), ("x", "variable", 3, 3, 3)],
    ),
    "form-feed": ("x = 1\n\f\ndef f():\n    pass\n", [("x", "variable", 1, 1, 1), ("f", "function", 3, 3, 4)]),
    "no-last-line-end": ("def f():\n    pass", [("f", "function", 1, 1, 2)]),
    "compatibility-characters": ("ﬁ = 1\n", [("fi", "variable", 1, 1, 1)]),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_finds_what_a_file_defines(source: str, expected: list[tuple[str, str, int, int, int]]) -> None:
    found = parse_symbols("a.py", source.encode())
    assert [_row(symbol) for symbol in found.walk()] == expected
    assert found.error_lines == ()


def _row(symbol: Symbol) -> tuple[str, str, int, int, int]:
    return symbol.name_path, symbol.kind.value, symbol.first_line, symbol.def_line, symbol.last_line


TEXT = '# é ü\nclass Größe:\n    größer, é = "ä", 1  # ß\n\n    @fé("ö")\n    def mé(self, a="é"): return "ü"; \n'
ENCODINGS = {
    "utf-8": TEXT.encode(),
    "mark": codecs.BOM_UTF8 + TEXT.encode(),
    "mark-and-declaration": codecs.BOM_UTF8 + b"# coding: utf-8\n" + TEXT.encode(),
    "latin-1": b"# -*- coding: latin-1 -*-\n" + TEXT.encode("latin-1"),
    "declared-in-line-2": b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n" + TEXT.encode("cp1252"),
    "undeclared": TEXT.encode("latin-1"),
    "wrongly-declared": b"# coding: no-such-codec\n" + TEXT.encode("latin-1"),
    "no-text-codec": b"# coding: rot13\n" + TEXT.encode("latin-1"),
    "windows-line-ends": b"# coding: latin-1\r\n" + TEXT.replace("\n", "\r\n").encode("latin-1"),
    "old-line-ends": b"# coding: latin-1\r" + TEXT.replace("\n", "\r").encode("latin-1"),
    "many-bytes": b"# coding: gbk\n"
    + TEXT.replace("ß", "汉").replace("é", "字").replace("ö", "语").replace("ü", "言").replace("ä", "文").encode("gbk"),
}


@pytest.mark.parametrize("data", ENCODINGS.values(), ids=ENCODINGS)
def test_bytes_are_those_of_the_file(data: bytes) -> None:
    outer = parse_symbols("a.py", data).symbols[0]
    variable, method = outer.children[0], outer.children[-1]
    assert data[outer.start_byte :].startswith(b"class Gr")
    assert data[outer.start_byte : outer.end_byte].endswith(b";")
    assert data[variable.start_byte : variable.end_byte].endswith(b", 1")
    assert data[method.start_byte : method.end_byte].startswith(b"@f")
    assert method.end_byte == outer.end_byte
    assert [symbol.name_column for symbol in outer.children] == [4, 12, 8]
    assert method.name_line == method.def_line == method.first_line + 1


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"\xff\xfe",
        b"x = '\0'\ndef f(): ...\n",
        b"# coding: utf-7\nx = 1\n",
        b"# coding: unicode_escape\nx = 1\n",
    ],
    ids=["nul", "no-text", "nul-in-string", "utf-7", "escapes"],
)
def test_odd_bytes_break_nothing(data: bytes) -> None:
    assert [symbol.name for symbol in parse_symbols("a.py", data).symbols] in (["x"], ["x", "f"], [], ["ÿþ"])


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000,
        "[" * 100_000 + "def f(): ...\n",
        "x = " + "-" * 50_000 + "1\n",
        "\n".join(" " * n + "if x:" for n in range(400)),
    ],
    ids=["brackets", "brackets-then-def", "signs", "levels"],
)
def test_deep_nesting_ends_soon(source: str) -> None:
    assert len(parse_symbols("a.py", source.encode()).symbols) <= 1


def test_gives_up_on_what_takes_too_long() -> None:
    nonsense = b"\\\n" * 100_000 + b"def f("
    began = time.monotonic()
    assert pack_symbols(nonsense, most_seconds=0.1) is None
    assert time.monotonic() - began < 3
    assert pack_symbols(b"def f(): ...\n", most_seconds=5) is not None


def test_kinds_have_the_protocols_numbers() -> None:
    numbers = {SymbolKind.FILE: 1, SymbolKind.CLASS: 5, SymbolKind.METHOD: 6, SymbolKind.PROPERTY: 7}
    numbers |= {
        SymbolKind.FUNCTION: 12,
        SymbolKind.VARIABLE: 13,
        SymbolKind.CONSTANT: 14,
        SymbolKind.TYPE_PARAMETER: 26,
    }
    assert {kind: kind.lsp for kind in numbers} == numbers
    assert [kind.lsp for kind in KINDS] == list(range(1, 27))
