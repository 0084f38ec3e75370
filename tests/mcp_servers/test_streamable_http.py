# tests/mcp_servers/test_streamable_http.py — the serena server over HTTP: two clients, and whoever must stay out
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastmcp import Client as FastClient
from fastmcp.client.transports import StreamableHttpTransport
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from served import TOKEN, make_project, started, texts

from python_coder.errors import UsageError
from python_coder.mcp_servers.bearer import TOKEN_VARIABLE
from python_coder.mcp_servers.streamable_http import Address, read_address

ADDRESSES = {
    "8000": Address(host="127.0.0.1", port=8000),
    "0": Address(host="127.0.0.1", port=0),
    "localhost:80": Address(host="localhost", port=80),
    "[::1]:8000": Address(host="::1", port=8000),
    "127.0.0.9:1": Address(host="127.0.0.9", port=1),
}
REFUSED = (
    "",
    "x",
    "65536",
    "-1",
    "8000:",
    ":",
    "0.0.0.0:8000",
    "[::]:8000",
    "192.0.2.7:1",
    "example.com:80",
    "127.1:x",
)


@pytest.mark.parametrize(("text", "expected"), ADDRESSES.items(), ids=ADDRESSES)
def test_address(text: str, expected: Address) -> None:
    assert read_address(text) == expected


@pytest.mark.parametrize("text", REFUSED)
def test_address_that_is_none_or_open_to_others(text: str) -> None:
    with pytest.raises(UsageError):
        read_address(text)


def test_address_open_to_others_only_when_meant() -> None:
    assert read_address("0.0.0.0:8000", may_be_remote=True) == Address(host="0.0.0.0", port=8000, is_remote=True)


@dataclass(frozen=True)
class Served:
    url: str
    process: subprocess.Popen[str]
    first_line: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    project = make_project(tmp_path_factory.mktemp("http"))
    with started(project.parent, "--project", str(project), "--http", "0", **{TOKEN_VARIABLE: TOKEN}) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/mcp", line)
        assert found, line
        yield Served(found[0], process, line)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_official_client(served: Served, mode: str) -> None:
    async with (
        create_mcp_http_client(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
        Client(streamable_http_client(served.url, http_client=http), mode=mode) as client,
    ):
        assert {"find_symbol", "switch_modes"} <= {tool.name for tool in (await client.list_tools()).tools}
        done = await client.call_tool("get_symbols_overview", {"relative_path": "shop.py"})
        assert ("price" in texts(done.content), bool(done.is_error)) == (True, False)
        refused = await client.call_tool("read_file", {"relative_path": ".env"})
        assert refused.is_error


@pytest.mark.slow
async def test_fastmcp_client(served: Served) -> None:
    transport = StreamableHttpTransport(served.url, headers={"Authorization": f"Bearer {TOKEN}"})
    async with FastClient(transport) as client:
        assert "find_symbol" in {tool.name for tool in await client.list_tools()}
        done = await client.call_tool("list_memories", {})
        assert "no memories" in texts(done.content)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
@pytest.mark.parametrize("path", ["", "/", "/x", "/../mcp", f"?token={TOKEN}"])
def test_nobody_gets_in_without_the_token(served: Served, method: str, path: str) -> None:
    for shown in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Basic {TOKEN}"}):
        response = httpx.request(method, served.url + path, headers=shown, json={"jsonrpc": "2.0"})
        assert response.status_code == 401
        assert TOKEN not in response.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("header", "value", "status"),
    [("Host", "evil.example", 421), ("Host", "127.0.0.1.evil.example:80", 421), ("Origin", "http://evil.example", 403)],
)
def test_page_of_another_name_is_refused(served: Served, header: str, value: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", header: value, "Accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}
    assert httpx.post(served.url, headers=headers, json=body).status_code == status


@pytest.mark.slow
def test_token_is_told_by_its_place_alone(served: Served) -> None:
    assert TOKEN not in served.first_line
    assert TOKEN_VARIABLE in served.first_line
    arguments = Path(f"/proc/{served.process.pid}/cmdline").read_text() if Path("/proc/self").exists() else ""
    assert TOKEN not in arguments


@pytest.mark.slow
def test_signal_ends_it_with_clients_connected(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with started(tmp_path, "--project", str(project), "--http", "127.0.0.1:0") as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        url, token_file = re.findall(r"(http\S+) \(bearer token: (.+)\)", line)[0]
        token = Path(token_file).read_text().strip()
        params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
        with httpx.Client(headers=headers, timeout=20) as client:
            hello = client.post(url, json=body)
            assert json.loads(hello.text.partition("data: ")[2])["result"]["serverInfo"]["name"] == "serena"
            session = {"Mcp-Session-Id": hello.headers["mcp-session-id"]}
            with client.stream("GET", url, headers=session) as standing:
                assert standing.status_code == 200
                process.send_signal(signal.SIGTERM)
                assert process.wait(15) == 0
