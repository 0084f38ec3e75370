# src/python_coder/postgres/connection.py — connections that read, bounded on both sides and always rolled back
import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from python_coder.errors import ToolRefusedError, UsageError
from python_coder.postgres.address import DatabaseAddress, is_near

APPLICATION_NAME = "python-coder"
"""How our sessions show in `pg_stat_activity`."""

PostgresConnection = psycopg.AsyncConnection[tuple[Any, ...]]
"""An open connection of psycopg."""

_CONNECT_SECONDS = 5
_GRACE_SECONDS = 2.0
"""How long after the server should have stopped a statement we stop it ourselves."""
_PREPARE_SESSION = """
SELECT pg_catalog.set_config('search_path', 'pg_catalog, ' || %s || ', pg_temp', false),
       pg_catalog.set_config('statement_timeout', %s, false),
       pg_catalog.set_config('lock_timeout', %s, false),
       pg_catalog.set_config('idle_in_transaction_session_timeout', %s, false),
       pg_catalog.set_config('standard_conforming_strings', 'on', false),
       pg_catalog.set_config('datestyle', 'ISO, YMD', false),
       pg_catalog.set_config('intervalstyle', 'postgres', false),
       pg_catalog.set_config('bytea_output', 'hex', false)
"""


_END_WITH_CLIENT = b"SELECT pg_catalog.set_config('client_connection_check_interval', '500ms', false)"
"""Ends what runs when nobody waits for it: the call was given up, or we were killed."""


class DatabaseUnreachableError(ToolRefusedError):
    """No connection could be made. Nothing was run; see that the server runs, and ask again."""


@dataclass(frozen=True, kw_only=True)
class TimeLimits:
    """How long a statement may take."""

    statement_seconds: float = 10.0
    """The server's own limit; ours comes two seconds later, in case the server does not keep it."""
    lock_seconds: float = 2.0


@contextlib.asynccontextmanager
async def open_connection(
    address: DatabaseAddress, *, limits: TimeLimits | None = None, search_path: str = "", may_be_far: bool = False
) -> AsyncIterator[PostgresConnection]:
    """Open a connection without a transaction, and close it afterwards.

    Args:
        address: Checked by `refuse_far` before.
        limits: Of each statement.
        search_path: Schemas for names without one, as SQL; those of the role if empty. `pg_catalog` comes first in
            any case, so that nothing in the database can stand before a builtin function or table.
        may_be_far: Whether the user allowed a host that is not this machine.

    Raises:
        DatabaseUnreachableError: The server cannot be reached, or does not let this role in.
        UsageError: The connection led to another machine than its address says.
    """
    limits = limits or TimeLimits()
    connection = await _connect(address)
    try:
        reached = connection.info.hostaddr
        if not may_be_far and reached and not is_near(reached):
            raise UsageError(f"The connection to {address.label} led to another machine: see your /etc/hosts.")
        path = search_path or await _own_search_path(connection)
        milliseconds = [str(int(seconds * 1000)) for seconds in (limits.statement_seconds, limits.lock_seconds)]
        idle = str(int((limits.statement_seconds + _GRACE_SECONDS) * 1000))
        await connection.execute(_PREPARE_SESSION, [path, *milliseconds, idle])
        with contextlib.suppress(psycopg.Error):
            # Unknown before PostgreSQL 14 and on some systems; there the statement's own time ends it.
            await connection.execute(_END_WITH_CLIENT)
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def open_reading(
    address: DatabaseAddress, *, limits: TimeLimits | None = None, search_path: str = "", may_be_far: bool = False
) -> AsyncIterator[PostgresConnection]:
    """Open a connection inside a READ ONLY transaction, which is rolled back whatever happens.

    Arguments and errors are those of `open_connection`.
    """
    async with open_connection(address, limits=limits, search_path=search_path, may_be_far=may_be_far) as connection:
        await connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try:
            yield connection
        finally:
            with contextlib.suppress(psycopg.Error):
                await connection.execute("ROLLBACK")


@contextlib.asynccontextmanager
async def stopped_in_time(connection: PostgresConnection, limits: TimeLimits) -> AsyncIterator[None]:
    """Stop what runs on a connection when the server does not do so itself: cancel it, then cut the line.

    Raises:
        ToolRefusedError: It was stopped.
    """
    seconds = limits.statement_seconds + _GRACE_SECONDS
    loop = asyncio.get_running_loop()
    cut = loop.call_later(seconds + _GRACE_SECONDS, _cut, connection)
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise ToolRefusedError(
            f"The statement was stopped after {seconds:g} s, since the server did not stop it. Ask for less."
        ) from None
    finally:
        cut.cancel()


def _cut(connection: PostgresConnection) -> None:
    """End the line itself: whoever waits for the server wakes up with an error."""
    with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


async def _connect(address: DatabaseAddress) -> PostgresConnection:
    try:
        where = make_conninfo(
            "",
            host=address.host,
            hostaddr="",  # else PGHOSTADDR of the environment would lead us, and the password, elsewhere
            port=address.port,
            dbname=address.database,
            user=address.user,
            password=address.password or None,
            application_name=APPLICATION_NAME,
            connect_timeout=_CONNECT_SECONDS,
            options="",
            **address.tls,
        )
        return await psycopg.AsyncConnection.connect(where, autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        why = " ".join(str(error).split())
        if address.password:
            why = why.replace(address.password, "[redacted]")
        raise DatabaseUnreachableError(
            f"The database {address.label} cannot be reached: {why.rstrip('.?')}. "
            "See that its server runs and lets this role in, then ask again."
        ) from None


async def _own_search_path(connection: PostgresConnection) -> str:
    cursor = await connection.execute("SELECT pg_catalog.current_setting('search_path')")
    row = await cursor.fetchone()
    return (row[0] if row else "") or "public"
