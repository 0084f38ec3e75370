# tests/test_migrations.py — migrations match the models, and go down as well as up
import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import URL, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from tests.databases import alembic_config, migrate, new_database


async def tables(url: URL) -> set[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await engine.dispose()
    return set(names) - {"alembic_version"}


def test_one_head() -> None:
    script = ScriptDirectory.from_config(alembic_config(URL.create("sqlite")))
    assert len(script.get_heads()) == 1


async def test_models_match(database_url: URL) -> None:
    await asyncio.to_thread(command.check, alembic_config(database_url))


async def test_down_and_up_again(tmp_path: Path) -> None:
    async with new_database(tmp_path) as url:
        await migrate(url)
        before = await tables(url)
        await asyncio.to_thread(command.downgrade, alembic_config(url), "base")
        assert await tables(url) == set()
        await migrate(url)
        assert await tables(url) == before != set()


def test_offline_writes_sql(capsys: pytest.CaptureFixture[str]) -> None:
    command.upgrade(alembic_config(URL.create("postgresql+asyncpg")), "head", sql=True)
    assert "CREATE TABLE items" in capsys.readouterr().out
