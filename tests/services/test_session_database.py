# tests/services/test_session_database.py — each test session gets a database of its own on the user's server
import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest
from postgres_server import PostgresServer

from environment_bytecode import BYTECODE
from python_coder.gates.known_good import KnownGood
from python_coder.gates.session_database import makes_own_tables, renamed, session_database
from python_coder.workspace.commands import Command
from python_coder.workspace.plain import PlainRunner
from python_coder.workspace.sandbox import make_runner

REVISION = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "aa01", None
def upgrade(): op.create_table("item", sa.Column("id", sa.Integer, primary_key=True))
def downgrade(): op.drop_table("item")
"""
ENV = """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
def work(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
async def main():
    async with create_async_engine("postgresql+asyncpg://elsewhere/none").connect() as connection:
        await connection.run_sync(work)
        await connection.commit()
asyncio.run(main())
"""
KNOWN_GOOD = KnownGood(
    project_root=".",
    import_roots=(".",),
    packages=("app",),
    python=Path(sys.executable),
    environment=Path(sys.prefix),
    python_version="3.11",
    test_paths=("tests",),
    alembic_ini="alembic.ini",
    bytecode=BYTECODE,
)


def lay_out(folder: Path, tests: str) -> Path:
    files = {
        "alembic.ini": "[alembic]\nscript_location = %(here)s/alembic\npath_separator = os\n",
        "alembic/env.py": ENV,
        "alembic/versions/aa01_first.py": REVISION,
        "tests/conftest.py": tests,
    }
    for path, text in files.items():
        (folder / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "tree" / path).write_text(text)
    return folder / "tree"


def variables(server: PostgresServer) -> dict[str, str]:
    return {
        "POSTGRES_SERVER": "127.0.0.1",
        "POSTGRES_PORT": str(server.port),
        "POSTGRES_USER": "postgres",
        "POSTGRES_DB": "theirs",
    }


async def tables(server: PostgresServer, database: str) -> list[str]:
    connection = await asyncpg.connect(host="127.0.0.1", port=server.port, user="postgres", database=database)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    finally:
        await connection.close()
    return [row["tablename"] for row in rows]


@pytest.mark.slow
@pytest.mark.postgres
async def test_each_session_has_a_migrated_database_of_its_own(postgres_server: PostgresServer, tmp_path: Path) -> None:
    postgres_server.new_database("theirs")
    env = variables(postgres_server)
    names = set()

    async def session(number: int, tests: str, expected: list[str]) -> None:
        folder = tmp_path / str(number)
        tree = lay_out(folder, tests)
        own = session_database(tree, known_good=KNOWN_GOOD, runner=PlainRunner(), env=env, scratch=folder)
        async with own as database:
            names.add(database.env["POSTGRES_DB"])
            assert await tables(postgres_server, database.env["POSTGRES_DB"]) == expected
            assert set(database.relays) == {postgres_server.port}

    await asyncio.gather(
        session(1, "", ["alembic_version", "item"]),
        session(2, "def tables(engine): Base.metadata.create_all(engine)\n", []),
    )
    assert len(names) == 2
    assert "theirs" not in names
    assert await tables(postgres_server, "theirs") == []
    for name in names:
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await tables(postgres_server, name)


@pytest.mark.slow
@pytest.mark.postgres
async def test_a_project_for_postgresql_alone_gets_one_of_its_own(tmp_path: Path) -> None:
    tree = lay_out(tmp_path, "")
    (tree / "settings.py").write_text("# PostgreSQL\nPOSTGRES_SERVER: str\nPOSTGRES_DB: str\nDATABASE_URI: str\n")
    query = "import asyncio, asyncpg, os\nasync def main():\n c = await asyncpg.connect(os.environ['DATABASE_URI'])\n"
    query += " print(await c.fetchval('SELECT count(*) FROM item'), await c.fetchval('SELECT current_database()'))\n"
    own = session_database(
        tree, known_good=KNOWN_GOOD, runner=make_runner("auto"), env={}, scratch=tmp_path, cache=tmp_path / "cache"
    )
    async with own as database:
        assert set(database.env) == {"POSTGRES_SERVER", "POSTGRES_DB", "DATABASE_URI"}
        address = database.env["DATABASE_URI"].replace("+psycopg", "").replace("+asyncpg", "")
        command = Command(
            argv=(sys.executable, "-c", f"{query}asyncio.run(main())"),
            cwd=tmp_path,
            env={"DATABASE_URI": address},
            readable=(Path(sys.prefix),),
            relays=database.relays,
        )
        done = await make_runner("auto").run(command)
        assert (done.exit_code, done.stdout.split()) == (0, ["0", database.env["POSTGRES_DB"]]), done.stderr
    assert not any(socket.exists() for socket in database.relays.values())


@pytest.mark.parametrize(
    "env",
    [
        pytest.param({}, id="no-server"),
        pytest.param({"POSTGRES_SERVER": "db.example.com", "POSTGRES_DB": "x"}, id="far-away"),
        pytest.param({"POSTGRES_SERVER": "localhost"}, id="database-not-named"),
        pytest.param({"DATABASE_URL": "sqlite:///x.db"}, id="sqlite"),
    ],
)
async def test_nothing_is_made_where_no_database_is_named(env: dict[str, str], tmp_path: Path) -> None:
    own = session_database(tmp_path, known_good=KNOWN_GOOD, runner=PlainRunner(), env=env, scratch=tmp_path)
    async with own as database:
        assert (database.env, database.relays) == ({}, {})


NAMES = {
    "address": ({"DATABASE_URL": "postgresql+asyncpg://u:p@h:1/d?ssl=1"}, "postgresql+asyncpg://u:p@h:1/new?ssl=1"),
    "part": ({"POSTGRES_DB": "d"}, "new"),
    "for-tests": ({"POSTGRES_DB_TEST": "d"}, "new"),
    "prefixed": ({"APP_DB_NAME": "d"}, "new"),
}


@pytest.mark.parametrize(("env", "value"), NAMES.values(), ids=NAMES)
def test_renamed(env: dict[str, str], value: str) -> None:
    assert list(renamed({**env, "POSTGRES_USER": "u", "REDIS_URL": "redis://h/0"}, "new").values()) == [value]


def test_makes_own_tables(tmp_path: Path) -> None:
    assert makes_own_tables(lay_out(tmp_path / "a", "SQLModel.metadata.create_all(engine)"), KNOWN_GOOD)
    assert makes_own_tables(lay_out(tmp_path / "b", "command.upgrade(config, 'head')"), KNOWN_GOOD)
    assert not makes_own_tables(lay_out(tmp_path / "c", "import pytest"), KNOWN_GOOD)
