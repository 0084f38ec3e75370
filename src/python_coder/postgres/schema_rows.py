# src/python_coder/postgres/schema_rows.py — rows of the catalog made into tables, constraints and indexes
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

from python_coder.evidence.redaction import REDACTED, Redactor
from python_coder.evidence.secret_shapes import is_secret_name, is_telling_value
from python_coder.postgres.schema import (
    Column,
    Constraint,
    ConstraintKind,
    Domain,
    EnumType,
    ForeignKey,
    Identity,
    Index,
    Reference,
    Table,
    TableKind,
)
from python_coder.postgres.schema import Sequence as Counter

Row = Mapping[str, Any]
"""One row of a statement in `schema_queries`, by column."""

_KINDS: Final[Mapping[str, TableKind]] = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}
_CONSTRAINTS: Final[Mapping[str, ConstraintKind]] = {
    "p": "primary key",
    "u": "unique",
    "c": "check",
    "x": "exclude",
    "f": "foreign key",
}
_ACTIONS: Final = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_IDENTITIES: Final[Mapping[str, Identity]] = {"a": "always", "d": "by default", "": ""}
_LITERAL: Final = re.compile(r"'((?:[^']|'')+)'(?!::regclass)")
_REDACTOR: Final = Redactor()


@dataclass(frozen=True, kw_only=True)
class TableRows:
    """All that was read of some tables."""

    relations: Mapping[int, Row]
    """By the catalog's number, in order of schema and name."""
    columns: Sequence[Row]
    constraints: Sequence[Row]
    """Also those of other tables that point to one of these."""
    indexes: Sequence[Row]
    names: Sequence[Row]
    """Names of columns of all tables that occur."""

    def tables(self) -> tuple[Table, ...]:
        """The tables, in order of schema and name."""
        columns_of, rules_of = _grouped(self.columns, "relation"), _grouped(self.constraints, "relation")
        indexes_of, references_to = _grouped(self.indexes, "relation"), _grouped(self.constraints, "target")
        return tuple(
            Table(
                schema=row["schema"],
                name=row["name"],
                kind=_KINDS[row["kind"]],
                columns=tuple(map(_column, columns_of[number])),
                constraints=tuple(map(self._constraint, rules_of[number])),
                indexes=tuple(map(self._index, indexes_of[number])),
                referenced_by=tuple(map(self._reference, references_to[number])),
                rows=_estimate(row),
                parents=tuple(row["parents"]),
                partition_key=row["partition_key"],
                partition_bound=row["partition_bound"],
                definition=_redacted(row["definition"].strip()),
                comment=_redacted(row["comment"]),
            )
            for number, row in self.relations.items()
        )

    @cached_property
    def _name_of(self) -> Mapping[tuple[int, int], str]:
        return {(row["relation"], row["number"]): row["name"] for row in self.names}

    def _named(self, relation: int, numbers: Sequence[int]) -> tuple[str, ...]:
        return tuple(self._name_of[relation, number] for number in numbers)

    def _constraint(self, row: Row) -> Constraint:
        kind = _CONSTRAINTS[row["kind"]]
        common: dict[str, Any] = {
            "name": row["name"],
            "kind": kind,
            "columns": self._named(row["relation"], row["numbers"]),
            "definition": _redacted_expression(row["definition"]),
            "is_valid": row["is_valid"],
            "comment": _redacted(row["comment"]),
        }
        if kind != "foreign key":
            return Constraint(**common)
        return ForeignKey(
            **common,
            target_schema=row["target_schema"],
            target_table=row["target_table"],
            target_columns=self._named(row["target"], row["target_numbers"]),
            on_delete=_ACTIONS.get(row["on_delete"], ""),
            on_update=_ACTIONS.get(row["on_update"], ""),
            is_deferrable=row["is_deferrable"],
            is_deferred=row["is_deferred"],
        )

    def _reference(self, row: Row) -> Reference:
        return Reference(
            schema=row["schema"],
            table=row["table"],
            columns=self._named(row["relation"], row["numbers"]),
            on_delete=_ACTIONS.get(row["on_delete"], ""),
        )

    def _index(self, row: Row) -> Index:
        parts = tuple(map(_redacted_expression, row["expressions"] or self._named(row["relation"], row["numbers"])))
        return Index(
            name=row["name"],
            method=row["method"],
            keys=parts[: row["keys"]],
            definition=_redacted_expression(row["definition"].partition(" USING ")[2]),
            is_unique=row["is_unique"],
            predicate=_redacted_expression(row["predicate"]),
            included=parts[row["keys"] :],
            constraint=row["constraint"],
            is_valid=row["is_valid"],
            comment=_redacted(row["comment"]),
        )


def _grouped(rows: Iterable[Row], key: str) -> Mapping[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def _estimate(row: Row) -> int | None:
    """The planner's row count; of a table never analysed PostgreSQL 14 and newer say -1, older ones 0 without pages."""
    if row["kind"] in {"v", "f"} or row["rows"] < 0 or (row["rows"] == 0 and row["pages"] == 0):
        return None
    return int(row["rows"])


def _column(row: Row) -> Column:
    value = _masked(row["name"], row["value"])
    return Column(
        name=row["name"],
        type=plain_type(row["type"]),
        is_nullable=row["is_nullable"],
        default="" if row["generated"] else value,
        identity=_IDENTITIES[row["identity"]],
        generated=value if row["generated"] else "",
        collation=row["collation"],
        comment=_redacted(row["comment"]),
    )


def enum(row: Row) -> EnumType:
    """An enumeration."""
    return EnumType(
        schema=row["schema"],
        name=row["name"],
        labels=tuple(map(_redacted, row["labels"])),
        comment=_redacted(row["comment"]),
    )


def sequence(row: Row) -> Counter:
    """A counter."""
    return Counter(schema=row["schema"], name=row["name"], type=row["type"], owner=row["owner"])


def domain(row: Row) -> Domain:
    """A type with rules."""
    return Domain(
        schema=row["schema"],
        name=row["name"],
        type=plain_type(row["type"]),
        is_nullable=row["is_nullable"],
        default=_masked(row["name"], row["value"]),
        checks=tuple(map(_redacted_expression, row["checks"])),
        comment=_redacted(row["comment"]),
    )


def _masked(name: str, expression: str) -> str:
    """An expression with its secrets masked: all literals under a secret's name, and what looks like one anywhere."""
    if "'" in expression and is_secret_name(name):
        expression = _LITERAL.sub(lambda found: f"'{REDACTED}'" if is_telling_value(found[1]) else found[0], expression)
    return _redacted_expression(expression)


def _redacted_expression(expression: str) -> str:
    # Only a literal can hold a secret, and most expressions have none.
    return _redacted(expression) if "'" in expression else expression


@lru_cache(maxsize=4096)
def _redacted(text: str) -> str:
    return _REDACTOR.redact(text) if text else text


def plain_type(name: str) -> str:
    """A type's name without `public`, which every path of names has."""
    return name.removeprefix("public.")


def types_used(tables: Iterable[Table]) -> frozenset[str]:
    """Full names of all types that columns have, arrays and lengths taken off."""
    names = {column.type.partition("[")[0].partition("(")[0] for table in tables for column in table.columns}
    return frozenset(name if "." in name else f"public.{name}" for name in names)
