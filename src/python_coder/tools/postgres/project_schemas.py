# src/python_coder/tools/postgres/project_schemas.py — the schema that a project asks for, made on scratch databases
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import AsyncConnection, Error, sql

from python_coder.errors import EnvironmentLacksError
from python_coder.gates.migration_database import ScratchDatabase, Server, async_driver, door_to, sync_driver
from python_coder.gates.project_alembic import ProjectAlembic
from python_coder.postgres.embedded import Login
from python_coder.postgres.embedded_lease import leased_postgres
from python_coder.postgres.schema import DatabaseSchema
from python_coder.postgres.schema_reading import read_schema


@dataclass(frozen=True, kw_only=True)
class MadeSchema:
    """One schema that the project's own code made, or why it did not."""

    schema: DatabaseSchema | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class ProjectSchemas:
    """What the project asks for, in two ways that should come to the same."""

    head: MadeSchema
    """By all migrations, from nothing."""
    models: MadeSchema
    """By the models alone."""


async def project_schemas(alembic: ProjectAlembic, cache: Path | None) -> ProjectSchemas:
    """Make both on the embedded server, and read them. The project's code runs in the sandbox, on nothing else.

    Args:
        alembic: The project's own.
        cache: python-coder's cache folder.

    Raises:
        EnvironmentLacksError: There is no embedded server, or the project's environment has no driver for it.
    """
    drivers = [find(alembic.environment) for find in (sync_driver, async_driver)]
    if not any(drivers):
        raise EnvironmentLacksError(
            f"The project's environment {alembic.environment} has no PostgreSQL driver. Add psycopg or asyncpg to it."
        )
    async with leased_postgres(cache) as login:
        async with _scratch(login, drivers) as (database, own):
            problem = await alembic.upgrade(database)
            head = MadeSchema(problem=problem) if problem else await _read(own)
        extensions = [name.partition(" ")[0] for name in head.schema.extensions] if head.schema else []
        async with _scratch(login, drivers) as (database, own):
            problem = await alembic.make_models(database, extensions)
            models = MadeSchema(problem=problem) if problem else await _read(own)
    return ProjectSchemas(head=head, models=models)


@contextlib.asynccontextmanager
async def _scratch(login: Login, drivers: Sequence[str]) -> AsyncIterator[tuple[ScratchDatabase, Login]]:
    """An empty database: its addresses inside the sandbox, and our own way in."""
    name = f"drift_{secrets.token_hex(6)}"
    server = Server(
        user=login.user, password=login.password, host=str(login.socket_folder), port=login.port, database=name
    )
    await _administer(login, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        async with door_to(server) as (port, socket):
            plain, asynchronous = (server.address(driver, port, name) for driver in drivers)
            database = ScratchDatabase(kind="PostgreSQL", url=plain, async_url=asynchronous, relays={port: socket})
            yield database, replace(login, database=name)
    finally:
        with contextlib.suppress(Error):
            await _administer(login, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


async def _administer(login: Login, statement: sql.Composed) -> None:
    async with await AsyncConnection.connect(login.dsn, autocommit=True) as connection:
        await connection.execute(statement)


async def _read(login: Login) -> MadeSchema:
    async with await AsyncConnection.connect(login.dsn) as connection:
        return MadeSchema(schema=await read_schema(connection))
