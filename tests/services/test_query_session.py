# tests/services/test_query_session.py — which database the tools go to, what they leave there, and one of our own
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import psycopg
import pytest
from postgres_server import PostgresServer
from query_shop import make_shop

from python_coder.errors import ToolRefusedError, UsageError
from python_coder.postgres.address import DatabaseAddress, parse_address
from python_coder.tools.postgres.query_tool import QueryTools
from python_coder.tools.postgres.schema_tool import SchemaTools
from python_coder.tools.postgres.session import DatabaseChoice, PostgresSession
from python_coder.tools.serena.workplace import Workplace, project_workplace
from python_coder.workspace.sandbox import make_runner

pytestmark = pytest.mark.postgres

ENV = """
import os
import signal
from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
from alembic import op

revision, down_revision = "aa01", None


def upgrade():
    op.execute("CREATE TABLE items (id serial PRIMARY KEY, name text NOT NULL)")


def downgrade():
    op.execute("DROP TABLE items")
"""
PROJECT = {
    "alembic.ini": "[alembic]\nscript_location = %(here)s/alembic\npath_separator = os\n",
    "alembic/env.py": ENV,
    "alembic/versions/aa01_items.py": REVISION,
    "pyproject.toml": '[project]\nname = "items"\nversion = "1"\n',
}
READERS = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'python\\_coder\\_reader\\_%'"


@contextlib.asynccontextmanager
async def opened(session: PostgresSession) -> AsyncIterator[QueryTools]:
    try:
        yield QueryTools(runner=session.runner, record=lambda sql, rows: None)
    finally:
        await session.aclose()


def lay_out(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture(scope="module")
def address(postgres_server: PostgresServer) -> DatabaseAddress:
    return parse_address(make_shop(postgres_server.new_database("sessions")))


async def test_role_is_there_while_the_session_is(address: DatabaseAddress, postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as watcher:
        before = watcher.execute(READERS).fetchone()
        async with opened(PostgresSession(choice=DatabaseChoice(address=address))) as tools:
            assert watcher.execute(READERS).fetchone() == before
            answers = await asyncio.gather(*(tools.query("SELECT current_user") for _ in range(4)))
            assert len(set(answers)) == 1
            assert "python_coder_reader_" in answers[0]
            assert watcher.execute(READERS).fetchone() == (before[0] + 1,) if before else False
        assert watcher.execute(READERS).fetchone() == before


async def test_role_is_renewed_before_its_password_ends(
    address: DatabaseAddress, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("python_coder.tools.postgres.session._RENEW_SECONDS", -1.0)
    with psycopg.connect(postgres_dsn, autocommit=True) as watcher:
        before = watcher.execute(READERS).fetchone()
        async with opened(PostgresSession(choice=DatabaseChoice(address=address))) as tools:
            assert await tools.query("SELECT current_user") != await tools.query("SELECT current_user")
        assert watcher.execute(READERS).fetchone() == before


async def test_schema_and_query_share_the_session(address: DatabaseAddress) -> None:
    session = PostgresSession(choice=DatabaseChoice(address=address))
    async with opened(session):
        assert "employees" in await SchemaTools(connect=session.reading).get_schema()
        async with session.reading() as connection:
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                await connection.execute("CREATE TEMP TABLE evil (a int)")


REFUSED = {
    "far": ({"host": "db.example.com"}, {}, "is not on this machine"),
    "far-address": ({"host": "192.0.2.1"}, {}, "is not on this machine"),
    "name-of-host": ({"host": "prod-db.internal"}, {}, "looks like production"),
    "name-of-database": ({"database": "shop_production"}, {}, "looks like production"),
    "near-but-writing-to-production": (
        {"database": "live"},
        {"allowed_hosts": frozenset({"127.0.0.1"}), "may_write": True},
        "--allow-write is for",
    ),
    "far-and-writing": (
        {"host": "192.0.2.1"},
        {"allowed_hosts": frozenset({"192.0.2.1"}), "may_write": True},
        "--allow-write is for",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_no_tool_goes_where_the_user_did_not_send_it(address: DatabaseAddress, name: str) -> None:
    parts, wishes, message = REFUSED[name]
    choice = DatabaseChoice(address=replace(address, **parts), **wishes)
    async with opened(PostgresSession(choice=choice)) as tools:
        with pytest.raises(UsageError, match=message):
            await tools.query("SELECT 1")


async def test_allowed_production_is_read(postgres_server: PostgresServer) -> None:
    address = parse_address(postgres_server.new_database("copy_of_prod"))
    choice = DatabaseChoice(address=address, allowed_hosts=frozenset({"127.0.0.1"}))
    async with opened(PostgresSession(choice=choice)) as tools:
        assert "[[1]]" in await tools.query("SELECT 1")
        with pytest.raises(ToolRefusedError, match="only reads"):
            await tools.query("INSERT INTO x VALUES (1)")


async def test_environment_of_libpq_leads_nowhere_else(
    address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    async with opened(PostgresSession(choice=DatabaseChoice(address=address))) as tools:
        assert "[[1]]" in await tools.query("SELECT 1")


async def test_password_is_in_no_error(address: DatabaseAddress) -> None:
    wrong = replace(address, port=1, password="correct-horse-battery")
    session = PostgresSession(choice=DatabaseChoice(address=wrong))
    assert "correct-horse" not in repr(session)
    async with opened(session) as tools:
        with pytest.raises(ToolRefusedError, match="cannot be reached") as refused:
            await tools.query("SELECT 1")
    assert "correct-horse" not in str(refused.value)


def is_there(folder: str) -> bool:
    return os.path.lexists(folder)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def on_own_database(tmp_path: Path, cache: Path, files: dict[str, str]) -> PostgresSession:
    root = lay_out(tmp_path / "project", files)
    (tmp_path / "scratch").mkdir()

    def workplace() -> Workplace:
        runner = make_runner("auto")
        return project_workplace(root, None, Path(sys.prefix), scratch=tmp_path / "scratch", runner=runner)

    return PostgresSession(choice=DatabaseChoice(address=None), workplace=workplace, cache=cache)


async def test_our_own_database_is_migrated_seeded_and_thrown_away(tmp_path: Path, cache: Path) -> None:
    session = on_own_database(tmp_path, cache, PROJECT)
    async with opened(session) as tools:
        answer = await tools.query("SELECT * FROM items")
        assert "made by the project's migrations" in answer
        assert '"written": 1' in await tools.query("INSERT INTO items (name) VALUES ($1)", ["a"])
        assert '[[1,"a"]]' in await tools.query("SELECT * FROM items")
        with pytest.raises(ToolRefusedError, match="migrations change the schema"):
            await tools.query("DROP TABLE items")
        folder = (await session.runner()).reader.address.host
        assert is_there(folder)
    assert not is_there(folder)


async def test_migrations_that_fail_are_told(tmp_path: Path, cache: Path) -> None:
    broken = PROJECT | {"alembic/versions/aa01_items.py": REVISION.replace("CREATE TABLE", "CREATE NOTHING")}
    async with opened(on_own_database(tmp_path, cache, broken)) as tools:
        answer = await tools.query("SELECT 1")
        assert "migrations do not run" in answer
        assert "NOTHING" in answer


async def test_more_calls_than_turns_wait_for_theirs(address: DatabaseAddress) -> None:
    session = PostgresSession(choice=DatabaseChoice(address=address))
    async with opened(session) as tools:
        before = await session.runner()
        asked = [f"SELECT {number}, count(*) FROM generate_series(1, 800000)" for number in range(20)]
        answers = await asyncio.gather(*map(tools.query, asked))
        assert await session.runner() is before, "a call found no room and had the role made anew"
    assert all(f"[[{number},800000]]" in answer for number, answer in enumerate(answers))


async def test_call_that_the_client_gave_up_ends_at_the_server(address: DatabaseAddress, postgres_dsn: str) -> None:
    endless = "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b"
    working = "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'python%' AND state = 'active'"
    with psycopg.connect(postgres_dsn, autocommit=True) as watcher:

        async def until(number: int) -> None:
            for _ in range(100):
                if watcher.execute(working).fetchone() == (number,):
                    return
                await asyncio.sleep(0.05)
            raise AssertionError(f"never {number} at work")

        async with opened(PostgresSession(choice=DatabaseChoice(address=address))) as tools:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(tools.query, endless)
                    await until(1)
                    scope.cancel()
            await until(0)
            assert "[[1]]" in await tools.query("SELECT 1")


@pytest.mark.parametrize("tool", ["query", "get_schema"])
async def test_server_that_was_made_anew_gets_a_role_again(
    address: DatabaseAddress, postgres_dsn: str, tool: str
) -> None:
    session = PostgresSession(choice=DatabaseChoice(address=address))
    async with opened(session) as tools:
        role = (await session.runner()).reader.address.user
        with psycopg.connect(postgres_dsn, autocommit=True) as watcher:
            watcher.execute(f"DROP ROLE {role}".encode())
        asked = tools.query("SELECT 7") if tool == "query" else SchemaTools(connect=session.reading).get_schema()
        assert ("[[7]]" if tool == "query" else "employees") in await asked
    with psycopg.connect(postgres_dsn) as watcher:
        assert watcher.execute(READERS).fetchone() == (0,)


async def test_own_server_that_ended_is_started_anew_and_says_so(tmp_path: Path) -> None:
    session = PostgresSession(choice=DatabaseChoice(address=None), cache=tmp_path)
    async with opened(session) as tools:
        folder = Path((await session.runner()).reader.address.host)
        os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert "rows that were written to that one are gone" in await tools.query("SELECT 1")
        schema = SchemaTools(connect=session.reading, note=lambda: session.own_note)
        assert "are gone" in await schema.get_schema()
        with pytest.raises(ToolRefusedError, match=r"get_schema tells which tables.*are gone"):
            await tools.query("SELECT * FROM items")
