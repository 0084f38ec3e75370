# src/python_coder/gates/migration_schema.py — the schema that new revisions lead to, beside the one the models ask for
"""Alembic's own comparison passes over checks, primary keys, exclusions and the labels of enumerations.

So the scratch database at the head is read as `get_schema` reads any database, and so is another one on which the
models alone made their tables. What the models ask for must be there; what a revision adds beyond them may be.
"""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

import psycopg

from python_coder.evidence.verdict import Finding, Severity
from python_coder.gates.migration_database import ScratchDatabase
from python_coder.gates.migration_session import MigrationSession
from python_coder.postgres.drift import Difference, differences
from python_coder.postgres.embedded_template import short_folder
from python_coder.postgres.schema import VERSION_TABLE, DatabaseSchema, Table
from python_coder.postgres.schema_reading import read_schema
from python_coder.postgres.schema_text import table_lines

_MOST_CHARS = 2_000
_CONNECT_SECONDS = 10


@dataclass
class SchemaWatch:
    """The schema at the head, and where the change began. Each is `None` until it was read."""

    after: DatabaseSchema | None = None
    before: DatabaseSchema | None = None
    problem: str = ""
    facts: dict[str, str | int | float] = field(default_factory=dict)

    async def note_after(self, session: MigrationSession) -> None:
        """Read the database, which stands at the head."""
        self.after = await self._read(session.database)

    async def note_before(self, session: MigrationSession) -> None:
        """Read the database, which went down to where the base stood."""
        self.before = await self._read(session.database)

    async def judge(self, session: MigrationSession, path: str) -> list[Finding]:
        """What the models ask for and the new revisions did not make, in the tables that they touch.

        Args:
            session: Its second database must be empty, or nothing is compared.
            path: File of a new revision.
        """
        if self.after is None or self.before is None:
            return [_note(f"the schema was not read: {self.problem}")] if self.problem else []
        touched = touched_tables(self.before, self.after)
        self.facts["get_schema"] = "\n".join(line for table in touched for line in table_lines(table))[:_MOST_CHARS]
        # Each major version writes defaults and constraints in words of its own.
        self.facts["postgresql"] = self.after.server_version.partition(".")[0]
        spare = await self._read(session.spare)
        if spare is None or spare.tables:
            return [_note("the base's models and migrations differ already, so no schema was made of the models")]
        extensions = [name.partition(" ")[0] for name in self.after.extensions]
        made = await session.on_spare().models(session.context.judged_folder, extensions)
        wanted = await self._read(session.spare) if made.is_ok else None
        if wanted is None:
            return [_note(f"no schema could be made of the models: {made.said if not made.is_ok else self.problem}")]
        found = _in_tables(differences(self.after, wanted, is_whole=False), touched)
        self.facts["schema_differences"] = len(found)
        return [_finding(difference, path) for difference in found]

    async def _read(self, database: ScratchDatabase) -> DatabaseSchema | None:
        if database.kind != "PostgreSQL":
            return None
        try:
            async with _connection(database) as connection:
                return await read_schema(connection)
        except (psycopg.Error, OSError) as error:
            self.problem = type(error).__name__
            return None


def touched_tables(before: DatabaseSchema, after: DatabaseSchema) -> tuple[Table, ...]:
    """Tables and views that are new, or not as they were, without what only statistics tell."""
    old = {table.full_name: _plain(table) for table in before.tables}
    new = [_plain(table) for table in after.tables if table.name != VERSION_TABLE]
    return tuple(table for table in new if old.get(table.full_name) != table)


def _plain(table: Table) -> Table:
    return replace(table, rows=None, referenced_by=())


def _in_tables(found: tuple[Difference, ...], touched: tuple[Table, ...]) -> list[Difference]:
    """Differences in the touched tables, and in types; minor ones are left to the project."""
    names = {table.full_name for table in touched}

    def is_near(place: str) -> bool:
        return place in names or place.rpartition(".")[0] in names or place.startswith(("enum ", "domain "))

    return [one for one in found if not one.is_minor and is_near(one.place)]


def _finding(difference: Difference, path: str) -> Finding:
    if difference.is_extra:
        message = f"{difference.place}: {difference.message}, say the models"
        return Finding(path=path, rule="schema-has-more", message=message, severity=Severity.NOTE)
    message = f"{difference.place}: {difference.message}, as the models ask; add it to the revision"
    return Finding(path=path, rule="schema-differs", message=message)


def _note(message: str) -> Finding:
    return Finding(rule="schema-not-compared", message=message, severity=Severity.NOTE)


@contextlib.asynccontextmanager
async def _connection(database: ScratchDatabase) -> AsyncIterator[psycopg.AsyncConnection]:
    """Our own way to a scratch database, by the socket that its relay leads to."""
    parts = urlsplit(database.url)
    port, socket = next(iter(database.relays.items()))
    # libpq finds a socket by its folder and port alone. A short path, since that of a socket may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="pgway-", dir=short_folder()) as folder:
        os.symlink(socket, os.path.join(folder, f".s.PGSQL.{port}"))  # noqa: PTH118, PTH211 - no wait on a disk
        connection = await psycopg.AsyncConnection.connect(
            host=folder,
            port=port,
            connect_timeout=_CONNECT_SECONDS,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or "") or None,
            dbname=unquote(parts.path.removeprefix("/")),
        )
        async with connection:
            yield connection
