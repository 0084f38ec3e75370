# benchmarks/query_time.py — how long small and refused statements take through the query tool, beside bare psycopg
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg

from python_coder.errors import ToolRefusedError
from python_coder.tools.postgres.query_tool import QueryTools
from python_coder.tools.postgres.session import DatabaseChoice, PostgresSession

RUNS = 51
TABLE = "CREATE TABLE items (id serial PRIMARY KEY, name text, email text)"
ROWS = "INSERT INTO items (name, email) SELECT 'n' || n, n || '@example.com' FROM generate_series(1, 1000) AS n"
SMALL = "SELECT id, name, email FROM items WHERE id = $1"


async def measured() -> list[tuple[str, str]]:
    """Median wall milliseconds of whole calls; each opens a connection of its own, as the tool does."""
    with tempfile.TemporaryDirectory() as folder:
        session = PostgresSession(choice=DatabaseChoice(address=None), cache=Path(folder))
        tools = QueryTools(runner=session.runner, record=lambda sql, rows: None)
        try:
            owner = (await session.runner()).writer
            if owner is None:
                raise SystemExit("The private database may not be written to, so nothing can be measured.")
            login = {"host": owner.host, "port": owner.port, "dbname": owner.database, "user": owner.user}
            where = psycopg.conninfo.make_conninfo(password=owner.password, **login)
            async with await psycopg.AsyncConnection.connect(where, autocommit=True) as connection:
                await connection.execute(TABLE)
                await connection.execute(ROWS)

            async def bare() -> None:
                async with await psycopg.AsyncConnection.connect(where) as connection:
                    await (await connection.execute(SMALL.replace("$1", "%s"), [7])).fetchall()

            async def refused() -> None:
                try:
                    await tools.query("SELECT pg_sleep(60)")
                except ToolRefusedError:
                    return

            return [
                ("query: one row of a small table, masked", await _median(lambda: tools.query(SMALL, [7]))),
                ("query: a page of 100 rows", await _median(lambda: tools.query("SELECT * FROM items ORDER BY id"))),
                ("query: a refused statement", await _median(refused)),
                ("psycopg alone: connect and fetch that row", await _median(bare)),
            ]
        finally:
            await session.aclose()


async def _median(call: Callable[[], Awaitable[object]]) -> str:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        await call()
        times.append(time.perf_counter() - began)
    return f"{statistics.median(times) * 1000:.1f} ms"


if __name__ == "__main__":
    for title, figure in asyncio.run(measured()):
        print(f"| {title} | {figure} |")
