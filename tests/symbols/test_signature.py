# tests/symbols/test_signature.py — heads of definitions on one line
import pytest

from python_coder.symbols.signature import one_line

CASES = {
    "as-it-is": ("def f(a, b = 1) -> int", "def f(a, b = 1) -> int"),
    "many-lines": ("def f(\n    a: int,\n    b: str = 'x',\n) -> None", "def f(a: int, b: str = 'x') -> None"),
    "comments": ("def f(\n    a,  # it's the first\n    b,\n)", "def f(a, b)"),
    "hash-in-string": ("def f(a=\"#1\", b='#')", "def f(a=\"#1\", b='#')"),
    "brackets-in-string": ('def f(\n    a="x, )  y",\n)', 'def f(a="x, )  y")'),
    "line-join": ("x = 1 + \\\n    2", "x = 1 + 2"),
    "long-string": ('x = """a\nb"""', 'x = """a b"""'),
    "windows-ends": ("def f(\r\n    a,\r\n)", "def f(a)"),
    "too-long": ("x = " + "1" * 300, "x = " + "1" * 195 + "…"),
    "unclosed": ("def f(a, 'b\n", "def f(a, 'b "),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_fits_one_line(source: str, expected: str) -> None:
    assert one_line(source.encode()) == expected
