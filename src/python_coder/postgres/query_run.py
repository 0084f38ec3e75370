# src/python_coder/postgres/query_run.py — runs a checked statement: read-only and rolled back, bounded in time and size
import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg
from psycopg import generators, pq
from psycopg.errors import error_from_result
from psycopg.raw_cursor import AsyncRawCursor

from python_coder.errors import ToolRefusedError
from python_coder.postgres.address import DatabaseAddress
from python_coder.postgres.connection import (
    DatabaseUnreachableError,
    PostgresConnection,
    TimeLimits,
    open_connection,
    open_reading,
    stopped_in_time,
)
from python_coder.postgres.masking import MASK, MaskingPolicy, mask_json
from python_coder.postgres.masking_catalog import HiddenColumns, ResultColumn, hidden_columns, refuse_copies
from python_coder.postgres.query_cells import Page, page_of, returned_by
from python_coder.postgres.query_check import CheckedStatement
from python_coder.postgres.query_errors import told
from python_coder.postgres.query_names import refuse_own_names
from python_coder.postgres.reader_role import Reader

_COLUMNS = """
SELECT pg_catalog.format_type(o.type, o.modifier), coalesce(b.typname, t.typname)::text, coalesce(a.attname::text, '')
FROM ROWS FROM (pg_catalog.unnest(%s::oid[]), pg_catalog.unnest(%s::int4[]), pg_catalog.unnest(%s::oid[]),
     pg_catalog.unnest(%s::int4[])) WITH ORDINALITY AS o(type, modifier, relation, number, place)
JOIN pg_catalog.pg_type AS t ON t.oid = o.type LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.relation AND a.attnum = o.number
ORDER BY o.place
"""
_MOST_AT_ONCE = 4
_Rows = AsyncGenerator[Sequence[Any], None]


@dataclass(frozen=True, kw_only=True)
class QueryResult:
    """One page of an answer."""

    columns: Sequence[ResultColumn]
    rows: Sequence[Sequence[str]]
    """Cells as JSON texts."""
    has_more: bool
    written: int | None = None
    """How many rows were written; `None` for a statement that reads."""
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class QueryRunner:
    """Runs statements on one database, each on a connection of its own, so that nothing is left for the next one."""

    reader: Reader
    writer: DatabaseAddress | None = None
    """Who writes; `None` where nothing may be written."""
    limits: TimeLimits = field(default_factory=TimeLimits)
    policy: MaskingPolicy = field(default_factory=MaskingPolicy)
    may_be_far: bool = False
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_AT_ONCE))
    """For each connection: what a server may be asked for at once is bounded, and the rest waits."""
    renew: Callable[["QueryRunner"], Awaitable["QueryRunner"]] | None = None
    """Opens the database anew when no connection to it can be made, such as after it was made from scratch."""

    async def run(
        self, statement: CheckedStatement, parameters: Sequence[Any], page: Page, *, most_chars: int
    ) -> QueryResult:
        """Run one statement.

        Args:
            statement: From `check_statement`.
            parameters: For `$1` and so on.
            page: Which rows.
            most_chars: Of all cells together; rows that do not fit are left for the next page.

        Raises:
            DatabaseUnreachableError: There is no connection, so nothing was run.
            ToolRefusedError: The server, or a guard before it, says no; the message says why.
        """
        try:
            return await self._run(statement, parameters, page, most_chars)
        except DatabaseUnreachableError:
            if self.renew is None:
                raise
        renewed = await self.renew(self)
        return await renewed._run(statement, parameters, page, most_chars)

    async def _run(
        self, statement: CheckedStatement, parameters: Sequence[Any], page: Page, most_chars: int
    ) -> QueryResult:
        try:
            if statement.kind == "write":
                return await self._write(statement, parameters, page, most_chars)
            async with self.reading() as connection, stopped_in_time(connection, self.limits):
                return await self._read(connection, statement, parameters, page, most_chars)
        except psycopg.Error as error:
            is_of_values = bool(statement.relations)
            raise told(error, statement.sql, self.policy, is_of_values=is_of_values) from None

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresConnection]:
        """A connection of the reader's inside a transaction that cannot write."""
        role, path = self.reader.address, self.reader.search_path
        async with (
            self.turns,
            open_reading(role, limits=self.limits, search_path=path, may_be_far=self.may_be_far) as connection,
        ):
            yield connection

    async def _read(
        self,
        connection: PostgresConnection,
        statement: CheckedStatement,
        parameters: Sequence[Any],
        page: Page,
        most_chars: int,
    ) -> QueryResult:
        await refuse_own_names(connection, statement)
        columns = await self._described(connection, statement)
        if statement.kind != "rows":
            hidden = HiddenColumns()
            rows = self._plain(connection, statement.sql, parameters, page)
        else:
            hidden = await hidden_columns(connection, statement, columns, self.policy)
            rows = _streamed(connection, page_of(statement.sql, columns, page), parameters)
        shown, has_more = await self._taken(rows, hidden, page.limit, most_chars)
        return QueryResult(columns=columns, rows=shown, has_more=has_more, notes=self._notes(columns, hidden))

    async def _write(
        self, statement: CheckedStatement, parameters: Sequence[Any], page: Page, most_chars: int
    ) -> QueryResult:
        if self.writer is None:
            raise ToolRefusedError("This server only reads. The user can start it with --allow-write.")
        async with (
            self.turns,
            open_connection(
                self.writer, limits=self.limits, search_path=self.reader.search_path, may_be_far=False
            ) as connection,
            stopped_in_time(connection, self.limits),
            connection.transaction(),
        ):
            await refuse_own_names(connection, statement)
            columns = await self._described(connection, statement)
            await refuse_copies(connection, statement, self.policy)
            if not statement.returns_rows:
                cursor = AsyncRawCursor(connection)
                await cursor.execute(statement.sql.encode(), parameters, prepare=True)
                return QueryResult(columns=(), rows=(), has_more=False, written=cursor.rowcount, notes=self._notes())
            hidden = await hidden_columns(connection, statement, columns, self.policy)
            found = [row async for row in _streamed(connection, returned_by(statement.sql, columns, page), parameters)]
            rows = _listed([row[1:] for row in found])
            shown, has_more = await self._taken(rows, hidden, page.limit, most_chars)
            written = int(found[0][0]) if found else 0
            return QueryResult(
                columns=columns, rows=shown, has_more=has_more, written=written, notes=self._notes(columns, hidden)
            )

    async def _described(self, connection: PostgresConnection, statement: CheckedStatement) -> list[ResultColumn]:
        try:
            return await _described(connection, statement.sql)
        except psycopg.Error as error:
            # A missing table is explained by where our own database comes from.
            note = self.reader.note if isinstance(error, psycopg.errors.UndefinedTable) else ""
            refused = told(error, statement.sql, self.policy, is_of_values=False)
            raise ToolRefusedError(f"{refused} {note}".rstrip()) from None

    async def _plain(self, connection: PostgresConnection, sql: str, parameters: Sequence[Any], page: Page) -> _Rows:
        """Rows of a statement that cannot stand inside another: EXPLAIN and SHOW."""
        place = 0
        async for row in _streamed(connection, sql, parameters):
            if place >= page.offset:
                yield [json.dumps(cell, ensure_ascii=False, default=str) for cell in row]
            place += 1

    async def _taken(
        self, rows: _Rows, hidden: HiddenColumns, limit: int, most_chars: int
    ) -> tuple[list[list[str]], bool]:
        """As many rows as there is room for, and whether there are more."""
        taken: list[list[str]] = []
        async with contextlib.aclosing(rows) as source:
            async for row in source:
                cells = [self._cell(cell, place, hidden) for place, cell in enumerate(row)]
                most_chars -= sum(map(len, cells)) + len(cells) + 3
                if len(taken) == limit or (taken and most_chars < 0):
                    return taken, True
                taken.append(cells)
        return taken, False

    def _notes(self, columns: Sequence[ResultColumn] = (), hidden: HiddenColumns | None = None) -> tuple[str, ...]:
        names = ", ".join(columns[place].name for place in sorted(hidden.hidden)) if hidden else ""
        return tuple(note for note in (f"Masked columns: {names}." if names else "", self.reader.note) if note)

    def _cell(self, raw: str | None, place: int, hidden: HiddenColumns) -> str:
        if raw is None or raw == "null":
            return "null"
        if place in hidden.hidden:
            return json.dumps(MASK)
        return raw if place in hidden.shown else mask_json(raw, self.policy)


async def _described(connection: PostgresConnection, sql: str) -> list[ResultColumn]:
    """The output columns of a statement, as the server sees them. It runs nothing, and takes one statement alone."""
    pgconn = connection.pgconn
    async with connection.lock:
        pgconn.send_prepare(b"", sql.encode())
        _raised(await connection.wait(generators.execute(pgconn)))
        pgconn.send_describe_prepared(b"")
        (result,) = _raised(await connection.wait(generators.execute(pgconn)))
    places = range(result.nfields)
    asked = (
        [result.ftype(place) for place in places],
        [result.fmod(place) for place in places],
        [result.ftable(place) for place in places],
        [result.ftablecol(place) for place in places],
    )
    cursor = await connection.execute(_COLUMNS.encode(), [list(values) for values in asked])
    told_types = await cursor.fetchall()
    return [
        ResultColumn(name=(result.fname(place) or b"").decode(), type=kind, kind=short, origin=origin)
        for place, (kind, short, origin) in zip(places, told_types, strict=True)
    ]


def _raised(results: list[pq.abc.PGresult]) -> list[pq.abc.PGresult]:
    for result in results:
        if result.status not in {pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK}:
            raise error_from_result(result)
    return results


async def _streamed(connection: PostgresConnection, sql: str, parameters: Sequence[Any]) -> _Rows:
    """Rows one by one as the server makes them, by the extended protocol. Closing it early stops the server."""
    stream = cast("_Rows", AsyncRawCursor(connection).stream(sql.encode(), parameters))
    async with contextlib.aclosing(stream) as rows:
        async for row in rows:
            yield row


async def _listed(rows: Sequence[Sequence[Any]]) -> _Rows:
    for row in rows:
        yield row
