# src/python_coder/gates/migration_database.py — scratch databases that migrations may be tried on
import asyncio
import contextlib
import re
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from python_coder.postgres.embedded import Login

_POSTGRES = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://")
_HOST = re.compile(r"^(?P<prefix>(?:\w*_)?(?:POSTGRES|PG|DB|DATABASE)_?)(?:SERVER|HOST|HOSTNAME)$")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", ""})
_DRIVERS = {"psycopg": "psycopg", "psycopg2": "psycopg2", "asyncpg": "asyncpg"}
_FIRST_PORT, _LAST_PORT = 20_000, 30_000
_CHUNK_BYTES = 1 << 16
NO_RELAYS = "landlock"
"""The sandbox that gives a command no way to a Unix socket outside."""


@dataclass(frozen=True, kw_only=True)
class ScratchDatabase:
    """An empty database that nobody else uses."""

    kind: str
    """`SQLite` or `PostgreSQL`, for people."""
    url: str
    """Address for plain engines. Secret: it may hold a password."""
    async_url: str
    """Address for asynchronous engines."""
    relays: Mapping[int, Path] = field(default_factory=dict)

    def rows_url(self, environment: Path) -> str:
        """The address that our own probe uses, by a driver that the environment has."""
        return self.url if self.kind == "SQLite" or sync_driver(environment) else self.async_url


@dataclass(frozen=True, kw_only=True)
class Server:
    """A PostgreSQL server that the user named."""

    user: str
    password: str
    host: str
    """Host name, or folder of a Unix socket."""
    port: int
    database: str

    @property
    def is_near(self) -> bool:
        """Whether it runs on this machine. Others may be no place to make databases."""
        return self.host in _LOOPBACK or self.host.startswith("/")

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to it, for bytes.

        Raises:
            OSError: It does not answer.
        """
        if self.host.startswith("/"):
            return await asyncio.open_unix_connection(Path(self.host, f".s.PGSQL.{self.port}"))
        return await asyncio.open_connection(self.host or "localhost", self.port)

    def address(self, driver: str, port: int, database: str) -> str:
        """An address on a loopback port, for one driver and one database."""
        word = f":{quote(self.password, safe='')}" if self.password else ""
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        return f"{scheme}://{quote(self.user, safe='')}{word}@127.0.0.1:{port}/{quote(database)}"


def embedded_server(login: Login) -> Server:
    """The embedded server, as if the user had named it."""
    return Server(
        user=login.user,
        password=login.password,
        host=str(login.socket_folder),
        port=login.port,
        database=login.database,
    )


def server_database(server: Server, environment: Path, door: tuple[int, Path], name: str = "") -> ScratchDatabase:
    """A database on a server, by the drivers that an environment has.

    Args:
        server: The server.
        environment: The project's environment.
        door: Port inside of the sandbox and socket outside, from `door_to`.
        name: Of the database; the server's own when empty.
    """
    port, socket = door
    plain, asynchronous = (
        server.address(driver, port, name or server.database)
        for driver in (sync_driver(environment), async_driver(environment))
    )
    return ScratchDatabase(kind="PostgreSQL", url=plain, async_url=asynchronous, relays={port: socket})


def sqlite_database(path: Path) -> ScratchDatabase:
    """A new SQLite file; an old one at this path is removed."""
    path.unlink(missing_ok=True)
    return ScratchDatabase(kind="SQLite", url=f"sqlite:///{path}", async_url=f"sqlite+aiosqlite:///{path}")


def find_server(env: Mapping[str, str]) -> Server | None:
    """The PostgreSQL server that the project's variables name: by a whole address, or by its parts."""
    for value in env.values():
        if _POSTGRES.match(value):
            return _from_address(value)
    for name, host in env.items():
        match = _HOST.match(name)
        if match is not None:
            return _from_parts(match["prefix"], host, env)
    return None


def sync_driver(environment: Path) -> str:
    """A driver for plain engines that the environment has; empty when it has none."""
    return next((driver for driver in ("psycopg", "psycopg2") if _is_installed(environment, driver)), "")


def async_driver(environment: Path) -> str:
    """A driver for asynchronous engines that the environment has; empty when it has none."""
    return next((driver for driver in ("asyncpg", "psycopg") if _is_installed(environment, driver)), "")


def redirected(env: Mapping[str, str], database: ScratchDatabase) -> dict[str, str]:
    """The project's variables, each database address among them replaced by the scratch database's."""
    found = {}
    for name, value in env.items():
        scheme = re.match(r"^(postgres\w*|sqlite|mysql|mariadb)(\+\w+)?://", value)
        is_async = scheme is not None and (scheme[2] or "") in {"+asyncpg", "+aiosqlite", "+aiomysql", "+asyncmy"}
        found[name] = value if scheme is None else database.async_url if is_async else database.url
    return found


@contextlib.asynccontextmanager
async def door_to(server: Server) -> AsyncIterator[tuple[int, Path]]:
    """A free port number for inside the sandbox, and the Unix socket outside that leads to the server.

    The socket is ours and carries bytes both ways as long as this lasts: the server may listen on TCP only, or on a
    socket that only its own user reaches, which a sandbox cannot bind.
    """
    port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await server.connect()
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    # A path of its own, since the name of a Unix socket is short.
    folder = Path(tempfile.mkdtemp(prefix="pgdoor-"))
    try:
        listener = await asyncio.start_unix_server(carry, path=folder / "socket")
        async with listener:
            yield port, folder / "socket"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()


def _from_address(address: str) -> Server:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Server(
        user=unquote(parts.username or query.get("user", "postgres")),
        password=unquote(parts.password or query.get("password", "")),
        host=unquote(parts.hostname or query.get("host", "localhost")),
        port=parts.port or int(query.get("port", "5432")),
        database=unquote(parts.path.removeprefix("/")) or "postgres",
    )


def _from_parts(prefix: str, host: str, env: Mapping[str, str]) -> Server:
    def part(*names: str, default: str) -> str:
        return next((env[prefix + name] for name in names if env.get(prefix + name)), default)

    port = part("PORT", default="5432")
    return Server(
        user=part("USER", "USERNAME", default="postgres"),
        password=part("PASSWORD", "PASS", default=""),
        host=host,
        port=int(port) if port.isdigit() else 5432,
        database=part("DB", "NAME", "DATABASE", default="postgres"),
    )


def _is_installed(environment: Path, package: str) -> bool:
    return any(environment.glob(f"lib/python*/site-packages/{_DRIVERS[package]}/__init__.py"))
