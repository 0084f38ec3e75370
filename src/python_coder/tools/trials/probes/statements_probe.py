# src/python_coder/tools/trials/probes/statements_probe.py — run by a project's Python: SQL on a scratch database
"""Reads one JSON job from the file that its only argument names, deletes the file, and prints one JSON answer.

All statements in one transaction, kept if every one went well. Imports SQLAlchemy and no code of the project.
Runs on Python 3.8 and newer, alone.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from pathlib import Path
from typing import Any

_MOST_ROWS = 50


def run_all(connection: Any, statements: list[str]) -> dict[str, Any]:
    """Run statements in order; of each that gives rows, the first of them as texts."""
    sa = importlib.import_module("sqlalchemy")
    results = []
    for number, statement in enumerate(statements, start=1):
        try:
            # As it is: a colon in it is no parameter.
            found = connection.execute(sa.text(statement.replace(":", "\\:")))
        except Exception as error:  # noqa: BLE001 - the answer tells of every error
            words = str(getattr(error, "orig", None) or error)
            return {"error": f"statement {number} failed: {type(error).__name__}: {words[:600]}"}
        if not found.returns_rows:
            results.append({"count": found.rowcount})
            continue
        rows = [[None if value is None else str(value) for value in row] for row in found.fetchmany(_MOST_ROWS)]
        results.append({"columns": list(found.keys()), "rows": rows})
    return {"results": results}


def on_connection(url: str, statements: list[str]) -> dict[str, Any]:
    """Open the database, by a plain or an asynchronous driver, and run all in one transaction."""
    sa = importlib.import_module("sqlalchemy")
    if sa.make_url(url).get_dialect().is_async:
        return asyncio.run(_on_asynchronous(url, statements))
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        answer = run_all(connection, statements)
        if "error" not in answer:
            connection.commit()
    engine.dispose()
    return answer


async def _on_asynchronous(url: str, statements: list[str]) -> dict[str, Any]:
    engine = importlib.import_module("sqlalchemy.ext.asyncio").create_async_engine(url)
    async with engine.connect() as connection:
        answer: dict[str, Any] = await connection.run_sync(run_all, statements)
        if "error" not in answer:
            await connection.commit()
    await engine.dispose()
    return answer


def main(path: str) -> None:
    """Do the job that a file describes, and print its answer."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    Path(path).unlink()
    try:
        answer = on_connection(job["url"], job["statements"])
    except Exception as error:  # noqa: BLE001 - the answer tells of every error
        answer = {"error": f"{type(error).__name__}: {str(getattr(error, 'orig', None) or error)[:600]}"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
