# src/python_coder/agent/run_database.py — the database behind a run's postgres tools: our own, always migrated
import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.gates.judging_files import is_migration_file
from python_coder.gates.migration_database import async_driver, sync_driver
from python_coder.postgres.connection import PostgresConnection
from python_coder.postgres.query_run import QueryRunner
from python_coder.tools.files import ProjectFiles
from python_coder.tools.postgres.drift_tool import ProjectDrift
from python_coder.tools.postgres.query_tool import QueryTools
from python_coder.tools.postgres.schema_tool import SchemaTools
from python_coder.tools.postgres.session import DatabaseChoice, PostgresSession
from python_coder.tools.postgres.table import postgres_tools
from python_coder.tools.serena.workplace import Workplace
from python_coder.tools.table import Tool


@dataclass(kw_only=True)
class RunDatabase:
    """A private database, started by the first call, and made anew when a migration was written meanwhile.

    The user's own database is never a run's business: what `--env-file` names is for the project's processes.
    """

    place: Workplace
    cache: Path
    _session: PostgresSession | None = None
    _made_of: str = ""
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    def tools(self) -> tuple[Tool, ...]:
        """The postgres tools; none where the project has no driver for PostgreSQL."""
        environment = self.place.environment
        if environment is None or not (sync_driver(environment) or async_driver(environment)):
            return ()
        schema = SchemaTools(
            connect=self.reading,
            drift=ProjectDrift(workplace=lambda: self.place, cache=self.cache).compare,
            note=lambda: self._session.own_note if self._session else "",
        )
        # What `query` writes stays in our own database, so the work tree is the same after it.
        query = QueryTools(runner=self.runner, record=lambda _, __: None)
        return postgres_tools(schema, query, may_write=False)

    async def runner(self) -> QueryRunner:
        """What runs queries, on a database of the present migrations."""
        return await (await self._present()).runner()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresConnection]:
        """A connection inside a transaction that cannot write."""
        async with (await self._present()).reading() as connection:
            yield connection

    async def aclose(self) -> None:
        """End the server, if one was started."""
        session, self._session = self._session, None
        if session is not None:
            await session.aclose()

    async def _present(self) -> PostgresSession:
        async with self._making:
            now = await asyncio.to_thread(_digest, ProjectFiles(self.place.root))
            if self._session is not None and now != self._made_of:
                await self.aclose()
            if self._session is None:
                choice = DatabaseChoice(address=None)
                self._session = PostgresSession(choice=choice, workplace=lambda: self.place, cache=self.cache)
                self._made_of = now
            return self._session


def _digest(files: ProjectFiles) -> str:
    """What the migrations say, as one text."""
    found = hashlib.sha256()
    for path in files.paths():
        if is_migration_file(path):
            found.update(path.encode() + b"\0" + (files.read_bytes(path) or b"") + b"\0")
    return found.hexdigest()
