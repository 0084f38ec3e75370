# src/python_coder/service_map/reading/source.py — one Python file, parsed once per content
import re
from dataclasses import dataclass
from functools import lru_cache

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Tree

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.expressions import expression
from python_coder.service_map.reading.lowering import statements

_LANGUAGE = Language(tree_sitter_python.language())
_CHAIN = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_NO_CODE = re.compile(r"#[^\n]*|\"\"\".*?\"\"\"|'''.*?'''", re.DOTALL)
_MOST_FILES = 16_384
_MOST_TREES = 32
"""Whole trees are large, so only those of the files at hand are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One Python file as far as the map needs it. Broken code is read around its broken part."""

    path: str
    data: bytes
    """The text in UTF-8, as byte places count in it."""
    statements: tuple[s.Statement, ...]
    has_errors: bool


@lru_cache(maxsize=_MOST_FILES)
def parse_source(path: str, text: str) -> Source:
    """Read one file. The same text is read once."""
    data = text.encode("utf-8", "surrogatepass")
    root = parse_tree(data).root_node
    try:
        return Source(path, data, statements(root), root.has_error)
    except RecursionError:
        return Source(path, data, (), has_errors=True)


@lru_cache(maxsize=_MOST_TREES)
def parse_tree(data: bytes) -> Tree:
    """The whole tree of a file. Broken code gives a tree with errors in it."""
    return Parser(_LANGUAGE).parse(data)


def body_of(source: Source, function: s.Function) -> tuple[s.Statement, ...]:
    """The statements of a function's body."""
    return _body(source, function.start_byte, function.end_byte)


@lru_cache(maxsize=_MOST_FILES)
def _body(source: Source, start: int, end: int) -> tuple[s.Statement, ...]:
    node: Node | None = parse_tree(source.data).root_node.descendant_for_byte_range(start, end)
    while node is not None and node.type != "function_definition":
        node = node.parent
    body = node.child_by_field_name("body") if node is not None else None
    return statements(body) if body is not None else ()


def body_text(source: Source, function: s.Function) -> str:
    """The text of a function, from `def` to its end."""
    return source.data[function.start_byte : function.end_byte].decode("utf-8", "replace")


def chains_in(source: Source, function: s.Function) -> tuple[str, ...]:
    """Names in a function with their attributes, such as `crud.create`, each once; comments do not count."""
    return _chains(source, function.start_byte, function.end_byte)


@lru_cache(maxsize=_MOST_FILES)
def _chains(source: Source, start: int, end: int) -> tuple[str, ...]:
    text = _NO_CODE.sub("", source.data[start:end].decode("utf-8", "replace"))
    return tuple(dict.fromkeys(_CHAIN.findall(text)))


@lru_cache(maxsize=4_096)
def parse_expression(text: str) -> s.Expression:
    """One expression from a string, such as an annotation in quotes."""
    root = Parser(_LANGUAGE).parse(text.strip().encode("utf-8", "surrogatepass")).root_node
    first = root.named_children[0] if root.named_children else None
    if first is None or root.has_error or first.type != "expression_statement":
        return s.Other(text)
    return expression(first.named_children[0])
