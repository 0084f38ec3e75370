# tests/mcp_servers/test_docker.py — the docker server over stdio and HTTP, on a machine without an engine
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from served import TOKEN, environment, texts

from python_coder.cli.main import main
from python_coder.mcp_servers.bearer import TOKEN_VARIABLE

pytestmark = pytest.mark.slow

PROGRAM = (sys.executable, "-m", "python_coder.cli.main", "mcp", "docker")
TOOLS = (
    *("deploy-compose", "list-containers", "get-logs", "create-container", "stop-compose", "compose-config"),
    *("diagnose-stack", "watch-compose"),
)
COMPOSE = "services: {api: {image: app, environment: {DB_PASSWORD: 'correct-horse'}, ports: ['8000:8000']}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "compose.yaml").write_text(COMPOSE)
    return root


async def asked(client: Client) -> None:
    """What every way of carrying the tools must give."""
    async with client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tuple(listed) == TOOLS
        assert all(tool.description for tool in listed.values())
        checked = await client.call_tool("compose-config", {})
        assert not checked.is_error
        assert "correct-horse" not in texts(checked.content)
        assert "host port 8000 is replaced" in texts(checked.content)
        for name in ("deploy-compose", "list-containers", "diagnose-stack"):
            missing = await client.call_tool(name, {})
            assert missing.is_error
            assert len(texts(missing.content).splitlines()) == 1
            assert "DOCKER_HOST" in texts(missing.content)


async def test_stdio(project: Path) -> None:
    env = environment(project.parent, DOCKER_HOST=f"unix://{project}/no.sock")
    words = [*PROGRAM[1:], "--project", str(project)]
    server = StdioServerParameters(command=PROGRAM[0], args=words, env=env)
    await asked(Client(stdio_client(server)))


@pytest.fixture
def address(project: Path) -> Iterator[str]:
    """Where the server listens."""
    env = environment(project.parent, DOCKER_HOST=f"unix://{project}/no.sock", **{TOKEN_VARIABLE: TOKEN})
    words = [*PROGRAM, "--project", str(project), "--http", "0"]
    with subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = re.search(r"http://127\.0\.0\.1:\d+/mcp", process.stderr.readline())
            assert found
            yield found[0]
        finally:
            process.terminate()


async def test_http(address: str) -> None:
    async with create_mcp_http_client(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        await asked(Client(streamable_http_client(address, http_client=http)))


def test_options_of_other_servers_are_refused(project: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["mcp", "docker", "--project", str(project), "--mode", "editing"])
    assert ended.value.code == 2
