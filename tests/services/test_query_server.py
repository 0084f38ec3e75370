# tests/services/test_query_server.py — the postgres server as a process, on stdio and HTTP, with a real database
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from postgres_server import PostgresServer
from query_shop import make_shop

from mcp_servers.served import TOKEN, environment, running, texts
from python_coder.mcp_servers.bearer import TOKEN_VARIABLE

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

PROGRAM = (sys.executable, "-m", "python_coder.cli.main", "mcp", "postgres")
WORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def dsn(postgres_server: PostgresServer) -> str:
    """A database whose address has a password in it."""
    dsn = make_shop(postgres_server.new_database("served"))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE served_app SUPERUSER LOGIN PASSWORD '{WORD}'")
    return dsn.replace("postgres@", f"served_app:{WORD}@").replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\n')
    return root


async def called(client: Client, name: str, **arguments: Any) -> tuple[str, bool]:
    answer = await client.call_tool(name, arguments)
    return texts(answer.content), bool(answer.is_error)


def on_stdio(project: Path, *options: str, **variables: str) -> Client:
    words = [*PROGRAM[1:], "--project", str(project), *options]
    env = environment(project.parent, **variables)
    return Client(stdio_client(StdioServerParameters(command=PROGRAM[0], args=words, env=env, cwd=str(project))))


async def asked(client: Client) -> None:
    """What every way of carrying the tools must give."""
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert list(listed) == ["get_schema", "query"]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed.values())
    text, is_error = await called(client, "query", sql="SELECT id, email FROM users ORDER BY id LIMIT 1")
    assert (json.loads(text)["rows"], is_error) == ([[1, "[masked]"]], False)
    text, is_error = await called(client, "query", sql="DROP TABLE users")
    assert is_error
    assert "only reads" in text
    text, is_error = await called(client, "query", sql="SELECT nonsense")
    assert (is_error, "42703" in text) == (True, True)
    text, is_error = await called(client, "get_schema", table="employees")
    assert ("salary" in text, is_error) == (True, False)


async def test_tools_on_stdio(project: Path, dsn: str) -> None:
    async with on_stdio(project, DATABASE_URL=dsn) as client:
        await asked(client)


@pytest.fixture
def address(project: Path, dsn: str) -> Iterator[str]:
    """Where the server listens on HTTP."""
    env = environment(project.parent, DATABASE_URL=dsn, **{TOKEN_VARIABLE: TOKEN})
    words = [*PROGRAM, "--project", str(project), "--http", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=env, cwd=project, text=True) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            found = re.search(r"http://\S+", line)
            assert found, line
            yield found.group()
        finally:
            process.terminate()
            process.stderr.read()


async def test_tools_on_http(address: str) -> None:
    http = create_mcp_http_client(headers={"Authorization": f"Bearer {TOKEN}"})
    async with http, Client(streamable_http_client(address, http_client=http)) as client:
        await asked(client)


async def test_address_comes_from_the_named_variable_or_the_projects_settings(project: Path, dsn: str) -> None:
    (project / ".env").write_text(f"APP_DATABASE_URL={dsn}\n")
    async with on_stdio(project) as client:
        assert '"served"' in (await called(client, "query", sql="SELECT current_database()"))[0]
    async with on_stdio(project, "--dsn-env", "APP_DATABASE_URL") as client:
        assert '"served"' in (await called(client, "query", sql="SELECT current_database()"))[0]


async def test_password_shows_nowhere(project: Path, dsn: str) -> None:
    async with on_stdio(project, DATABASE_URL=dsn) as client:
        for sql in ("SELECT 1", f"SELECT '{WORD}'", "SELECT * FROM pg_stat_activity", "SELECT current_query()", WORD):
            assert WORD not in (await called(client, "query", sql=sql))[0]
        assert not running(WORD)


async def test_writes_are_recorded_for_the_user(project: Path, dsn: str) -> None:
    async with on_stdio(project, "--allow-write", DATABASE_URL=dsn) as client:
        sql = "UPDATE users SET email = 'new@example.com' WHERE id = 1"
        assert '"written": 1' in (await called(client, "query", sql=sql))[0]
    log = project.parent / "state" / "mcp" / "postgres-writes.jsonl"
    (entry,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert (entry["rows"], entry["sql"]) == (1, "UPDATE users SET email = '[masked]' WHERE id = 1")
    assert "served on 127.0.0.1" in entry["database"]
    assert log.stat().st_mode & 0o077 == 0
    async with on_stdio(project, "--allow-write", "--read-only", DATABASE_URL=dsn) as client:
        assert (await called(client, "query", sql=sql))[1]


async def test_private_database_without_any_address(project: Path) -> None:
    async with on_stdio(project) as client:
        text, is_error = await called(client, "query", sql="SELECT 1")
        assert ("private, empty database" in text, is_error) == (True, False)
