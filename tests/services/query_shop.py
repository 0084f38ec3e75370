# tests/services/query_shop.py — a small shop's database, the query tool on it, and all of its state
import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from python_coder.errors import ToolRefusedError
from python_coder.postgres.address import DatabaseAddress, parse_address
from python_coder.postgres.connection import TimeLimits
from python_coder.postgres.masking import MaskingPolicy
from python_coder.postgres.query_run import QueryRunner
from python_coder.postgres.reader_role import drop_reader, make_reader
from python_coder.tools.postgres.query_tool import QueryTools

SHOP = (Path(__file__).parent / "query_shop.sql").read_text(encoding="utf-8")
LIMITS = TimeLimits(statement_seconds=0.4, lock_seconds=0.2)
_STATE = """
SELECT 'rows', t.oid::regclass::text,
       md5(pg_catalog.query_to_xml('SELECT * FROM ' || t.oid::regclass || ' ORDER BY 1', true, false, '')::text)
FROM pg_class AS t JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE t.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg_%' AND n.nspname <> 'information_schema'
UNION ALL SELECT 'object', oid::text, relname || relkind::text || relnamespace || coalesce(relacl::text, '')
FROM pg_class WHERE relpersistence <> 't'
UNION ALL SELECT 'function', oid::text, proname || md5(coalesce(prosrc, '')) FROM pg_proc
UNION ALL SELECT 'rule', oid::text, rulename FROM pg_rewrite
UNION ALL SELECT 'trigger', oid::text, tgname FROM pg_trigger
UNION ALL SELECT 'comment', objoid::text, description FROM pg_description WHERE objoid >= 16384
UNION ALL SELECT 'setting', s.setdatabase::text, s.setrole || s.setconfig::text
FROM pg_db_role_setting AS s LEFT JOIN pg_roles AS r ON r.oid = s.setrole
WHERE coalesce(r.rolname, '') NOT LIKE 'python_coder%'
UNION ALL SELECT 'role', oid::text, rolname || rolsuper FROM pg_roles WHERE rolname NOT LIKE 'python_coder%'
UNION ALL SELECT 'file setting', name, setting FROM pg_file_settings
UNION ALL SELECT 'large object', oid::text, lomacl::text FROM pg_largeobject_metadata
UNION ALL SELECT 'slot', slot_name, slot_type FROM pg_replication_slots
UNION ALL SELECT 'prepared', gid, owner FROM pg_prepared_xacts
UNION ALL SELECT 'database', oid::text, datname FROM pg_database
UNION ALL SELECT 'collation', oid::text, collname FROM pg_collation
UNION ALL SELECT 'sequence', 'orders_id_seq', last_value::text || is_called FROM orders_id_seq
UNION ALL SELECT 'file', f, '' FROM pg_ls_dir('.') AS f
"""


@dataclass
class Shop:
    """One database with the tool on it."""

    address: DatabaseAddress
    dsn: str
    runner: QueryRunner
    watcher: psycopg.Connection[tuple[str, ...]]
    """Sees all that is committed."""
    writes: list[tuple[str, int]] = field(default_factory=list)
    before: frozenset[tuple[str, ...]] = frozenset()
    """A state that was kept."""

    async def answer(self, sql: str, *parameters: Any, **options: Any) -> dict[str, Any]:
        """What the tool answers, read as JSON."""

        async def runner() -> QueryRunner:
            return self.runner

        tools = QueryTools(runner=runner, record=lambda sql, rows: self.writes.append((sql, rows)))
        answer: dict[str, Any] = json.loads(await tools.query(sql, list(parameters), **options))
        return answer

    async def rows(self, sql: str, *parameters: Any, **options: Any) -> list[list[Any]]:
        rows: list[list[Any]] = (await self.answer(sql, *parameters, **options))["rows"]
        return rows

    async def refusal(self, sql: str, *parameters: Any) -> str:
        """Why the tool refuses; empty when it does not."""
        try:
            await self.answer(sql, *parameters)
        except ToolRefusedError as error:
            return str(error)
        return ""

    def state(self) -> frozenset[tuple[str, ...]]:
        """All rows, objects, settings, roles, files and sequences."""
        return frozenset(self.watcher.execute(_STATE.encode()).fetchall())


@contextmanager
def open_shop(dsn: str, *, policy: MaskingPolicy | None = None, may_write: bool = False) -> Iterator[Shop]:
    """The tool on a database that `make_shop` filled, with a reader role of its own."""
    address = parse_address(dsn)
    reader = asyncio.run(make_reader(address))
    try:
        runner = QueryRunner(
            reader=reader,
            writer=address if may_write else None,
            limits=LIMITS,
            policy=policy or MaskingPolicy(),
        )
        with psycopg.connect(dsn, autocommit=True) as watcher:
            yield Shop(address=address, dsn=dsn, runner=runner, watcher=watcher)
    finally:
        asyncio.run(drop_reader(address, reader))


def make_shop(dsn: str) -> str:
    """Fill an empty database. Returns its address."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SHOP.encode())
    return dsn
