# tests/services/conftest.py — a real PostgreSQL server for the tests of this folder
import os
import uuid
from collections.abc import Iterator

import pytest
from postgres_server import PostgresServer, find_binaries, running_postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the session, on a loopback port and a Unix socket."""
    binaries = find_binaries()
    if binaries is None:
        reason = "PostgreSQL's server programs are missing. Install them: sudo apt-get install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with running_postgres(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_dsn(postgres_server: PostgresServer) -> str:
    """Address of the superuser's database, such as `postgresql://postgres@127.0.0.1:54321/postgres`."""
    return postgres_server.dsn


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> str:
    """Address of a new, empty database of the test's own."""
    return postgres_server.new_database(f"test_{uuid.uuid4().hex}")
