# src/python_coder/gates/migration_statements.py — what a revision's SQL touches, read with PostgreSQL's own grammar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pglast import ast, parse_sql
from pglast.error import Error
from pglast.stream import RawStream


@dataclass(frozen=True, kw_only=True)
class Executed:
    """A statement that a step sent to the database."""

    sql: str
    is_alone: bool = False
    """Whether it ran outside of any transaction."""
    frames: tuple[tuple[str, int], ...] = ()
    """Places of the project's files that it came through, innermost last."""


@dataclass(frozen=True, kw_only=True)
class Touch:
    """One statement in one spelling, and what it is about. Comments are gone, so none can speak to a linter."""

    sql: str
    is_alone: bool
    path: str
    line: int
    """1-based line of the revision that asked for it."""
    tables: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    """Columns that it is about; empty when it is about whole tables, or cannot be told."""
    creates: frozenset[str] = frozenset()
    """Tables that it makes."""
    adds: frozenset[str] = frozenset()
    """Columns that it adds to its table."""


@dataclass
class NewThings:
    """What the statements so far have made: nobody's rows are in it yet."""

    tables: set[str] = field(default_factory=set)
    columns: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, touch: Touch) -> None:
        """Add what a statement makes."""
        self.tables |= touch.creates
        self.columns |= {(table, column) for table in touch.tables for column in touch.adds}

    def has_tables(self, touch: Touch) -> bool:
        """Whether a statement is only about tables that are new."""
        return bool(touch.tables) and touch.tables <= self.tables

    def has_columns(self, touch: Touch) -> bool:
        """Whether a statement is only about columns that are new, those that it adds itself included."""
        own = {(table, column) for table in touch.tables for column in touch.adds}
        asked = {(table, column) for table in touch.tables for column in touch.columns}
        return bool(asked) and asked <= self.columns | own


def touches(statements: Iterable[Executed], paths: frozenset[str]) -> tuple[Touch, ...]:
    """The statements that these files asked for, one by one, in order. What is no plain PostgreSQL is left out."""
    found: list[Touch] = []
    for statement in statements:
        place = next((frame for frame in reversed(statement.frames) if frame[0] in paths), None)
        if place is None:
            continue
        try:
            parsed = parse_sql(statement.sql)
        except Error:
            # Rows with placeholders of a driver; tables are altered without any.
            continue
        found += [_touch(raw.stmt, statement, place) for raw in parsed if raw.stmt is not None]
    return tuple(found)


def _touch(node: ast.Node, statement: Executed, place: tuple[str, int]) -> Touch:
    tables, columns, creates, adds = _about(node(skip_none=True))
    return Touch(
        sql=RawStream()(node),
        is_alone=statement.is_alone,
        path=place[0],
        line=place[1],
        tables=frozenset(tables),
        columns=frozenset(columns),
        creates=frozenset(creates),
        adds=frozenset(adds),
    )


_About = tuple[list[str], list[str], list[str], list[str]]


def _about(node: Mapping[str, Any]) -> _About:
    """Names of the tables, columns, new tables and new columns of a statement, from pglast's plain form of it."""
    table = [node["relation"]["relname"]] if "relname" in node.get("relation", {}) else []
    kind = node["@"]
    if kind == "CreateStmt":
        return table, [], table, []
    if kind == "IndexStmt":
        # An index over an expression may read any column.
        columns = [element.get("name", "") for element in node["indexParams"]]
        return table, columns if all(columns) else [], [], []
    if kind == "AlterTableStmt":
        columns = [name for command in node["cmds"] for name in _command_columns(command)]
        added = [c["def_"]["colname"] for c in node["cmds"] if c["subtype"]["name"] == "AT_AddColumn"]
        return table, columns, [], added
    if kind == "RenameStmt":
        is_column = node["renameType"]["name"] == "OBJECT_COLUMN"
        return table, [node["subname"]] if is_column else [], [], []
    if kind == "DropStmt" and node["removeType"]["name"] == "OBJECT_TABLE":
        table = [names[-1]["sval"] for names in node["objects"]]
    return table, [], [], []


def _command_columns(command: Mapping[str, Any]) -> list[str]:
    what = command.get("def_", {})
    if what.get("@") == "Constraint":
        return [name["sval"] for name in (*what.get("fk_attrs", ()), *what.get("keys", ()))]
    name = what.get("colname") or command.get("name")
    return [name] if name else []
