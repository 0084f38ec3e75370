# src/python_coder/postgres/schema_reading.py — reads a database's schema from its catalog in a handful of statements
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from python_coder.evidence.redaction import REDACTED, Redactor
from python_coder.evidence.secret_shapes import is_secret_name, is_telling_value
from python_coder.postgres import schema_queries
from python_coder.postgres.schema import (
    Column,
    Constraint,
    ConstraintKind,
    DatabaseSchema,
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


async def read_schema(connection: AsyncConnection[Any], *, schema: str = "", table: str = "") -> DatabaseSchema:
    """Read tables, views, types and sequences with seven statements, in one transaction.

    Nothing is written. System schemas, and what extensions brought along, are left out.

    Args:
        connection: Any open connection; a transaction that it is in is gone on with.
        schema: Name of a schema, with `*` and `?` for any letters; empty for all.
        table: Name of a table or view, in the same way.
    """
    asked = {"schema": _like(schema), "table": _like(table)}
    async with connection.transaction():
        server = (await _rows(connection, schema_queries.SERVER, {}))[0]
        relations = await _rows(connection, schema_queries.RELATIONS, asked)
        chosen = {"relations": [row["oid"] for row in relations]}
        columns = await _rows(connection, schema_queries.COLUMNS, chosen)
        constraints = await _rows(connection, schema_queries.CONSTRAINTS, chosen)
        indexes = await _rows(connection, schema_queries.INDEXES, chosen)
        types = await _rows(connection, schema_queries.TYPES, asked if not table else asked | {"schema": "%"})
        sequences = await _rows(connection, schema_queries.SEQUENCES, asked if not table else asked | {"schema": "%"})
    tables = _tables(relations, columns, constraints, indexes)
    if table:
        owners, used = set(chosen["relations"]), _types_used(tables)
        types = [row for row in types if f"{row['schema']}.{row['name']}" in used]
        sequences = [row for row in sequences if row["owner_relation"] in owners]
    return DatabaseSchema(
        database=server["database"],
        server_version=server["version"].partition(" ")[0],
        tables=tables,
        enums=tuple(
            EnumType(
                schema=row["schema"],
                name=row["name"],
                labels=tuple(map(_REDACTOR.redact, row["labels"])),
                comment=_REDACTOR.redact(row["comment"]),
            )
            for row in types
            if row["kind"] == "e"
        ),
        domains=tuple(_domain(row) for row in types if row["kind"] == "d"),
        sequences=tuple(
            Counter(schema=row["schema"], name=row["name"], type=row["type"], owner=row["owner"]) for row in sequences
        ),
        extensions=tuple(server["extensions"]),
    )


async def _rows(connection: AsyncConnection[Any], query: LiteralString, asked: Mapping[str, Any]) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, asked or None)
        return list(await cursor.fetchall())


def _like(pattern: str) -> str:
    """A mask with `*` and `?` as a pattern for `LIKE`."""
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern.strip())
    return escaped.replace("*", "%").replace("?", "_") or "%"


def _tables(
    relations: Sequence[Row], columns: Sequence[Row], constraints: Sequence[Row], indexes: Sequence[Row]
) -> tuple[Table, ...]:
    columns_of, rules_of = _grouped(columns, "relation"), _grouped(constraints, "relation")
    indexes_of, references_to = _grouped(indexes, "relation"), _grouped(constraints, "target")
    return tuple(
        Table(
            schema=row["schema"],
            name=row["name"],
            kind=_KINDS[row["kind"]],
            columns=tuple(map(_column, columns_of[row["oid"]])),
            constraints=tuple(map(_constraint, rules_of[row["oid"]])),
            indexes=tuple(map(_index, indexes_of[row["oid"]])),
            referenced_by=tuple(map(_reference, references_to[row["oid"]])),
            rows=_estimate(row),
            parents=tuple(row["parents"]),
            partition_key=row["partition_key"],
            partition_bound=row["partition_bound"],
            definition=_REDACTOR.redact(row["definition"].strip()),
            comment=_REDACTOR.redact(row["comment"]),
        )
        for row in relations
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
        comment=_REDACTOR.redact(row["comment"]),
    )


def _constraint(row: Row) -> Constraint:
    kind = _CONSTRAINTS[row["kind"]]
    common: dict[str, Any] = {
        "name": row["name"],
        "kind": kind,
        "columns": tuple(row["columns"]),
        "definition": _REDACTOR.redact(row["definition"]),
        "is_valid": row["is_valid"],
        "comment": _REDACTOR.redact(row["comment"]),
    }
    if kind != "foreign key":
        return Constraint(**common)
    return ForeignKey(
        **common,
        target_schema=row["target_schema"],
        target_table=row["target_table"],
        target_columns=tuple(row["target_columns"]),
        on_delete=_ACTIONS.get(row["on_delete"], ""),
        on_update=_ACTIONS.get(row["on_update"], ""),
        is_deferrable=row["is_deferrable"],
        is_deferred=row["is_deferred"],
    )


def _reference(row: Row) -> Reference:
    return Reference(
        schema=row["schema"],
        table=row["table"],
        columns=tuple(row["columns"]),
        on_delete=_ACTIONS.get(row["on_delete"], ""),
    )


def _index(row: Row) -> Index:
    return Index(
        name=row["name"],
        method=row["method"],
        keys=tuple(row["keys"]),
        definition=_REDACTOR.redact(row["definition"].partition(" USING ")[2]),
        is_unique=row["is_unique"],
        predicate=_REDACTOR.redact(row["predicate"]),
        included=tuple(row["included"]),
        constraint=row["constraint"],
        is_valid=row["is_valid"],
        comment=_REDACTOR.redact(row["comment"]),
    )


def _domain(row: Row) -> Domain:
    return Domain(
        schema=row["schema"],
        name=row["name"],
        type=plain_type(row["type"]),
        is_nullable=row["is_nullable"],
        default=_masked(row["name"], row["value"]),
        checks=tuple(map(_REDACTOR.redact, row["checks"])),
        comment=_REDACTOR.redact(row["comment"]),
    )


def _masked(name: str, expression: str) -> str:
    """An expression with its secrets masked: all literals under a secret's name, and what looks like one anywhere."""
    if is_secret_name(name):
        expression = _LITERAL.sub(lambda found: f"'{REDACTED}'" if is_telling_value(found[1]) else found[0], expression)
    return _REDACTOR.redact(expression)


def plain_type(name: str) -> str:
    """A type's name without `public`, which every path of names has."""
    return name.removeprefix("public.")


def _types_used(tables: Iterable[Table]) -> frozenset[str]:
    """Full names of all types that columns have, arrays and lengths taken off."""
    names = {column.type.partition("[")[0].partition("(")[0] for table in tables for column in table.columns}
    return frozenset(name if "." in name else f"public.{name}" for name in names)
