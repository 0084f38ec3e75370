# tests/symbols/dressed.py — one small service in many dresses: line ends, marks, tabs, encodings
from dataclasses import dataclass
from itertools import cycle

from python_coder.symbols.parse import parse_symbols
from python_coder.symbols.symbol import Symbol

SERVICE = '''\
"""Items."""

from typing import overload

from fastapi import APIRouter, Depends

router = APIRouter()
LIMIT = 10  # most
TABLE = {
    "a": 1,
}


def plain(a):
    return a


@router.get(
    "/items",
    response_model=list[int],
)
@cached
async def list_items(limit: int = LIMIT):
    """List.

    More.
    """
    text = """
one
    two
"""
    return text  # last


class Box(Base):
    """Box."""

    size = 1

    def __init__(self, size):
        self.size = size

    # How wide.
    @property
    def width(self):
        return self.size

    @width.setter
    def width(self, value):
        self.size = value

    @staticmethod
    async def load(path): return path

    class Inner:
        def deep(self):
            def deepest():
                return 1
            return deepest

    def last(self):
        return 2


@overload
def pick(a: int) -> int: ...
@overload
def pick(a: str) -> str: ...
def pick(a):
    return a


if LIMIT:
    def chosen():
        return 1
else:
    def chosen():
        return 2


x = 1; y = 2


@fixture
def tail():
    return 1
'''

SYMBOLS = {
    "LIMIT": ("LIMIT = 10  # most", 0, 1),
    "TABLE": ("TABLE = {", 0, 3),
    "plain": ("def plain(a):", 0, 2),
    "list_items": ("@router.get(", 0, 15),
    "Box": ("class Box(Base):", 0, 28),
    "Box/size": ("    size = 1", 0, 1),
    "Box/__init__": ("    def __init__(self, size):", 0, 2),
    "Box/width[0]": ("    @property", 0, 3),
    "Box/width[1]": ("    @width.setter", 0, 3),
    "Box/load": ("    @staticmethod", 0, 2),
    "Box/Inner": ("    class Inner:", 0, 5),
    "Box/Inner/deep": ("        def deep(self):", 0, 4),
    "Box/Inner/deep/deepest": ("            def deepest():", 0, 2),
    "Box/last": ("    def last(self):", 0, 2),
    "pick[0]": ("@overload", 0, 2),
    "pick[1]": ("@overload", 1, 2),
    "pick[2]": ("def pick(a):", 0, 2),
    "chosen[0]": ("    def chosen():", 0, 2),
    "chosen[1]": ("    def chosen():", 1, 2),
    "x": ("x = 1; y = 2", 0, 1),
    "tail": ("@fixture", 0, 3),
}
"""By name path: first line, which of the lines alike, and count of lines."""


@dataclass(frozen=True)
class Dress:
    """How the same text may lie on disk."""

    newlines: tuple[str, ...] = ("\n",)
    is_tabbed: bool = False
    is_ended: bool = True
    mark: bytes = b""
    head: str = ""
    encoding: str = "utf-8"

    def lines(self, text: str) -> list[str]:
        """Lines of the text with their ends, in this dress."""
        lines = (self.head + text).split("\n")[:-1]
        if self.is_tabbed:
            lines = [line.replace("    ", "\t") for line in lines]
        dressed = [line + end for line, end in zip(lines, cycle(self.newlines), strict=False)]
        if not self.is_ended:
            dressed[-1] = dressed[-1].rstrip("\r\n")
        return dressed

    def piece(self, text: str, newline: str) -> str:
        """A piece of text in this dress."""
        text = text.replace("    ", "\t") if self.is_tabbed else text
        return text.replace("\n", newline)

    def data(self, text: str) -> bytes:
        """Bytes of a text that already has its line ends."""
        return self.mark + text.encode(self.encoding)


DRESSES = {
    "lf": Dress(),
    "crlf": Dress(newlines=("\r\n",)),
    "cr": Dress(newlines=("\r",)),
    "mixed": Dress(newlines=("\n", "\r\n", "\r", "\r\n", "\n")),
    "tabs": Dress(is_tabbed=True),
    "bom-crlf": Dress(newlines=("\r\n",), mark=b"\xef\xbb\xbf"),
    "not-ended": Dress(is_ended=False),
    "latin-1": Dress(head="# -*- coding: latin-1 -*-\n# caf\xe9\n", encoding="latin-1"),
    "cp1251-tabs-crlf": Dress(
        newlines=("\r\n",),
        is_tabbed=True,
        head="#!/bin/env python\n# vim: fileencoding=cp1251\n# \u0436\n",
        encoding="cp1251",
    ),
    "utf-8-wide": Dress(head="# \U0001f600\u6f22\u5b57\u0301\x0c\u2028\x85\n"),
}


def symbol_of(name_path: str, lines: list[str], dress: Dress, path: str = "app/items.py") -> Symbol:
    """A symbol of the service in one dress, as the index tells it, on the lines that the table says."""
    first, which, count = SYMBOLS[name_path]
    first = dress.piece(first, "")
    number = [n for n, line in enumerate(lines, 1) if line.rstrip("\r\n") == first][which]
    (symbol,) = [
        found for found in parse_symbols(path, dress.data("".join(lines))).walk() if found.name_path == name_path
    ]
    assert (symbol.first_line, symbol.last_line) == (number, number + count - 1)
    return symbol
