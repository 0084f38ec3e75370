# tests/databases.py — makes databases for tests: SQLite files, or PostgreSQL databases when TEST_DATABASE_URL is set
import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.models import Base
from app.settings import Settings, load_settings

ROOT = Path(__file__).parent.parent


def alembic_config(url: URL) -> Config:
    """Alembic as the command line sees it, but on another database."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


async def migrate(url: URL, revision: str = "head") -> None:
    """Upgrade a database. In a thread, since the migrations run an event loop of their own."""
    await asyncio.to_thread(command.upgrade, alembic_config(url), revision)


@asynccontextmanager
async def new_database(folder: Path) -> AsyncIterator[URL]:
    """A new database without tables. On a server it is dropped afterwards; existing databases are never touched."""
    server = os.environ.get("TEST_DATABASE_URL")
    if server is None:
        yield URL.create("sqlite+aiosqlite", database=str(folder / f"{uuid.uuid4().hex}.db"))
        return
    # Compose hands over the password in a file, which only the settings know how to read.
    password = load_settings().database_password
    maintenance = Settings(database_url=SecretStr(server), database_password=password).sqlalchemy_url
    url = maintenance.set(database=f"test_{uuid.uuid4().hex}")
    await _execute(maintenance, f'CREATE DATABASE "{url.database}"')
    try:
        yield url
    finally:
        await _execute(maintenance, f'DROP DATABASE "{url.database}" WITH (FORCE)')


async def emptied(migrated: URL, folder: Path) -> URL:
    """A database with all tables and no rows: a copy of the SQLite file, or the same PostgreSQL database, emptied."""
    if migrated.get_backend_name() == "sqlite":
        path = folder / "test.db"
        shutil.copyfile(str(migrated.database), path)
        return migrated.set(database=str(path))
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    await _execute(migrated, f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    return migrated


async def _execute(url: URL, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()
