# tests/services/test_query_attacks.py — nothing changes state, gets out or blocks, and no layer relies on another
import contextlib
import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from postgres_server import PostgresServer
from psycopg.raw_cursor import AsyncRawCursor
from query_attacks import ESCAPES, EXHAUSTS, WRITES
from query_shop import LIMITS, Shop, make_shop, open_shop

from python_coder.errors import ToolRefusedError
from python_coder.postgres.connection import (
    PostgresConnection,
    TimeLimits,
    open_connection,
    open_reading,
    stopped_in_time,
)
from python_coder.postgres.query_cells import Page
from python_coder.postgres.query_check import CheckedStatement, check_statement

pytestmark = pytest.mark.postgres

ATTACKS = WRITES | ESCAPES | EXHAUSTS
HARMLESS_BY_GRAMMAR = {"view-that-writes", "view-that-writes-as-owner", "shadowing-function", "attribute-notation"} | {
    "attribute-of-row",
    "own-operator",
    "own-operator-qualified",
    "foreign-table",
    "foreign-table-in-a-view",
    "foreign-table-as-a-partition",
}
"""Harmless by their grammar; the database's own names, the transaction and the role are what stops them."""
MOST_SECONDS = LIMITS.statement_seconds + 4.0
"""Within which the client cancels and then cuts the line, whatever the server does."""
LEFT_FILE = Path("/tmp/python-coder-evil")
SUPERUSER_CAN = {"copy-to-program", "copy-to-file", "lo-export"} | {
    *("terminate", "terminate-in-from", "cancel", "reload", "rotate", "switch-wal", "alter-system", "create-database"),
    *("slot", "restore-point", "set-config-by-view", "dblink-exec"),
}
"""What a read-only transaction of a superuser lets pass: the role and the parser hold these."""
EVERYBODY_CAN = {"lo-creat", "lo-from-bytea", "own-function-definer", "view-that-writes-as-owner", "grant"}
"""What PostgreSQL 15 lets every role do, in its own name or the owner's: transaction and parser hold these. Its
GRANT grants nothing, yet writes the owner's rights down."""


@pytest.fixture(scope="module")
def shop(postgres_server: PostgresServer) -> Iterator[Shop]:
    with open_shop(make_shop(postgres_server.new_database("attacked"))) as opened:
        opened.before = opened.state()
        yield opened


@pytest.fixture(autouse=True)
def _nothing_changes(shop: Shop) -> Iterator[None]:
    yield
    before, shop.before = shop.before, shop.state()
    assert shop.before ^ before == set()
    assert not LEFT_FILE.exists()


def test_there_are_enough() -> None:
    assert len(ATTACKS) == len(WRITES) + len(ESCAPES) + len(EXHAUSTS) >= 90


@pytest.mark.parametrize("name", {**WRITES, **ESCAPES})
async def test_every_layer_holds(shop: Shop, name: str) -> None:
    sql = ATTACKS[name]
    if name in HARMLESS_BY_GRAMMAR:
        check_statement(sql)
    else:
        with pytest.raises(ToolRefusedError):
            check_statement(sql)
    assert await shop.refusal(sql)
    await _without_the_grammar(shop, sql)
    if name not in EVERYBODY_CAN:
        await _by_the_role_alone(shop, sql)
    if name not in SUPERUSER_CAN:
        await _by_the_transaction_alone(shop, sql)


@pytest.mark.parametrize("name", EXHAUSTS)
async def test_tool_ends_in_time(shop: Shop, name: str) -> None:
    started = time.monotonic()
    await shop.refusal(EXHAUSTS[name])
    assert time.monotonic() - started < MOST_SECONDS


async def _without_the_grammar(shop: Shop, sql: str) -> None:
    """As the tool would run it if nothing had looked at it."""
    started = time.monotonic()
    unparsed = CheckedStatement(kind="show", sql=sql, tree=None)
    with contextlib.suppress(ToolRefusedError, UnicodeEncodeError):
        await shop.runner.run(unparsed, [], Page(limit=10, most_cell_chars=100), most_chars=1000)
    assert time.monotonic() - started < MOST_SECONDS


async def _by_the_role_alone(shop: Shop, sql: str) -> None:
    """Each statement committed by itself, and no word of reading only."""
    async with open_connection(shop.runner.reader.address, limits=LIMITS, search_path="public") as connection:
        await connection.execute("SET default_transaction_read_only = off")
        await _try(connection, sql)


async def _by_the_transaction_alone(shop: Shop, sql: str) -> None:
    """As a superuser."""
    async with open_reading(shop.address, limits=LIMITS, search_path="public") as connection:
        await _try(connection, sql)


async def _try(connection: PostgresConnection, sql: str) -> None:
    """Send it as one message of the extended protocol."""
    with contextlib.suppress(psycopg.Error, UnicodeEncodeError):
        await AsyncRawCursor(connection).execute(sql.encode(), [], prepare=True)


async def test_line_is_cut_when_the_server_does_not_stop(shop: Shop) -> None:
    started = time.monotonic()
    async with open_reading(shop.runner.reader.address, limits=LIMITS, search_path="public") as connection:
        await connection.execute("SET statement_timeout = 0")
        with pytest.raises(ToolRefusedError, match="stopped after"):
            async with stopped_in_time(connection, LIMITS):
                await connection.execute("SELECT pg_sleep(60)")
    assert time.monotonic() - started < LIMITS.statement_seconds + 4.0


async def test_locked_table_does_not_block(shop: Shop) -> None:
    with psycopg.connect(shop.dsn) as other:
        other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        assert "55P03" in await shop.refusal("SELECT * FROM users")
        assert time.monotonic() - started < MOST_SECONDS
        other.rollback()


async def test_temporary_files_are_bounded(shop: Shop) -> None:
    async with open_reading(shop.runner.reader.address, limits=LIMITS, search_path="public") as connection:
        cursor = await connection.execute("SHOW temp_file_limit")
        assert await cursor.fetchone() == ("256MB",)


async def test_huge_answers_are_neither_kept_nor_sent(shop: Shop) -> None:
    rows = "generate_series(1, 1000) AS a, generate_series(1, 1000000) AS b"
    patient = replace(shop, runner=replace(shop.runner, limits=TimeLimits()))
    answer = await patient.answer(f"SELECT a, repeat('x', 100000) FROM {rows}", limit=1000)
    assert answer["truncated"]
    assert len(str(answer)) < 25_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_500_000
