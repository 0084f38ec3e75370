# src/python_coder/postgres/reader_role.py — a role that can read everything and write nothing, for one session
"""Made where the user's own role may make roles, and dropped when the session ends.

It logs in by itself, since what `SET ROLE` narrows any statement could widen again. Its password is random, sent as a
SCRAM verifier, so that no server log holds it, and good for a day, so that one which a killed session left is useless.
"""

import asyncio
import contextlib
import logging
import secrets
from dataclasses import dataclass
from typing import Any

from psycopg import Error, sql

from python_coder.errors import PythonCoderError
from python_coder.postgres.address import DatabaseAddress
from python_coder.postgres.connection import PostgresConnection, TimeLimits, open_connection

PREFIX = "python_coder_reader_"
"""Our roles start with this; what is older than its day is dropped at the next start."""

_SESSIONS = 40
_TEMP_FILES = "256MB"
_PRIVILEGES = """
SELECT r.rolsuper, r.rolcreaterole, pg_catalog.current_setting('server_version_num')::int,
       pg_catalog.current_setting('search_path'),
       EXISTS (SELECT FROM pg_catalog.pg_class WHERE relrowsecurity)
FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user
"""
_CAN_WRITE = """
SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
"""
_LEFT_OVER = "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname LIKE %s AND rolvaliduntil < pg_catalog.now()"
_FIRST_WITH_READ_ALL = 140_000
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How queries log in."""

    address: DatabaseAddress
    search_path: str
    """Of the user's own role, so that names mean the same to both."""
    is_own_role: bool
    """Whether it is the role without write rights that was made for it."""
    note: str = ""
    """What answers say about it; empty when there is nothing to say."""


async def make_reader(address: DatabaseAddress, *, may_be_far: bool = False) -> Reader:
    """Make the role, or say why the user's own has to do.

    Args:
        address: The user's.
        may_be_far: Whether the user allowed a host that is not this machine.

    Raises:
        ToolRefusedError: The database cannot be reached.
    """
    async with open_connection(address, limits=_LIMITS, search_path="public", may_be_far=may_be_far) as connection:
        await connection.execute("RESET search_path")
        is_super, makes_roles, version, path, hides_rows = await _row(connection, _PRIVILEGES)
        path = path.replace('"$user"', sql.Identifier(address.user).as_string())
        if (is_super or makes_roles) and version >= _FIRST_WITH_READ_ALL:
            made = await _made(connection, address, is_super=is_super)
            if made is not None and await _logs_in(made, path, may_be_far=may_be_far):
                note = (
                    "Some tables have row-level security: rows that their policies hide are not shown."
                    if hides_rows
                    else ""
                )
                return Reader(address=made, search_path=path, is_own_role=True, note=note)
            if made is not None:
                await _dropped(connection, made.user)
        (writable,) = await _row(connection, _CAN_WRITE)
    rights = "is a superuser" if is_super else f"may write to {writable} tables" if writable else ""
    note = (
        f"No role of our own could be made, and {address.user} {rights}: the read-only transaction and the lists of "
        "statements and functions guard alone."
    )
    return Reader(address=address, search_path=path, is_own_role=False, note=note if rights else "")


async def drop_reader(address: DatabaseAddress, reader: Reader, *, may_be_far: bool = False) -> None:
    """Drop the role again, if one was made. A server that is gone already needs nothing."""
    if not reader.is_own_role:
        return
    with contextlib.suppress(PythonCoderError, Error, TimeoutError):
        async with (
            asyncio.timeout(_LIMITS.statement_seconds),
            open_connection(address, limits=_LIMITS, search_path="public", may_be_far=may_be_far) as connection,
        ):
            await _dropped(connection, reader.address.user)


_LIMITS = TimeLimits(statement_seconds=5.0)


async def _made(connection: PostgresConnection, address: DatabaseAddress, *, is_super: bool) -> DatabaseAddress | None:
    name, word = PREFIX + secrets.token_hex(8), secrets.token_urlsafe(24)
    verifier = connection.pgconn.encrypt_password(word.encode(), name.encode(), b"scram-sha-256").decode()
    role = sql.Identifier(name)
    create = sql.SQL(
        "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT "
        "CONNECTION LIMIT {} PASSWORD {} VALID UNTIL {}"
    )
    (until,) = await _row(connection, "SELECT (pg_catalog.now() + interval '1 day')::text")
    statements = [
        create.format(role, sql.Literal(_SESSIONS), sql.Literal(verifier), sql.Literal(until)),
        sql.SQL("GRANT pg_read_all_data TO {}").format(role),
        sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(role),
    ]
    if is_super:
        statements.append(sql.SQL("ALTER ROLE {} SET temp_file_limit = {}").format(role, sql.Literal(_TEMP_FILES)))
    try:
        await _sweep(connection)
        async with connection.transaction():
            for statement in statements:
                await connection.execute(statement)
    except Error as error:
        _logger.info("No reader role on %s: %s", address.label, error)
        return None
    return address.as_user(name, word)


async def _logs_in(address: DatabaseAddress, path: str, *, may_be_far: bool) -> bool:
    """Whether the server lets the new role in: it does not where it asks the system who somebody is."""
    try:
        async with open_connection(address, limits=_LIMITS, search_path=path, may_be_far=may_be_far):
            return True
    except PythonCoderError:
        return False


async def _sweep(connection: PostgresConnection) -> None:
    cursor = await connection.execute(_LEFT_OVER, [PREFIX.replace("_", r"\_") + "%"])
    for (name,) in await cursor.fetchall():
        await _dropped(connection, name)


async def _dropped(connection: PostgresConnection, name: str) -> None:
    try:
        await connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
    except Error as error:
        _logger.warning("The role %s could not be dropped: %s", name, error)


async def _row(connection: PostgresConnection, query: str) -> tuple[Any, ...]:
    cursor = await connection.execute(query.encode())
    row = await cursor.fetchone()
    return row or ()
