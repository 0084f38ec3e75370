# src/python_coder/gates/probes/rows_probe.py — run by a project's Python: rows put into a scratch database, and read
"""Reads one JSON job from the file that its only argument names, deletes the file, and prints one JSON answer.

Imports SQLAlchemy and no code of the project.
Runs on Python 3.8 and newer, alone.
"""

from __future__ import annotations

import asyncio
import datetime
import decimal
import importlib
import json
import re
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_ONE_OF = re.compile(r"\"?(\w+)\"?\s+IN\s*\(([^)]*)\)", re.IGNORECASE)
_VERSIONS = "alembic_version"
_DEEPEST = 6
_HEXADECIMAL = 32
"""Length of the text that stands for a UUID where the database has no such type."""


class Filler:
    """Puts rows into tables whose shape is read from the database."""

    def __init__(self, connection: Any, pointers: dict[str, dict[str, list[str]]]) -> None:
        """Read the shape of all tables.

        Args:
            connection: To the database.
            pointers: Table and column that a column will point to, by table and column: its values must exist there.
        """
        self.pointers = pointers
        self.sa = importlib.import_module("sqlalchemy")
        self.connection = connection
        self.metadata = self.sa.MetaData()
        self.metadata.reflect(bind=connection)
        self.inspector = self.sa.inspect(connection)

    def row(self, table: Any, number: int, *, is_bare: bool, depth: int = 0) -> None:
        """Put one row into a table, and rows into the tables that it points to.

        Args:
            table: The reflected table.
            number: Makes the values of this row unlike those of others.
            is_bare: Whether to leave out all that the database does not demand.
            depth: How many tables point here already.
        """
        if depth > _DEEPEST:
            raise ValueError(f"{table.name} points to tables in a ring")
        choices = self.choices(table)
        values = {}
        for column in table.columns:
            if column.computed is not None or column.identity is not None or self.counts_itself(table, column):
                continue
            if is_bare and (column.nullable or column.server_default is not None):
                continue
            target = self.target(column)
            if target is not None:
                values[column.name] = self.parent(column, target, number, depth)
            elif column.name in choices:
                values[column.name] = choices[column.name]
            else:
                values[column.name] = value_for(column.type, number)
        self.connection.execute(table.insert().values(values) if values else table.insert())

    def counts_itself(self, table: Any, column: Any) -> bool:
        """Whether the database numbers this key by itself."""
        keys = list(table.primary_key.columns)
        return (
            len(keys) == 1
            and keys[0] is column
            and isinstance(column.type, self.sa.Integer)
            and not column.foreign_keys
        )

    def target(self, column: Any) -> Any:
        """The column that this one points to, or will point to; `None` when there is none."""
        if column.foreign_keys:
            return next(iter(column.foreign_keys)).column
        table, name = self.pointers.get(column.table.name, {}).get(column.name, ("", ""))
        return self.metadata.tables[table].columns.get(name) if table in self.metadata.tables else None

    def parent(self, column: Any, target: Any, number: int, depth: int) -> Any:
        """A value that a column may hold which points to `target`."""
        if target.table is column.table:
            if column.nullable:
                return None
            raise ValueError(f"{column.table.name} needs a row of its own to point to")
        query = self.sa.select(target).limit(1).offset(number - 1)
        found = self.connection.execute(query).first()
        while found is None:
            self.row(target.table, number, is_bare=False, depth=depth + 1)
            found = self.connection.execute(query).first() or self.connection.execute(self.sa.select(target)).first()
        return found[0]

    def choices(self, table: Any) -> dict[str, str]:
        """First allowed word of each column that a check holds to a list of words."""
        try:
            checks = self.inspector.get_check_constraints(table.name, schema=table.schema)
        except NotImplementedError:
            return {}
        found = {}
        for check in checks:
            for column, words in _ONE_OF.findall(check.get("sqltext") or ""):
                found[column] = words.split(",")[0].strip().strip("'\"")
        return found


def value_for(kind: Any, number: int) -> Any:
    """A plain value that a column of this type takes."""
    length = getattr(kind, "length", None)
    enums = getattr(kind, "enums", None)
    if enums:
        return enums[0]
    try:
        python_type = kind.python_type
    except NotImplementedError:
        python_type = str
    if python_type is str:
        text = uuid.UUID(int=number).hex if length == _HEXADECIMAL else f"{number} is its number"
        return text[:length]
    values: dict[Any, Any] = {
        int: number,
        float: float(number),
        bool: True,
        bytes: b"%d" % number,
        dict: {},
        list: [],
        decimal.Decimal: decimal.Decimal(number),
        datetime.datetime: datetime.datetime(2024, 1, number, 12),
        datetime.date: datetime.date(2024, 1, number),
        datetime.time: datetime.time(12, number),
        datetime.timedelta: datetime.timedelta(minutes=number),
        uuid.UUID: uuid.UUID(int=number),
    }
    return values.get(python_type, f"row {number}")


def shape(connection: Any) -> dict[str, Any]:
    """Where the database stands, and what each table looks like."""
    sa = importlib.import_module("sqlalchemy")
    inspector = sa.inspect(connection)
    names = inspector.get_table_names()
    versions = []
    if _VERSIONS in names:
        versions = sorted(row[0] for row in connection.execute(sa.text(f"SELECT version_num FROM {_VERSIONS}")))  # noqa: S608 - a constant  # nosec B608
    tables, pointers = {}, {}
    for name in names:
        if name != _VERSIONS:
            columns, keys = inspector.get_columns(name), inspector.get_foreign_keys(name)
            single = [key for key in keys if len(key["constrained_columns"]) == 1]
            pointers[name] = {
                key["constrained_columns"][0]: [key["referred_table"], key["referred_columns"][0]] for key in single
            }
            parts = [
                sorted(f"{c['name']} {c['type']} {c['nullable']} {c.get('default')}" for c in columns),
                sorted(str(sorted(u.get("column_names") or [])) for u in inspector.get_unique_constraints(name)),
                sorted(f"{i.get('column_names')} {i.get('unique')}" for i in inspector.get_indexes(name)),
                sorted(f"{k['constrained_columns']} {k['referred_table']}" for k in keys),
            ]
            tables[name] = json.dumps(parts)
    return {"versions": versions, "tables": tables, "pointers": pointers}


def files(connection: Any) -> dict[str, str]:
    """On PostgreSQL, which file holds each table's rows: another one after a statement that wrote the table anew."""
    if connection.dialect.name != "postgresql":
        return {}
    query = "SELECT relname, oid, relfilenode FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
    found = connection.execute(importlib.import_module("sqlalchemy").text(query))
    return {name: f"{number} {file}" for name, number, file in found}


def fill(connection: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Put two rows into each table that is not as `now` says: one with all its columns, one with only what must be."""
    before = shape(connection)
    names = [name for name, said in before["tables"].items() if job["now"].get(name) != said]
    problems = {}
    for name in names:
        for number, is_bare in ((1, False), (2, True)):
            point = connection.begin_nested()
            try:
                filler = Filler(connection, job.get("pointers") or {})
                filler.row(filler.metadata.tables[name], number, is_bare=is_bare)
                point.commit()
            except Exception as error:  # noqa: BLE001 - the answer tells of every error
                point.rollback()
                problems[name] = f"{type(error).__name__}: {str(getattr(error, 'orig', None) or error)[:300]}"
    return {"versions": before["versions"], "problems": problems, **read(connection, {"tables": names})}


def read(connection: Any, job: dict[str, Any]) -> dict[str, Any]:
    """All rows of the named tables that still exist, with the names of each table's key."""
    sa = importlib.import_module("sqlalchemy")
    rows = {}
    existing = set(sa.inspect(connection).get_table_names())
    for name in job["tables"]:
        if name in existing:
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            found = connection.execute(sa.select(table)).mappings()
            keys = [column.name for column in table.primary_key.columns]
            rows[name] = {"keys": keys, "rows": [{key: repr(value) for key, value in row.items()} for row in found]}
    return {"rows": rows, "files": files(connection), "tables": shape(connection)["tables"]}


def on_connection(address: str, work: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Do work on one connection, in one transaction, with whatever driver the address names."""
    sa = importlib.import_module("sqlalchemy")
    url = sa.engine.make_url(address)
    if not url.get_dialect().is_async:
        engine = sa.create_engine(url)
        try:
            with engine.begin() as connection:
                return work(connection)
        finally:
            engine.dispose()

    async def asynchronously() -> dict[str, Any]:
        engine = importlib.import_module("sqlalchemy.ext.asyncio").create_async_engine(url)
        try:
            async with engine.begin() as connection:
                return dict(await connection.run_sync(work))
        finally:
            await engine.dispose()

    return asyncio.run(asynchronously())


def main(path: str) -> None:
    """Do the job that a file describes, and print its answer."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    Path(path).unlink()
    actions: dict[str, Callable[[], dict[str, Any]]] = {
        "shape": lambda: on_connection(job["url"], shape),
        "fill": lambda: on_connection(job["url"], lambda connection: fill(connection, job)),
        "read": lambda: on_connection(job["url"], lambda connection: read(connection, job)),
    }
    try:
        answer = actions[job["action"]]()
    except Exception as error:  # noqa: BLE001 - the answer tells of every error
        answer = {"error": f"{type(error).__name__}: {str(getattr(error, 'orig', None) or error)[:600]}"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
