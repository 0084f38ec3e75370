# benchmarks/schema_answer.py — how long get_schema takes on a database of 500 tables, and how long its answer is
import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg

from python_coder.postgres.embedded import EmbeddedPostgres
from python_coder.tools.postgres.schema_tool import SchemaTools

TABLES = 500
RUNS = 9


def table(number: int) -> str:
    """A table of twelve columns with a key, a foreign key, a check and three indexes."""
    name, target = f"tenant_record_{number:03}", f"tenant_record_{max(0, number - 7):03}"
    return f"""
        CREATE TABLE {name} (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent_id bigint REFERENCES {target},
            code varchar(40) NOT NULL UNIQUE, title text NOT NULL, note text, amount numeric(12, 2) NOT NULL DEFAULT 0,
            state record_state NOT NULL DEFAULT 'open', tags text[] NOT NULL DEFAULT '{{}}', extra jsonb,
            is_live boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now(), closed_at timestamptz,
            CHECK (amount >= 0)
        );
        CREATE INDEX ON {name} (parent_id);
        CREATE INDEX ON {name} (created_at DESC) WHERE is_live;
        COMMENT ON TABLE {name} IS 'Records of kind {number}';
    """


def measure() -> list[tuple[str, str]]:
    """Median wall milliseconds of whole tool calls on one open connection, and characters of the answers."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(cache=Path(folder)) as server:
        server.new_database("large")
        with server.connection("large") as connection:
            connection.execute("CREATE TYPE record_state AS ENUM ('open', 'closed')")
            for number in range(TABLES):
                connection.execute(table(number).encode())
            connection.execute("ANALYZE")
        return asyncio.run(_measured(server.dsn("large")))


async def _measured(dsn: str) -> list[tuple[str, str]]:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:

        @contextlib.asynccontextmanager
        async def connect() -> AsyncIterator[psycopg.AsyncConnection[Any]]:
            yield connection
            await connection.rollback()

        tools = SchemaTools(connect=connect)
        asked: dict[str, dict[str, Any]] = {
            "all": {},
            "all, as JSON": {"output": "json"},
            "one table": {"table": "tenant_record_250"},
        }
        return [(f"get_schema, {TABLES} tables, {what}", await _row(tools, options)) for what, options in asked.items()]


async def _row(tools: SchemaTools, options: dict[str, Any]) -> str:
    milliseconds, answer = [], ""
    for _ in range(RUNS):
        began = time.perf_counter()
        answer = await tools.get_schema(**options)
        milliseconds.append((time.perf_counter() - began) * 1000)
    low, high = min(milliseconds), max(milliseconds)
    return f"{statistics.median(milliseconds):.0f} ms (min {low:.0f}, max {high:.0f}), {len(answer):,} characters"


if __name__ == "__main__":
    for row in measure():
        print(" | ".join(row))
