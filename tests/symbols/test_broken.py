# tests/symbols/test_broken.py — symbols of files that do not parse
import pytest

from python_coder.symbols.parse import parse_symbols

AFTER = "\nclass B(Base):\n    limit = 1\n\n    @property\n    def g(self):\n        return 1\n\ndef h():\n    pass\n"
# What stands before the sound code above: source, and its symbols with their lines.
BROKEN = {
    "unclosed-head": ("def f(a, b:\n    return 1\n", [("f", 1, 2)]),
    "unclosed-call": ("def f():\n    x = g(1,\n    return x\n", [("f", 1, 3)]),
    "unclosed-bracket": ("x = [1,\n     2\n", [("x", 1, 2)]),
    "unclosed-long-string": ('def f():\n    """doc\n    return 1\n', [("f", 1, 3)]),
    "unclosed-string": ("def f():\n    x = 'abc\n    return x\n", [("f", 1, 3)]),
    "unclosed-f-string": ("def f():\n    x = f'{a\n    return x\n", [("f", 1, 3)]),
    "missing-colons": ("class A\n    def m(self)\n        pass\n", [("A", 1, 3), ("A/m", 2, 3)]),
    "half-a-definition": ("def \n\nclass\n", []),
    "half-a-method": (
        "class A:\n    def a(self): ...\n    def \n    def b(self): ...\n",
        [("A", 1, 4), ("A/a", 2, 2), ("A/b", 4, 4)],
    ),
    "merge-conflict": (
        "class A:\n    def a(self):\n<<<<<<< HEAD\n        x = 1\n=======\n        x = 2\n>>>>>>> b\n        return x\n"
        "    def b(self): ...\n",
        [("A", 1, 9), ("A/a", 2, 8), ("A/b", 9, 9)],
    ),
    "lone-decorator": ("@route(\ndef f():\n    pass\n", [("f", 1, 3)]),
    "unclosed-base": (
        "class A(Base:\n    x: int = 1\n    def m(self): ...\n",
        [("A", 1, 3), ("A/x", 2, 2), ("A/m", 3, 3)],
    ),
    "broken-block": (
        "if x:\n    def f(:\n        pass\n    def g(): ...\nelse\n    Y = 1\n",
        [("f", 2, 3), ("g", 4, 4), ("Y", 6, 6)],
    ),
    "garbage": ("?? $$ ` =\ndef f(): ...\n", [("f", 2, 2)]),
    "broken-inner": (
        "def f():\n    def g(:\n        pass\n    class L:\n        x = 1\n    return g\n",
        [("f", 1, 6), ("f/g", 2, 3), ("f/L", 4, 5), ("f/L/x", 5, 5)],
    ),
    "long-head": (
        "class A(\n    Base,\n    metaclass=M,\n):\n    def m(\n        self,\n        b=1,\n    ):\n        x = = 1\n",
        [("A", 1, 9), ("A/m", 5, 9)],
    ),
    "definition-in-a-string": ('X = """\ndef no():\n"""\ny = = 1\n', [("X", 1, 3), ("y", 4, 4)]),
    "definition-in-a-comment": ("x = = 1\n# def no():\n", [("x", 1, 1)]),
    "overloads": ("def f(: ...\ndef f(x): ...\n", [("f[0]", 1, 1), ("f[1]", 2, 2)]),
    "tabs": ("class A:\n\tdef m(self):\n\t\tx = (\n\tdef n(self): ...\n", [("A", 1, 4), ("A/m", 2, 3), ("A/n", 4, 4)]),
    "unindented-first": ("def f():\nreturn (\n", [("f", 1, 1)]),
    "comment-at-the-end": ("def f():\n    x = (\n    # about x\n\n# about B\n", [("f", 1, 2)]),
}


@pytest.mark.parametrize(("source", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_fault_hides_only_itself(source: str, expected: list[tuple[str, int, int]]) -> None:
    found = parse_symbols("a.py", (source + AFTER).encode())
    shift = source.count("\n") + 1
    sound = [("B", 1, 6), ("B/limit", 2, 2), ("B/g", 4, 6), ("h", 8, 9)]
    expected = expected + [(name, first + shift, last + shift) for name, first, last in sound]
    assert [(symbol.name_path, symbol.first_line, symbol.last_line) for symbol in found.walk()] == expected
    assert found.error_lines
    assert [symbol.kind for symbol in found.walk()][-4:] == ["class", "variable", "property", "function"]


@pytest.mark.parametrize(("source", "expected"), BROKEN.values(), ids=BROKEN)
def test_places_hold_in_broken_files(source: str, expected: list[tuple[str, int, int]]) -> None:
    data = ("# é\n" + source + AFTER).encode()
    lines = data.decode().splitlines()
    for symbol in parse_symbols("a.py", data).walk():
        assert lines[symbol.name_line - 1][symbol.name_column :].startswith(symbol.name)
        assert data[: symbol.start_byte].count(b"\n") == symbol.first_line - 1
        assert data[: symbol.end_byte].count(b"\n") == symbol.last_line - 1
        assert "\n" not in symbol.signature


def test_each_cut_of_a_file_gives_symbols() -> None:
    text = (
        "@a\nclass A(B):\n    x: int = 1\n\n    async def m(self, a='(') -> int:\n        '''d'''\n        return [1]\n"
        + AFTER
    ).encode()
    for end in range(len(text)):
        names = [symbol.name_path for symbol in parse_symbols("a.py", text[:end]).walk()]
        assert ("A/m" in names) == (end > text.index(b"def m"[:5]) + 4), end


def test_a_long_head_is_the_signature() -> None:
    source = "def f(\n    a: int,\n    b: str = ')',\n) -> int:\n    x = = 1\n"
    assert parse_symbols("a.py", source.encode()).symbols[0].signature == "def f(a: int, b: str = ')') -> int"
