# src/python_coder/postgres/embedded.py — a private PostgreSQL server, started for a while and then gone
"""Other users of the machine cannot reach it.

It listens on a Unix socket only, in a folder that nobody but its owner can enter, and asks for a random password
besides. Project code gets roles without any right to the server's files and programs, since a superuser could start
programs outside of the sandbox (`COPY … TO PROGRAM`).
"""

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, LiteralString
from urllib.parse import quote

from python_coder.errors import EnvironmentLacksError
from python_coder.postgres import embedded_guard
from python_coder.postgres.embedded_binaries import find_programs, server_identity
from python_coder.postgres.embedded_template import ADMIN, copy_cluster, short_folder

if TYPE_CHECKING:
    # Slow to import, and python-coder starts without it.
    import psycopg

PORT = 5432
"""Only names the socket: no port is opened."""
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    # The compiler ends the session where memory is short, and what runs here is too small to gain by it.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_NAME = re.compile(r"^[a-z_][a-z0-9_]{0,62}$")


@dataclass(frozen=True, kw_only=True)
class Login:
    """A way into one database of the server."""

    socket_folder: Path
    user: str
    password: str = field(repr=False)
    database: str
    port: int = PORT

    @property
    def dsn(self) -> str:
        """Address by the Unix socket, as libpq, psycopg and asyncpg read it. Secret: it holds the password."""
        place = f"host={quote(str(self.socket_folder), safe='')}&port={self.port}"
        return f"postgresql://{self.user}:{self.password}@/{self.database}?{place}"

    @property
    def socket(self) -> Path:
        """The Unix socket itself, for a relay into a sandbox."""
        return self.socket_folder / f".s.PGSQL.{self.port}"


@dataclass(kw_only=True)
class EmbeddedPostgres:
    """A PostgreSQL server of our own, in `with` or `async with`. It ends with it, and with python-coder at the latest.

    Source: research/gates.md 3.3, "Embedded PostgreSQL".
    """

    cache: Path | None
    """python-coder's cache folder; keeps an empty cluster, so that later starts only copy it. `None` keeps nothing."""
    version: str = ""
    """Such as `17.10`; empty before the start."""
    _admin: Login | None = None
    _folder: Path | None = None
    _guard: "subprocess.Popen[bytes] | None" = None

    def start(self) -> "EmbeddedPostgres":
        """Start the server, and return when it answers.

        Raises:
            EnvironmentLacksError: No server programs, or they do not start; the message has the mend.
        """
        identity = server_identity()
        programs = find_programs(cache=self.cache, identity=identity)
        self.version = programs.version
        self._folder = Path(tempfile.mkdtemp(prefix="pc-pg-", dir=short_folder()))
        try:
            data = self._folder / "data"
            word = copy_cluster(data, programs=programs, identity=identity, cache=self.cache or self._folder / "cache")
            if identity.is_other:
                # Last, so that nobody else could meddle with what root writes there.
                os.chown(self._folder, identity.uid, identity.gid)
            settings = {**_SETTINGS, "unix_socket_directories": str(self._folder)}
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            guard = (sys.executable, "-I", "-S", embedded_guard.__file__, str(self._folder))
            who = (str(identity.uid), str(identity.gid))
            # Nameless, so that it can be read when the guard has removed the folder.
            with tempfile.TemporaryFile() as log:
                self._guard = subprocess.Popen(
                    (*guard, *who, str(programs.folder / "postgres"), "-D", str(data), *options),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                    start_new_session=True,
                )
                self._wait_until_ready(data, log)
            self._admin = Login(socket_folder=self._folder, user=ADMIN, password=word, database="postgres")
            self._admin = self._with_new_password(self._admin)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop the server and remove all that it kept. May be called again."""
        guard, self._guard, self._admin = self._guard, None, None
        if guard is not None:
            # The guard sees the end of its input, stops the server and removes the folder.
            with contextlib.suppress(BrokenPipeError):
                guard.communicate(timeout=_STOP_SECONDS)
            guard.kill()
            guard.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    @property
    def is_running(self) -> bool:
        """Whether the server was started and has not ended."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def admin(self) -> Login:
        """The superuser's way in, for our own code only.

        Raises:
            EnvironmentLacksError: The server does not run. Use it inside its `with`.
        """
        if self._admin is None:
            raise EnvironmentLacksError("The embedded PostgreSQL server does not run. Use it inside its `with`.")
        return self._admin

    def dsn(self, database: str = "postgres") -> str:
        """Address of a database for the superuser. Secret."""
        return self.login(database).dsn

    def login(self, database: str) -> Login:
        """The superuser's way into a database."""
        return _into(self.admin, database)

    @contextlib.contextmanager
    def connection(self, database: str = "postgres") -> "Iterator[psycopg.Connection]":
        """A connection of the superuser, each statement in a transaction of its own."""
        import psycopg  # noqa: PLC0415 - slow to import, and python-coder starts without it

        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            yield connection

    def new_role(self, name: str, *, can_create_databases: bool = True) -> Login:
        """Make a role that may log in and do nothing to the server; with a random password.

        Args:
            name: Lower-case letters, digits and `_`.
            can_create_databases: Whether it may, as test suites want.
        """
        word = secrets.token_hex(16)
        self._run("CREATE ROLE {} LOGIN PASSWORD {}", name, text=word)
        if can_create_databases:
            self._run("ALTER ROLE {} CREATEDB", name)
        return Login(socket_folder=self.admin.socket_folder, user=name, password=word, database="postgres")

    def new_database(self, name: str, *, template: str = "", owner: Login | None = None) -> Login:
        """Make a database.

        Args:
            name: Lower-case letters, digits and `_`.
            template: A database to copy, with its tables and rows; nobody may be connected to it. Empty for none.
            owner: The role that it belongs to, from `new_role`; the superuser when `None`.

        Returns:
            The owner's way into it.
        """
        role = owner or self.admin
        if template:
            self._run("CREATE DATABASE {} OWNER {} TEMPLATE {}", name, role.user, template)
        else:
            self._run("CREATE DATABASE {} OWNER {}", name, role.user)
        return _into(role, name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def __enter__(self) -> "EmbeddedPostgres":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> "EmbeddedPostgres":
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait([starting])
            await asyncio.shield(asyncio.to_thread(self.close))
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(asyncio.to_thread(self.close))

    def _run(self, statement: LiteralString, *names: str, text: str | None = None) -> None:
        from psycopg import sql  # noqa: PLC0415 - slow to import, and python-coder starts without it

        for name in names:
            if not _NAME.match(name):
                raise ValueError(f"{name!r} is no plain name of a database or role")
        parts = [*(sql.Identifier(name) for name in names), *([sql.Literal(text)] if text is not None else [])]
        with self.connection() as connection:
            connection.execute(sql.SQL(statement).format(*parts))

    def _with_new_password(self, admin: Login) -> Login:
        """Change the template's password, so that no two servers share one."""
        word = secrets.token_hex(24)
        self._run("ALTER ROLE {} PASSWORD {}", ADMIN, text=word)
        return Login(socket_folder=admin.socket_folder, user=ADMIN, password=word, database="postgres")

    def _wait_until_ready(self, data: Path, log: IO[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        guard, state = self._guard, data / "postmaster.pid"
        while time.monotonic() < deadline and guard is not None and guard.poll() is None:
            with contextlib.suppress(FileNotFoundError):
                # Source: PostgreSQL, src/include/utils/pidfile.h: the eighth line is the state.
                if state.read_text(encoding="utf-8").splitlines()[7:8] == ["ready   "]:
                    return
            time.sleep(0.005)
        log.seek(0)
        said = log.read().decode(errors="replace").splitlines()[-1:]
        raise EnvironmentLacksError(
            f"PostgreSQL {self.version} does not start: {''.join(said) or 'it said nothing'}. "
            "Name a server of your own with --env-file."
        )


def _into(login: Login, database: str) -> Login:
    return Login(
        socket_folder=login.socket_folder, user=login.user, password=login.password, database=database, port=login.port
    )
