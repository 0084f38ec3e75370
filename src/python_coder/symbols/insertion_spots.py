# src/python_coder/symbols/insertion_spots.py — where new source goes beside a symbol, and its blank lines
from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from python_coder.symbols.fragment import StatementKind, indent_of, kind_of
from python_coder.symbols.regions import Region
from python_coder.symbols.syntax import parse_tree
from python_coder.symbols.text_file import line_number, split_lines, without_end


@dataclass(frozen=True)
class Spot:
    """A place beside a symbol where source can be put in."""

    offset: int
    """Offset in the file: start of a line before a symbol, end of a line after one."""
    is_nested: bool
    """Whether it is inside a class, a function or another block."""
    previous: StatementKind | None
    """Kind of the statement above it in the same block; `None` when there is none."""
    next: StatementKind | None
    """Kind of the statement below it in the same block; `None` when there is none."""
    blank_lines: int
    """Blank lines that stand there: above a spot before a symbol, below a spot after one."""


def spot_before(source: str, region: Region) -> Spot:
    """The spot before a symbol, its decorators and the comments right above it. A header of the file stays on top."""
    lines = split_lines(source)
    first = line_number(source, region.start) - 1
    row = first
    while row > 0 and _is_comment(lines[row - 1]) and indent_of(lines[row - 1]) == region.indent:
        row -= 1
    row = first if row == 0 else row
    previous, following = _neighbours(source, first)
    if previous is None and row > 0 and not region.indent:
        previous = StatementKind.OTHER  # comments at the top of the file
    return Spot(
        offset=sum(map(len, lines[:row])),
        is_nested=bool(region.indent),
        previous=previous,
        next=following,
        blank_lines=_count_blank(lines[:row][::-1]),
    )


def spot_after(source: str, region: Region) -> Spot:
    """The spot after a symbol and after comments that still belong to its inside."""
    lines = split_lines(source)
    row = line_number(source, region.end)
    while row < len(lines) and _is_comment(lines[row]) and len(indent_of(lines[row])) > len(region.indent):
        row += 1
    previous, following = _neighbours(source, line_number(source, region.start) - 1)
    if region.statement.kind is StatementKind.ASSIGNMENT and (documented := _docstring_rows(source, region, row)):
        row += documented
        following = _neighbours(source, row - documented)[1]
    return Spot(
        offset=sum(map(len, lines[: row - 1])) + len(without_end(lines[row - 1])),
        is_nested=bool(region.indent),
        previous=previous,
        next=following,
        blank_lines=_count_blank(lines[row:]),
    )


def _docstring_rows(source: str, region: Region, row: int) -> int:
    """How many lines a string has that stands right below an assignment, from this 0-based row on, and describes it."""
    node = _statement_at(parse_tree(source).root_node, row)
    if node is None or node.type != "expression_statement" or node.start_point.column != len(region.indent):
        return 0
    is_string = node.named_child_count == 1 and node.named_children[0].type == "string"
    return node.end_point.row - row + 1 if is_string else 0


def blank_lines_between(above: StatementKind, below: StatementKind, path: str, *, is_nested: bool) -> int:
    """How many blank lines PEP 8 wants between two statements of one block; stubs want none.

    Source: PEP 8, "Blank Lines"; the typing documentation, "Writing and maintaining stub files".
    """
    if not (above.is_definition or below.is_definition) or path.endswith(".pyi"):
        return 0
    return 1 if is_nested else 2


def missing_blank_lines(spot: Spot, neighbour: StatementKind | None, kind: StatementKind, path: str) -> int:
    """How many blank lines must come to those that stand at a spot. None are ever taken away."""
    if neighbour is None:
        return 0
    return max(0, blank_lines_between(neighbour, kind, path, is_nested=spot.is_nested) - spot.blank_lines)


def _neighbours(source: str, row: int) -> tuple[StatementKind | None, StatementKind | None]:
    """Kinds of the statements before and after the one that begins in a 0-based row, in its block."""
    node = _statement_at(parse_tree(source).root_node, row)
    if node is None or node.parent is None:
        return StatementKind.OTHER, StatementKind.OTHER
    statements = [child for child in node.parent.named_children if child.type != "comment"]
    place = statements.index(node)
    before = kind_of(statements[place - 1]) if place else None
    after = kind_of(statements[place + 1]) if place + 1 < len(statements) else None
    return before, after


def _statement_at(node: Node, row: int) -> Node | None:
    """The outermost statement that begins in a 0-based row."""
    while True:
        children = [child for child in node.named_children if child.type != "comment"]
        if node.type in {"module", "block"}:
            for child in children:
                if child.start_point.row == row:
                    return child
        inner = next((child for child in children if child.start_point.row <= row <= child.end_point.row), None)
        if inner is None:
            return None
        node = inner


def _is_comment(line: str) -> bool:
    return line.lstrip(" \t").startswith("#")


def _count_blank(lines: Sequence[str]) -> int:
    return next((number for number, line in enumerate(lines) if line.strip()), len(lines))
