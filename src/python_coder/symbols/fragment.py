# src/python_coder/symbols/fragment.py — what a piece of Python consists of: statements, names, decorators, indentation
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tree_sitter import Node

from python_coder.symbols.syntax import RuffFinding, parse_tree, ruff_findings
from python_coder.symbols.text_file import split_lines, without_end
from python_coder.symbols.walker import normal_name

_WRAPPER = "class _:\n"
"""Holds an indented piece, so that it parses where it stands and no `else` can attach to what is around it."""
_DEFINITIONS = {"function_definition": "function", "class_definition": "class"}
_WIDEST_DECORATOR = 120


class StatementKind(StrEnum):
    """What a statement does, as far as an edit must know."""

    CLASS = "class"
    FUNCTION = "function"
    ASSIGNMENT = "assignment"
    OTHER = "other"

    @property
    def is_definition(self) -> bool:
        """Whether PEP 8 wants blank lines around it."""
        return self in {StatementKind.CLASS, StatementKind.FUNCTION}


@dataclass(frozen=True)
class Statement:
    """One statement of a fragment, outermost level."""

    kind: StatementKind
    names: tuple[str, ...]
    """What it defines; several for an assignment to several targets."""
    decorators: tuple[tuple[str, str], ...]
    """Pairs of a definition, `` for the statement itself and `Inner/method` for one in it, and a decorator of it as
    written, in one line."""
    inside: frozenset[str]
    """The definitions in it, written as in `decorators`; `` for itself."""
    line: int
    """1-based, in the fragment; of the first decorator if there is one."""
    text: str
    """Its first line."""
    block_indent: str | None
    """Whitespace before the first statement inside it; `None` when that shares the line of the colon."""


@dataclass(frozen=True)
class Fragment:
    """Some statements that belong to one block, at whatever level they are indented."""

    text: str
    indent: str
    """Whitespace before the first line that holds something."""
    statements: tuple[Statement, ...]
    stray_line: int
    """1-based line that stands outside the level of the first; 0 for none."""
    is_doubtful: bool
    """Whether tree-sitter could not read it. It knows less of new syntax than ruff does."""

    @classmethod
    def of(cls, text: str) -> "Fragment":
        r"""Read a piece of source whose line ends are `\n`. Broken text is read as far as it goes."""
        indent = indent_of(next((line for line in split_lines(text) if line.strip()), ""))
        wrapped, offset = (_WRAPPER + text, 1) if indent else (text, 0)
        root = parse_tree(wrapped).root_node
        block = _wrapper_block(root) if indent else root
        inside = [node for node in (block or root).named_children if node.type != "comment"]
        outside = [node for node in root.named_children if node.type != "comment"][1:] if indent else []
        return cls(
            text=text,
            indent=indent,
            statements=tuple(_statement(node, offset, wrapped) for node in inside),
            stray_line=outside[0].start_point.row + 1 - offset if outside else 0,
            is_doubtful=root.has_error or block is None,
        )

    def frozen_lines(self) -> frozenset[int]:
        """1-based lines that begin inside a string which is no docstring: another indentation would change a value."""
        offset = 1 if self.indent else 0
        return frozenset(row + 1 - offset for row in _string_rows(parse_tree(_WRAPPER * offset + self.text).root_node))

    def syntax_errors(self) -> tuple[RuffFinding, ...]:
        """What no Python could parse in this piece by itself, with lines of the fragment. Runs ruff."""
        offset = 1 if self.indent else 0
        found = ruff_findings(_WRAPPER * offset + self.text, "fragment.py")
        return tuple(
            RuffFinding(finding.line - offset, finding.column, finding.code, finding.message)
            for finding in found
            if finding.is_certain
        )


def kind_of(node: Node) -> StatementKind:
    """What a statement of a tree does, decorated or not."""
    return _kind_and_names(_undecorated(node))[0]


def indent_of(line: str) -> str:
    """The whitespace that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def _wrapper_block(root: Node) -> Node | None:
    first = root.named_children[0] if root.named_children else None
    return first.child_by_field_name("body") if first and first.type == "class_definition" else None


def _statement(node: Node, offset: int, text: str) -> Statement:
    core = _undecorated(node)
    found = list(_definitions(node, ""))
    kind, names = _kind_and_names(core)
    lines = split_lines(text)
    return Statement(
        kind=kind,
        names=names,
        decorators=tuple((path, text) for path, decorators in found for text in decorators),
        inside=frozenset(path for path, _ in found),
        line=node.start_point.row + 1 - offset,
        text=without_end(lines[core.start_point.row]).strip(),
        block_indent=_block_indent(core, lines),
    )


def _undecorated(node: Node) -> Node:
    return (node.child_by_field_name("definition") if node.type == "decorated_definition" else None) or node


def _kind_and_names(node: Node) -> tuple[StatementKind, tuple[str, ...]]:
    if node.type in _DEFINITIONS:
        return StatementKind(_DEFINITIONS[node.type]), _text_of(node.child_by_field_name("name"))
    if node.type == "type_alias_statement":
        return StatementKind.ASSIGNMENT, _leading_name(node.child_by_field_name("left"))
    inner = node.named_children[0] if node.type == "expression_statement" and node.named_child_count == 1 else None
    if inner is not None and inner.type == "assignment":
        return StatementKind.ASSIGNMENT, tuple(_targets(inner))
    return StatementKind.OTHER, ()


def _targets(assignment: Node) -> Iterator[str]:
    left, right = assignment.child_by_field_name("left"), assignment.child_by_field_name("right")
    if left is not None:
        yield from _names_in(left)
    if right is not None and right.type == "assignment":
        yield from _targets(right)


def _names_in(target: Node) -> Iterator[str]:
    if target.type == "identifier":
        yield from _text_of(target)
    elif target.type == "attribute":
        yield from _text_of(target.child_by_field_name("attribute"))
    elif target.type != "subscript":
        for child in target.named_children:
            yield from _names_in(child)


def _leading_name(node: Node | None) -> tuple[str, ...]:
    """The name of a type alias; its type parameters come after it."""
    found = re.match(r"\w+", node.text.decode()) if node is not None and node.text else None
    return (normal_name(found[0]),) if found else ()


def _text_of(node: Node | None) -> tuple[str, ...]:
    return (normal_name(node.text.decode()),) if node is not None and node.text else ()


def _definitions(node: Node, path: str) -> Iterator[tuple[str, list[str]]]:
    """A definition and those in it, each with its decorators, outermost first."""
    core = _undecorated(node)
    yield path, [_one_line(child) for child in node.named_children if child.type == "decorator"]
    open_nodes = core.named_children[::-1]
    while open_nodes:
        inner = open_nodes.pop()
        if inner.type in {*_DEFINITIONS, "decorated_definition"}:
            (name,) = _text_of(_undecorated(inner).child_by_field_name("name")) or ("",)
            yield from _definitions(inner, f"{path}/{name}".strip("/"))
        elif inner.type.endswith(("statement", "block", "clause")):
            open_nodes += inner.named_children[::-1]


def _one_line(decorator: Node) -> str:
    text = " ".join((decorator.text or b"").decode("utf-8", "replace").split())
    return text if len(text) <= _WIDEST_DECORATOR else text[: _WIDEST_DECORATOR - 1] + "…"


def _block_indent(node: Node, lines: list[str]) -> str | None:
    block = node.child_by_field_name("body")
    first = block.named_children[0] if block is not None and block.named_children else None
    if first is None or first.start_point.row == node.start_point.row:
        return None
    indent = indent_of(lines[first.start_point.row])
    return indent if len(indent) == first.start_point.column else None


def _string_rows(root: Node) -> Iterator[int]:
    """Rows that begin inside a string, docstrings left out."""
    open_nodes = [root]
    while open_nodes:
        node = open_nodes.pop()
        if node.type == "string":
            if not _is_docstring(node):
                yield from range(node.start_point.row + 1, node.end_point.row + 1)
        else:
            open_nodes += node.children


def _is_docstring(string: Node) -> bool:
    statement = string.parent
    if statement is None or statement.type != "expression_statement" or statement.parent is None:
        return False
    block = statement.parent
    first = next((child for child in block.named_children if child.type != "comment"), None)
    return first == statement and block.type == "block"
