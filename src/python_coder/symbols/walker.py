# src/python_coder/symbols/walker.py — what the statements of a syntax tree define
import re
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter_python
from tree_sitter import Language, Node, Parser

from python_coder.symbols.rows import NO_PARENT, Row, Rows
from python_coder.symbols.signature import one_line
from python_coder.symbols.symbol import SymbolKind

LANGUAGE = Language(tree_sitter_python.language())

_CONSTANT = re.compile(r"_{0,2}[A-Z][A-Z0-9_]*")
_INNER_DEFINITION = re.compile(rb"\b(?:def|class)\b")
_PROPERTY_DECORATORS = frozenset(
    {"property", "cached_property", "abstractproperty", "hybrid_property", "setter", "getter", "deleter"}
)
# Statements that hold statements without a scope of their own, and the clauses of these.
_HOLDERS = frozenset(
    {
        *("block", "if_statement", "elif_clause", "else_clause", "for_statement", "while_statement", "try_statement"),
        *("except_clause", "except_group_clause", "finally_clause", "with_statement", "match_statement", "case_clause"),
    }
)
_NO_STATEMENTS = frozenset({"comment", "line_continuation"})
_SEMICOLON = re.compile(rb"[ \t]*;")
_CHUNK_BYTES = 1 << 16
# Python itself refuses more levels of indentation.
_DEEPEST = 100


def parse(text: bytes, deadline: float) -> Node | None:
    """Syntax tree of UTF-8 source.

    Args:
        text: The source.
        deadline: Time of the monotonic clock, in seconds, at which to give up: some nonsense takes hours.

    Returns:
        `None` if the time did not suffice.
    """

    def is_late(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001 - the parser gives it by place
        return time.monotonic() > deadline

    try:
        tree = Parser(LANGUAGE).parse(
            lambda offset, _place: text[offset : offset + _CHUNK_BYTES], progress_callback=is_late
        )
    except ValueError:
        return None
    return tree.root_node


@dataclass(frozen=True, slots=True)
class Walker:
    """Goes through the statements of a tree without errors and notes what they define."""

    text: bytes
    rows: Rows
    first_byte: int = 0
    """Where in the file `text` begins."""
    first_line: int = 1
    """1-based line at which `text` begins."""

    def walk(self, node: Node, parent: int = NO_PARENT, depth: int = 0) -> None:
        """Note what the statements below a node define.

        Args:
            node: Module, block, or statement that holds statements.
            parent: Index of the symbol that they belong to.
            depth: How many levels lie above.
        """
        if depth > _DEEPEST:
            return
        for child in node.named_children:
            self._statement(child, parent, depth)

    def _statement(self, node: Node, parent: int, depth: int) -> None:
        match node.type:
            case "function_definition" | "class_definition":
                self._definition(node, node, parent, depth)
            case "decorated_definition":
                definition = node.child_by_field_name("definition")
                if definition is not None:
                    self._definition(node, definition, parent, depth)
            case "expression_statement" | "type_alias_statement":
                if parent == NO_PARENT or self.rows.is_class(parent):
                    self._variables(node, parent)
            case kind if kind in _HOLDERS and self._may_define(node, parent):
                self.walk(node, parent, depth + 1)

    def _may_define(self, node: Node, parent: int) -> bool:
        """Whether it is worth looking into a block: within functions, most hold no definition."""
        is_scope = parent == NO_PARENT or self.rows.is_class(parent)
        return is_scope or _INNER_DEFINITION.search(self.text, node.start_byte, node.end_byte) is not None

    def _definition(self, node: Node, definition: Node, parent: int, depth: int) -> None:
        name = definition.child_by_field_name("name")
        body = definition.child_by_field_name("body")
        if name is None:
            return
        is_class = definition.type == "class_definition"
        kind = SymbolKind.CLASS if is_class else self._kind_of_function(node, parent)
        ends = (definition.child_by_field_name(field) for field in ("return_type", "parameters", "superclasses"))
        head = max((end.end_byte for end in ends if end is not None), default=name.end_byte)
        signature = one_line(self.text[definition.start_byte : max(head, _end_of_type_parameters(definition))])
        index = self._add(kind, name, (node, definition, _last(body or name)), parent, signature)
        semicolon = _SEMICOLON.match(self.text, self.rows.all[index].end - self.first_byte)
        self.rows.all[index].end += len(semicolon.group()) if semicolon else 0
        if body is not None and self._may_define(body, index):
            self.walk(body, index, depth + 1)
        self.rows.close(index)

    def _kind_of_function(self, node: Node, parent: int) -> SymbolKind:
        if not self.rows.is_class(parent):
            return SymbolKind.FUNCTION
        decorators = (child for child in node.children if child.type == "decorator")
        is_property = any(_decorator_name(self.text[item.start_byte : item.end_byte]) for item in decorators)
        return SymbolKind.PROPERTY if is_property else SymbolKind.METHOD

    def _variables(self, node: Node, parent: int) -> None:
        targets: Iterator[Node]
        if node.type == "type_alias_statement":
            targets = _first_identifier(node)
        else:
            assignment = node.named_children[0] if node.named_children else None
            targets = _targets(assignment) if assignment is not None and assignment.type == "assignment" else iter(())
        for target in targets:
            kind = kind_of_variable(self._text(target))
            signature = one_line(self.text[node.start_byte : node.end_byte])
            self.rows.close(self._add(kind, target, (node, node, node), parent, signature))

    def _add(self, kind: SymbolKind, name: Node, extent: tuple[Node, Node, Node], parent: int, signature: str) -> int:
        first, definition, last = extent
        return self.rows.add(
            Row(
                kind=kind,
                name=self._text(name),
                signature=signature,
                parent=parent,
                first_line=first.start_point.row + self.first_line,
                def_line=definition.start_point.row + self.first_line,
                last_line=last.end_point.row + self.first_line,
                name_line=name.start_point.row + self.first_line,
                name_at=name.start_byte + self.first_byte,
                start=first.start_byte + self.first_byte,
                end=last.end_byte + self.first_byte,
            )
        )

    def _text(self, node: Node) -> str:
        return normal_name(self.text[node.start_byte : node.end_byte].decode("utf-8", "replace"))


def normal_name(text: str) -> str:
    """A name as Python compares it. Source: the language reference, "Identifiers and keywords", NFKC."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def kind_of_variable(name: str) -> SymbolKind:
    """Whether a name is written as that of a constant."""
    return SymbolKind.CONSTANT if _CONSTANT.fullmatch(name) else SymbolKind.VARIABLE


def _decorator_name(text: bytes) -> bool:
    dotted = text.lstrip(b"@ \t").partition(b"(")[0].partition(b"#")[0]
    return dotted.rpartition(b".")[2].strip().decode("utf-8", "replace") in _PROPERTY_DECORATORS


def _end_of_type_parameters(definition: Node) -> int:
    parameters = definition.child_by_field_name("type_parameters")
    return parameters.end_byte if parameters is not None else 0


def _last(node: Node) -> Node:
    """The last statement in a block: a block also takes in the comments below it."""
    while node.type in _HOLDERS or node.type.endswith("_definition"):
        inner = next((child for child in reversed(node.named_children) if child.type not in _NO_STATEMENTS), None)
        if inner is None:
            return node
        node = inner
    return node


def _targets(assignment: Node) -> Iterator[Node]:
    """Names that an assignment binds: `a = (b, *c) = …`."""
    current: Node | None = assignment
    while current is not None and current.type == "assignment":
        left = current.child_by_field_name("left")
        waiting = [left] if left is not None else []
        while waiting:
            node = waiting.pop()
            if node.type == "identifier":
                yield node
            elif node.type not in {"attribute", "subscript", "call"}:
                waiting.extend(reversed(node.named_children))
        current = current.child_by_field_name("right")


def _first_identifier(node: Node) -> Iterator[Node]:
    while node.named_children and node.type != "identifier":
        node = node.named_children[0]
    if node.type == "identifier":
        yield node
