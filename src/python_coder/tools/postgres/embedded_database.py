# src/python_coder/tools/postgres/embedded_database.py — a database of our own, as the project's migrations make it
import asyncio
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.gates.migration_database import ScratchDatabase, Server, async_driver, door_to, sync_driver
from python_coder.postgres.address import DatabaseAddress
from python_coder.postgres.embedded import EmbeddedPostgres, Login
from python_coder.tools.files import ProjectFiles
from python_coder.tools.postgres.drift_tool import project_alembic
from python_coder.tools.serena.workplace import Workplace

_NAME = "scratch"
_OWNER = "scratch_owner"


@dataclass(frozen=True, kw_only=True)
class OwnDatabase:
    """A private server with one database in it. Nothing of it stays."""

    server: EmbeddedPostgres
    admin: DatabaseAddress
    """For making roles."""
    owner: DatabaseAddress
    """A role that owns the database and can do nothing else."""
    note: str
    """What answers say about where the database comes from."""

    async def aclose(self) -> None:
        """End the server, and remove its files."""
        await asyncio.to_thread(self.server.close)


async def own_database(place: Workplace | None, cache: Path | None) -> OwnDatabase:
    """Start a private PostgreSQL, and bring a database in it to the head of the project's migrations.

    Args:
        place: The project, whose code runs in the sandbox; `None` for an empty database.
        cache: python-coder's cache folder.

    Raises:
        EnvironmentLacksError: There are no server programs, or they do not start.
    """
    server = EmbeddedPostgres(cache=cache)
    await asyncio.to_thread(server.start)
    try:
        owner = await asyncio.to_thread(server.new_role, _OWNER, can_create_databases=False)
        login = await asyncio.to_thread(server.new_database, _NAME, owner=owner)
        note = await _migrated(place, login) if place else ""
    except BaseException:
        await asyncio.shield(asyncio.to_thread(server.close))
        raise
    return OwnDatabase(server=server, admin=_address(server.login(_NAME)), owner=_address(login), note=note)


async def _migrated(place: Workplace, login: Login) -> str:
    """Run the migrations. Returns what answers should say about it."""
    start = "This is a private, empty database of python-coder's own, thrown away at the end"
    try:
        alembic = project_alembic(place, ProjectFiles(place.root))
        plain, asynchronous = sync_driver(alembic.environment), async_driver(alembic.environment)
        if not (plain or asynchronous):
            return f"{start}: the project's environment has no PostgreSQL driver to run its migrations with."
    except EnvironmentLacksError as error:
        return f"{start}: {error.args[0]}. Then start this server again.".replace("..", ".")
    server = Server(
        user=login.user,
        password=login.password,
        host=str(login.socket_folder),
        port=login.port,
        database=login.database,
    )
    async with door_to(server) as (port, socket):
        database = ScratchDatabase(
            kind="PostgreSQL",
            url=server.address(plain or asynchronous, port, login.database),
            async_url=server.address(asynchronous or plain, port, login.database),
            relays={port: socket},
        )
        problem = await alembic.upgrade(database)
    if problem:
        return f"{start}. The project's migrations do not run: {problem}"
    return "This is a private database of python-coder's own, made by the project's migrations, thrown away at the end."


def _address(login: Login) -> DatabaseAddress:
    return DatabaseAddress(
        host=str(login.socket_folder),
        port=login.port,
        database=login.database,
        user=login.user,
        password=login.password,
    )
