# tests/workspace/test_relay.py — a loopback port inside a sandbox that reaches a Unix socket outside
import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sandboxes import run_python, runner_or_skip

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command, CommandRunner


def free_port() -> int:
    """A port that nobody answers on, since without a sandbox it is the host's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


PORT = free_port()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with what was sent, upside down, once the other side has said all."""
    content = await reader.read()
    writer.write(content[::-1])
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    writer.close()


@pytest.fixture
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    path = tmp_path_factory.mktemp("db") / f".s.PGSQL.{PORT}"
    async with await asyncio.start_unix_server(answer, path):
        yield path


@pytest.fixture
def bwrap() -> CommandRunner:
    return runner_or_skip("bwrap")


ASK = f"""
import socket, sys
def ask(content):
    with socket.create_connection(("127.0.0.1", {PORT}), timeout=5) as client:
        client.sendall(content)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))
"""


@pytest.mark.parametrize("mode", ["bwrap", "none"])
async def test_port_reaches_the_socket(mode: str, database: Path) -> None:
    done = await run_python(runner_or_skip(mode), f"{ASK}print(ask(b'abc')); sys.exit(3)", relays={PORT: database})
    assert (done.stdout, done.exit_code) == ("b'cba'\n", 3), done.output


async def test_much_goes_both_ways(bwrap: CommandRunner, database: Path) -> None:
    code = f"{ASK}big = bytes(range(256)) * 20_000; print(ask(big) == big[::-1])"
    assert (await run_python(bwrap, code, relays={PORT: database})).stdout == "True\n"


async def test_many_connections_at_once(bwrap: CommandRunner, database: Path) -> None:
    code = f"""{ASK}
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(20) as pool:
    print(len(set(pool.map(lambda n: ask(str(n).encode()), range(100)))))
"""
    assert (await run_python(bwrap, code, relays={PORT: database})).stdout == "100\n"


async def test_socket_is_there_by_its_own_name_too(bwrap: CommandRunner, database: Path) -> None:
    code = f"import socket; socket.socket(socket.AF_UNIX).connect({str(database)!r}); print('connected')"
    assert (await run_python(bwrap, code, relays={PORT: database})).stdout == "connected\n"


async def test_relay_opens_nothing_else(bwrap: CommandRunner, database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; print(socket.socket().connect_ex(('127.0.0.1', {port})))"
        assert (await run_python(bwrap, code, relays={PORT: database})).stdout == "111\n"


async def test_several_runs_use_the_same_port(bwrap: CommandRunner, database: Path) -> None:
    code = f"{ASK}import time; time.sleep(0.3); print(ask(b'abc'))"
    done = await asyncio.gather(*(run_python(bwrap, code, relays={PORT: database}) for _ in range(4)))
    assert {one.stdout for one in done} == {"b'cba'\n"}


ENDINGS = {"exit": ("exit 9", 9, False), "signal": ("kill -9 $$", 137, False), "time-out": ("sleep 60", 124, True)}


@pytest.mark.parametrize(("script", "code", "is_timed_out"), ENDINGS.values(), ids=ENDINGS)
async def test_relay_ends_as_the_command_does(
    bwrap: CommandRunner, database: Path, script: str, code: int, is_timed_out: bool
) -> None:
    command = Command(argv=("sh", "-c", script), cwd=Path("/"), relays={PORT: database}, timeout_seconds=1.0)
    done = await bwrap.run(command)
    assert (done.exit_code, done.is_timed_out, done.output) == (code, is_timed_out, "")


async def test_database_that_stops_closes_the_connection(bwrap: CommandRunner, database: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as dead:
        path = database.with_name("dead.sock")
        dead.bind(str(path))
    code = f"import socket; print(socket.create_connection(('127.0.0.1', {PORT}), timeout=5).recv(1))"
    assert (await run_python(bwrap, code, relays={PORT: path})).stdout == "b''\n"


async def test_port_that_answers_already_is_left_alone(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; print(socket.socket().connect_ex(('127.0.0.1', {port})))"
        done = await run_python(runner_or_skip("none"), code, relays={port: database})
    assert (done.stdout, done.stderr) == ("0\n", "")


IMPOSSIBLE = {"no-socket": (PORT, "missing.sock", "no Unix socket"), "privileged": (80, "", "Port 80")}


@pytest.mark.parametrize(("port", "name", "reason"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
async def test_relay_that_cannot_be_is_named(
    bwrap: CommandRunner, database: Path, port: int, name: str, reason: str
) -> None:
    path = database.with_name(name) if name else database
    with pytest.raises(EnvironmentLacksError, match=reason):
        await bwrap.run(Command(argv=("true",), cwd=Path("/"), relays={port: path}))


async def test_landlock_says_that_it_cannot(database: Path) -> None:
    with pytest.raises(EnvironmentLacksError, match="bubblewrap"):
        await runner_or_skip("landlock").run(Command(argv=("true",), cwd=Path("/"), relays={PORT: database}))
