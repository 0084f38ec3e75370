# src/python_coder/tools/postgres/project_schemas.py — the schema that a project asks for, made on scratch databases
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from psycopg import AsyncConnection

from python_coder.errors import EnvironmentLacksError
from python_coder.gates.migration_database import (
    ScratchDatabase,
    async_driver,
    door_to,
    embedded_server,
    server_database,
    sync_driver,
)
from python_coder.gates.project_alembic import ProjectAlembic
from python_coder.postgres.embedded import Login
from python_coder.postgres.embedded_lease import Tenant, leased_postgres
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
    if not sync_driver(alembic.environment) and not async_driver(alembic.environment):
        raise EnvironmentLacksError(
            f"The project's environment {alembic.environment} has no PostgreSQL driver. Add psycopg or asyncpg to it."
        )
    async with leased_postgres(cache) as tenant:
        async with _scratch(tenant, alembic.environment) as (database, login):
            problem = await alembic.upgrade(database)
            head = MadeSchema(problem=problem) if problem else await _read(login)
        extensions = [name.partition(" ")[0] for name in head.schema.extensions] if head.schema else []
        async with _scratch(tenant, alembic.environment) as (database, login):
            problem = await alembic.make_models(database, extensions)
            models = MadeSchema(problem=problem) if problem else await _read(login)
    return ProjectSchemas(head=head, models=models)


@contextlib.asynccontextmanager
async def _scratch(tenant: Tenant, environment: Path) -> AsyncIterator[tuple[ScratchDatabase, Login]]:
    """An empty database: its addresses inside the sandbox, and our own way in."""
    async with tenant.new_database() as login:
        server = embedded_server(login)
        async with door_to(server) as door:
            yield server_database(server, environment, door), login


async def _read(login: Login) -> MadeSchema:
    async with await AsyncConnection.connect(login.dsn) as connection:
        return MadeSchema(schema=await read_schema(connection))
