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
async def new_database(folder: Path, template: URL | None = None) -> AsyncIterator[URL]:
    """A database that nobody else uses: empty, or a copy of `template`. Existing ones are never touched."""
    server = os.environ.get("TEST_DATABASE_URL")
    if server is None:
        path = folder / f"{uuid.uuid4().hex}.db"
        if template is not None:
            shutil.copyfile(str(template.database), path)
        yield URL.create("sqlite+aiosqlite", database=str(path))
        return
    # Compose hands over the password in a file, which only the settings know how to read.
    password = load_settings().database_password
    maintenance = Settings(database_url=SecretStr(server), database_password=password).sqlalchemy_url
    url = maintenance.set(database=f"test_{uuid.uuid4().hex}")
    await _execute(
        maintenance, f'CREATE DATABASE "{url.database}" TEMPLATE "{template.database if template else "template0"}"'
    )
    try:
        yield url
    finally:
        await _execute(maintenance, f'DROP DATABASE "{url.database}" WITH (FORCE)')


async def _execute(url: URL, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()
