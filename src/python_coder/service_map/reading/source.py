# src/python_coder/service_map/reading/source.py — one Python file, parsed once per content
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Tree

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.expressions import expression
from python_coder.service_map.reading.lowering import statements

_LANGUAGE = Language(tree_sitter_python.language())
_MOST_FILES = 16_384
_MOST_TREES = 32
"""Whole trees are large, so only those of the files at hand are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One Python file as far as the map needs it. Broken code is read around its broken part."""

    path: str
    text: str
    statements: tuple[s.Statement, ...]
    has_errors: bool

    def lines(self, first: int, last: int) -> Sequence[str]:
        """Some lines of the text, 1-based, both ends included."""
        return self.text.splitlines()[first - 1 : last]


@lru_cache(maxsize=_MOST_FILES)
def parse_source(path: str, text: str) -> Source:
    """Read one file. The same text is read once."""
    root = parse_tree(text).root_node
    try:
        return Source(path, text, statements(root), root.has_error)
    except RecursionError:
        return Source(path, text, (), has_errors=True)


@lru_cache(maxsize=_MOST_TREES)
def parse_tree(text: str) -> Tree:
    """The whole tree of a text. Broken code gives a tree with errors in it."""
    return Parser(_LANGUAGE).parse(text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=_MOST_FILES)
def body_of(source: Source, function: s.Function) -> tuple[s.Statement, ...]:
    """The statements of a function's body."""
    node: Node | None = parse_tree(source.text).root_node.descendant_for_byte_range(
        function.start_byte, function.end_byte
    )
    while node is not None and node.type != "function_definition":
        node = node.parent
    body = node.child_by_field_name("body") if node is not None else None
    return statements(body) if body is not None else ()


def body_text(source: Source, function: s.Function) -> str:
    """The text of a function, from `def` to its end."""
    return source.text.encode("utf-8", "surrogatepass")[function.start_byte : function.end_byte].decode(
        "utf-8", "replace"
    )


@lru_cache(maxsize=4_096)
def parse_expression(text: str) -> s.Expression:
    """One expression from a string, such as an annotation in quotes."""
    root = Parser(_LANGUAGE).parse(text.strip().encode("utf-8", "surrogatepass")).root_node
    first = root.named_children[0] if root.named_children else None
    if first is None or root.has_error or first.type != "expression_statement":
        return s.Other(text)
    return expression(first.named_children[0])
