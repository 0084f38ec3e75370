# tests/symbols/test_name_path.py — which symbols a name path means
import pytest

from python_coder.errors import ToolRefusedError
from python_coder.symbols.name_path import NamePath
from python_coder.symbols.packed import PackedSymbols
from python_coder.symbols.parse import pack_symbols

SOURCE = b"""
def save(): ...
class Order:
    total = 0
    def save(self):
        def save(): ...
    class Line:
        def save(self): ...
    @property
    def state(self): ...
    @state.setter
    def state(self, to): ...
class OrderLine:
    def save_all(self): ...
def load(a): ...
def load(a, b):
    def save(): ...
"""
CASES: dict[str, tuple[str, bool, list[str]]] = {
    "any-depth": ("save", False, ["save", "Order/save", "Order/save/save", "Order/Line/save", "load[1]/save"]),
    "end-of-path": ("Order/save", False, ["Order/save"]),
    "longer-end": ("Order/Line/save", False, ["Order/Line/save"]),
    "part-of-path": ("Line/save", False, ["Order/Line/save"]),
    "top-level": ("/save", False, ["save"]),
    "whole-path": ("/Order/save", False, ["Order/save"]),
    "not-the-whole-path": ("/Line/save", False, []),
    "trailing-slash": ("Order/", False, ["Order"]),
    "spaces": (" Order / save ", False, ["Order/save"]),
    "dots": ("Order.Line.save", False, ["Order/Line/save"]),
    "all-of-a-name": ("load", False, ["load[0]", "load[1]"]),
    "one-of-a-name": ("load[1]", False, ["load[1]"]),
    "one-too-many": ("load[2]", False, []),
    "below-one-of-a-name": ("load[1]/save", False, ["load[1]/save"]),
    "below-the-other": ("load[0]/save", False, []),
    "below-all": ("load/save", False, ["load[1]/save"]),
    "property": ("/Order/state[1]", False, ["Order/state[1]"]),
    "index-of-an-only-one": ("Order[0]", False, ["Order"]),
    "wrong-index-of-an-only-one": ("Order[1]", False, []),
    "no-part-of-a-name": ("sav", False, []),
    "no-case-folding": ("order", False, []),
    "substring": ("Line", True, ["Order/Line", "OrderLine"]),
    "substring-in-the-last-only": ("Order/sav", True, ["Order/save"]),
    "substring-at-the-top": ("/Order", True, ["Order", "OrderLine"]),
    "substring-with-index": ("oad[0]", True, ["load[0]"]),
    "substring-in-an-odd-place": ("ave_a", True, ["OrderLine/save_all"]),
    "line-end": ("save\nOrder", True, []),
    "nothing": ("missing", False, []),
}


def _packed(source: bytes) -> PackedSymbols:
    packed = pack_symbols(source)
    assert packed is not None
    return packed


@pytest.mark.parametrize(("text", "substring", "expected"), CASES.values(), ids=CASES)
def test_matches(text: str, substring: bool, expected: list[str]) -> None:
    packed = _packed(SOURCE)
    found = packed.symbols_at("a.py", NamePath.read(text, substring=substring).matches(packed))
    assert [symbol.name_path for symbol in found] == expected


def test_names_are_compared_as_python_does() -> None:
    packed = _packed("ﬁle = 1\nµ = 2\n".encode())
    assert list(NamePath.read("file").matches(packed)) == [0]
    assert list(NamePath.read("ﬁle").matches(packed)) == [0]
    assert list(NamePath.read("µ").matches(packed)) == list(NamePath.read("μ").matches(packed)) == [1]


@pytest.mark.parametrize("text", ["", " ", "/", "//", "a//b", "a..b", "/ /a"])
def test_a_name_path_has_names(text: str) -> None:
    with pytest.raises(ToolRefusedError, match="is no name path"):
        NamePath.read(text)
