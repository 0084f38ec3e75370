# src/python_coder/postgres/schema_reading.py — reads a database's schema from its catalog in a handful of statements
import re
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from python_coder.postgres import schema_queries
from python_coder.postgres.schema import VERSION_TABLE, DatabaseSchema
from python_coder.postgres.schema_rows import Row, TableRows, domain, enum, sequence, types_used


async def read_schema(connection: AsyncConnection[Any], *, schema: str = "", table: str = "") -> DatabaseSchema:
    """Read tables, views, types and sequences with seven or eight statements, in one transaction.

    Nothing is written. System schemas, and what extensions brought along, are left out; secrets are masked.

    Args:
        connection: Any open connection; a transaction that it is in is gone on with.
        schema: Name of a schema, with `*` and `?` for any letters; empty for all.
        table: Name of a table or view, in the same way; of types and sequences only those that it uses are read.
    """
    asked = {"schema": _like(schema), "table": _like(table)}
    async with connection.transaction():
        server = (await _rows(connection, schema_queries.SERVER))[0]
        rows = await _table_rows(connection, asked)
        anywhere = {"schema": "%" if table else asked["schema"]}
        types = await _rows(connection, schema_queries.TYPES, anywhere)
        sequences = await _rows(connection, schema_queries.SEQUENCES, anywhere)
    tables = rows.tables()
    if table:
        used = types_used(tables)
        types = [row for row in types if f"{row['schema']}.{row['name']}" in used]
        sequences = [row for row in sequences if row["owner_relation"] in rows.relations]
    return DatabaseSchema(
        database=server["database"],
        server_version=server["version"].partition(" ")[0],
        tables=tables,
        enums=tuple(enum(row) for row in types if row["kind"] == "e"),
        domains=tuple(domain(row) for row in types if row["kind"] == "d"),
        sequences=tuple(map(sequence, sequences)),
        extensions=tuple(server["extensions"]),
    )


async def read_versions(connection: AsyncConnection[Any], schema: DatabaseSchema) -> list[str]:
    """Alembic's revisions that a database stands at; none where it never ran.

    Args:
        connection: Any open connection to the database.
        schema: The database, read as a whole.
    """
    table = next((table for table in schema.tables if table.name == VERSION_TABLE), None)
    if table is None:
        return []
    query = sql.SQL("SELECT version_num AS version FROM {} ORDER BY 1").format(sql.Identifier(table.schema, table.name))
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query)
        return [str(row["version"]) for row in await cursor.fetchall()]


async def _table_rows(connection: AsyncConnection[Any], asked: Mapping[str, str]) -> TableRows:
    relations = {row["oid"]: row for row in await _rows(connection, schema_queries.RELATIONS, asked)}
    chosen = {"relations": list(relations)}
    columns = await _rows(connection, schema_queries.COLUMNS, chosen)
    constraints = await _rows(connection, schema_queries.CONSTRAINTS, chosen)
    indexes = await _rows(connection, schema_queries.INDEXES, chosen)
    # Tables that were not asked for and that a foreign key leads to, or comes from.
    others = {row[end] for row in constraints for end in ("relation", "target") if row[end]} - relations.keys()
    names = list(columns)
    if others:
        names += await _rows(connection, schema_queries.COLUMN_NAMES, {"relations": list(others)})
    return TableRows(relations=relations, columns=columns, constraints=constraints, indexes=indexes, names=names)


async def _rows(
    connection: AsyncConnection[Any], query: LiteralString, asked: Mapping[str, Any] | None = None
) -> Sequence[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, asked)
        return await cursor.fetchall()


def _like(pattern: str) -> str:
    """A mask with `*` and `?` as a pattern for `LIKE`."""
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern.strip())
    return escaped.replace("*", "%").replace("?", "_") or "%"
