# src/python_coder/tools/postgres/schema_tool.py — get_schema: what a database holds, in as few words as fit
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, Literal

from psycopg import AsyncConnection

from python_coder.errors import ToolRefusedError
from python_coder.postgres.schema import DatabaseSchema, Table
from python_coder.postgres.schema_json import schema_json
from python_coder.postgres.schema_reading import read_schema, read_versions
from python_coder.postgres.schema_text import LEGEND, summary_lines, table_count, table_line, table_lines
from python_coder.tools.answers import Group, limit_of, paged

_FORMS: Sequence[tuple[str, Callable[[Table], str]]] = (
    (LEGEND, lambda table: "\n".join(table_lines(table))),
    ("In short, * primary key, → foreign key; give `table` (a mask such as `order*`) for all of it:", table_line),
    (
        "Number of columns, → tables pointed to; give `table` or `schema` (a mask such as `order*`) for more:",
        table_count,
    ),
    ("Names only; give `table` or `schema` (a mask such as `order*`) for more:", lambda table: table.full_name),
)
"""From the richest to the shortest, each with what the reader must know."""


@dataclass(frozen=True, kw_only=True)
class SchemaTools:
    """Looks at the shape of one database, never at its rows. Each public method is one tool."""

    connect: Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]
    """Opens a connection inside a transaction that cannot write."""
    drift: Callable[[DatabaseSchema, Sequence[str]], Awaitable[str]] | None = None
    """Compares a schema, and the revisions it stands at, with the project; `None` where there is none."""
    note: Callable[[], str] = str
    """What must be known of where the database comes from, when it is open."""

    async def get_schema(
        self,
        schema: str = "",
        table: str = "",
        output: Literal["text", "json"] = "text",
        *,
        drift: bool = False,
        max_answer_chars: int = -1,
        skip: int = 0,
    ) -> str:
        """Tell what a PostgreSQL database holds: a summary, then tables with columns, keys, constraints and indexes.

        A large database is told in short lines first; ask again with `table` for all of some tables.

        Args:
            schema: Only this schema, `*` and `?` stand for any letters; all when empty.
            table: Only tables and views of this name, such as `order` or `order*`.
            output: `json` has every field, `text` fits more into one answer.
            drift: Instead compare the database with the project's models and its newest migration.
            max_answer_chars: Most characters of the answer; 20,000 unless given.
            skip: How many tables earlier answers had.
        """
        if drift:
            return await self._drift()
        async with self.connect() as connection:
            found = replace(await read_schema(connection, schema=schema, table=table), note=self.note())
        if not found.tables and (schema or table):
            asked = " ".join(
                part for part in (f"schema {schema}" * bool(schema), f"table {table}" * bool(table)) if part
            )
            raise ToolRefusedError(
                f"Nothing in {found.database} matches {asked}. Ask without it to see all names. {found.note}".rstrip()
            )
        limit = limit_of(max_answer_chars)
        if output == "json":
            return schema_json(found, most_chars=limit, skip=skip)
        return schema_answer(found, is_detailed=bool(table), max_answer_chars=limit, skip=skip)

    async def _drift(self) -> str:
        if self.drift is None:
            raise ToolRefusedError(
                "There is no project to compare with, or its code may not run. "
                "Start the server with --project FOLDER and without --read-only."
            )
        async with self.connect() as connection:
            live = await read_schema(connection)
            versions = await read_versions(connection, live)
        # Without the connection: the project's code takes its time.
        return await self.drift(live, versions)


def schema_answer(
    schema: DatabaseSchema, *, is_detailed: bool = False, max_answer_chars: int = -1, skip: int = 0
) -> str:
    """A schema as text: the summary, then all tables in the richest form that fits, page by page when none does.

    Args:
        schema: What was read.
        is_detailed: Whether to tell all of each table in any case.
        max_answer_chars: The caller's limit; `-1` for the default.
        skip: How many tables earlier pages had.
    """
    limit, summary = limit_of(max_answer_chars), "\n".join(summary_lines(schema))
    if not schema.tables:
        return summary
    forms = _FORMS[:1] if is_detailed else _FORMS
    for legend, form in forms:
        title = f"{summary}\n{legend}"
        entries = _entries(schema.tables, form, limit - len(title))
        if len(entries) == len(schema.tables):
            break
    else:
        entries = [form(table) for table in schema.tables]
    return paged([Group("", entries)], noun="tables", title=title, max_answer_chars=limit, skip=skip)


def _entries(tables: Sequence[Table], form: Callable[[Table], str], room: int) -> list[str]:
    """The tables in one form, and no more when there is no room for all."""
    entries: list[str] = []
    for table in tables:
        entries.append(form(table))
        room -= len(entries[-1]) + 1
        if room < 0:
            return entries[:-1]
    return entries
