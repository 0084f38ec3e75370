# src/python_coder/gates/statements.py — where statements and definitions begin and end, whatever Python they are for
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider


@dataclass(frozen=True)
class Definition:
    """One function or class of a file."""

    name: str
    """Qualified name inside the file, such as `ItemService.cancel`."""
    node: cst.FunctionDef | cst.ClassDef
    first_line: int
    """1-based, decorators included."""
    last_line: int
    body_line: int
    """First line of the body."""

    @property
    def is_function(self) -> bool:
        """Whether it is a function or method."""
        return isinstance(self.node, cst.FunctionDef)

    def holds(self, line: int) -> bool:
        """Whether a line lies inside, decorators included."""
        return self.first_line <= line <= self.last_line


@dataclass(frozen=True)
class Source:
    """A parsed Python file with its positions."""

    module: cst.Module
    definitions: tuple[Definition, ...]
    """In order of appearance; inner ones after the one that holds them."""
    first_lines: dict[int, int]
    """First line of the statement that each line belongs to; for a compound statement, its header only."""
    statements: tuple[tuple[int, int, cst.CSTNode], ...]
    """First line, last line of the header or of the simple statement, and the node."""
    positions: dict[cst.CSTNode, CodeRange]
    nodes: tuple[cst.CSTNode, ...]
    """Every node of the file in order of appearance, without comments, white space and punctuation."""
    comments: tuple[cst.Comment, ...]

    def line(self, node: cst.CSTNode) -> int:
        """First line of a node, 1-based; 0 when it has no place of its own."""
        place = self.positions.get(node)
        return place.start.line if place else 0

    def innermost(self, line: int) -> Definition | None:
        """The innermost function that holds a line."""
        holding = [d for d in self.definitions if d.is_function and d.holds(line)]
        return holding[-1] if holding else None

    def find(self, name: str) -> Definition | None:
        """The definition of that qualified name; the last one when there are several."""
        return next((d for d in reversed(self.definitions) if d.name == name), None)


def parse(content: bytes | None) -> Source | None:
    """Parse one file; `None` when it is absent or LibCST cannot read it."""
    return None if content is None else _parse(content)


@lru_cache(maxsize=512)
def _parse(content: bytes) -> Source | None:
    try:
        wrapper = MetadataWrapper(cst.parse_module(content), unsafe_skip_copy=True)
        positions = dict(wrapper.resolve(PositionProvider))
    except (cst.ParserSyntaxError, SyntaxError, RecursionError, ValueError):
        return None
    reader = _Reader(positions)
    wrapper.module.visit(reader)
    first_lines: dict[int, int] = {}
    for first, last, _ in sorted(reader.statements, key=lambda statement: statement[0]):
        first_lines.update(dict.fromkeys(range(first, last + 1), first))
    return Source(
        module=wrapper.module,
        definitions=tuple(sorted(reader.definitions, key=lambda d: (d.first_line, -d.last_line))),
        first_lines=first_lines,
        statements=tuple(reader.statements),
        positions=positions,
        nodes=tuple(reader.nodes),
        comments=tuple(reader.comments),
    )


def statement_lines(source: Source, lines: Sequence[int] | frozenset[int]) -> frozenset[int]:
    """The first lines of the statements that these lines belong to; comments and blank lines fall out."""
    return frozenset(source.first_lines[line] for line in lines if line in source.first_lines)


def literals(node: cst.CSTNode) -> Iterator[cst.SimpleString | cst.Integer | cst.Float]:
    """All plain literals below a node, in order."""
    if isinstance(node, (cst.SimpleString, cst.Integer, cst.Float)):
        yield node
    for child in node.children:
        yield from literals(child)


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything below it, in order of appearance."""
    yield node
    for child in node.children:
        yield from walk(child)


class _Reader(cst.CSTVisitor):
    def __init__(self, positions: dict[cst.CSTNode, CodeRange]) -> None:
        self.positions = positions
        self.statements: list[tuple[int, int, cst.CSTNode]] = []
        self.definitions: list[Definition] = []
        self.names: list[str] = []
        self.nodes: list[cst.CSTNode] = []
        self.comments: list[cst.Comment] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Comment):
            self.comments.append(node)
        if type(node) in _SPACE:
            return type(node) is not cst.SimpleWhitespace
        self.nodes.append(node)
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._define(node)
        elif isinstance(node, (cst.SimpleStatementLine, cst.SimpleStatementSuite, cst.Decorator)):
            self._add(node)
        elif isinstance(node, _HEADED):
            self._add_header(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, (cst.FunctionDef, cst.ClassDef)):
            self.names.pop()

    def _define(self, node: cst.FunctionDef | cst.ClassDef) -> None:
        place, header = self.positions[node], self.positions[node.name]
        self.names.append(node.name.value)
        first = min([place.start.line, *(self.positions[d].start.line for d in node.decorators)])
        body = self.positions[node.body].start.line
        inner = next(iter(node.body.body), None)
        body_line = self.positions[inner].start.line if inner is not None else body
        self.definitions.append(Definition(".".join(self.names), node, first, place.end.line, body_line))
        self._add_range(header.start.line, max(header.start.line, self._header_end(node)), node)

    def _header_end(self, node: cst.CSTNode) -> int:
        body = getattr(node, "body", None)
        if isinstance(body, cst.IndentedBlock):
            return self.positions[body].start.line - 1
        return self.positions[node].start.line

    def _add_header(self, node: cst.CSTNode) -> None:
        self._add_range(self.positions[node].start.line, self._header_end(node), node)

    def _add(self, node: cst.CSTNode) -> None:
        self._add_range(self.positions[node].start.line, self.positions[node].end.line, node)

    def _add_range(self, first: int, last: int, node: cst.CSTNode) -> None:
        self.statements.append((first, max(first, last), node))


_SPACE = {
    *(cst.SimpleWhitespace, cst.ParenthesizedWhitespace, cst.EmptyLine, cst.TrailingWhitespace, cst.Newline),
    *(cst.Comment, cst.Comma, cst.Dot, cst.Colon, cst.Semicolon, cst.AssignEqual),
    *(cst.LeftParen, cst.RightParen, cst.LeftSquareBracket, cst.RightSquareBracket, cst.LeftCurlyBrace),
    *(cst.RightCurlyBrace,),
}
_HEADED = (cst.BaseCompoundStatement, cst.Else, cst.Finally, cst.ExceptHandler, cst.ExceptStarHandler, cst.MatchCase)
