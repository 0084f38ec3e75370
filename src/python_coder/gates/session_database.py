# src/python_coder/gates/session_database.py — a PostgreSQL database of its own for each test session
"""A session on the user's own database would meet the rows of the one before it, and the tables of another revision.

So where the user's variables name a server on this machine, each session gets a new database there, brought up by the
migrations of the very tree that it runs on. The user's own database is never touched. Where the user names none and
the project can only be meant for PostgreSQL, the database is on the embedded server.
"""

import asyncio
import contextlib
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, urlsplit, urlunsplit

from python_coder.errors import EnvironmentLacksError
from python_coder.gates.known_good import KnownGood
from python_coder.gates.migration_database import (
    NO_RELAYS,
    Server,
    async_driver,
    door_to,
    embedded_server,
    find_server,
    server_database,
    sync_driver,
)
from python_coder.gates.session_variables import is_postgres_only, project_texts, variables_for
from python_coder.postgres.embedded_lease import leased_postgres
from python_coder.workspace.commands import Command, CommandRunner
from python_coder.workspace.environment import process_env
from python_coder.workspace.layout import python_files
from python_coder.workspace.requirement_files import read_text

_PROBES = Path(__file__).parent / "probes"
_TIMEOUT_SECONDS = 300.0
_CONNECT_SECONDS = 10
_ADDRESS = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://")
_NAME = re.compile(r"^(?:\w*_)?(?:POSTGRES|PG|DB|DATABASE)_?(?:DB|NAME|DATABASE)(?:_TESTS?)?$")
_OWN_TABLES = re.compile(r"\bcreate_all\b|\bcommand\.upgrade\b|\balembic[\"', ]+upgrade\b")


@dataclass(frozen=True, kw_only=True)
class SessionDatabase:
    """What a session is given beside its tree."""

    env: Mapping[str, str] = field(default_factory=dict)
    """Variables that name the new database, over the user's own. Secret."""
    relays: Mapping[int, Path] = field(default_factory=dict)


@contextlib.asynccontextmanager
async def session_database(
    tree: Path,
    *,
    known_good: KnownGood,
    runner: CommandRunner,
    env: Mapping[str, str],
    scratch: Path,
    cache: Path | None = None,
) -> AsyncIterator[SessionDatabase]:
    """Make a database for one session, and drop it afterwards; nothing at all where there is no server for it.

    Args:
        tree: The session's copy of its tree, at the git root.
        known_good: The interpreter, its packages, and where the migrations lie.
        runner: The sandbox.
        env: Variables that the user gave; one of them names the server, another the database.
        scratch: A folder of the session's own.
        cache: python-coder's cache folder, for the embedded server.
    """
    server = find_server(env)
    make_bench = partial(_Bench, tree=tree, known_good=known_good, runner=runner, scratch=scratch)
    if server is None and await asyncio.to_thread(_needs_embedded, tree, known_good, runner):
        async with contextlib.AsyncExitStack() as stack:
            yield await _embedded(stack, make_bench, {**known_good.env, **env}, cache)
        return
    if server is None or not server.is_near or server.host.startswith("/") or not renamed(env, ""):
        yield SessionDatabase()
        return
    async with door_to(server) as (_, socket), contextlib.AsyncExitStack() as stack:
        bench = make_bench(server=server, relays={server.port: socket})
        name = f"python_coder_{secrets.token_hex(8)}"
        if not await asyncio.to_thread(_administer, server, "CREATE DATABASE {}", name):
            # Then the user's own database has to do, and the tests tell what is wrong with it.
            yield SessionDatabase()
            return
        stack.push_async_callback(asyncio.to_thread, _administer, server, "DROP DATABASE IF EXISTS {}", name)
        own = {**env, **renamed(env, name)}
        if known_good.alembic_ini and not makes_own_tables(tree, known_good):
            await bench.migrate(name, own)
        yield SessionDatabase(env=own, relays=bench.relays)


def _needs_embedded(tree: Path, known_good: KnownGood, runner: CommandRunner) -> bool:
    """Whether a project speaks of PostgreSQL alone, tests included, and has a driver for it."""
    environment = known_good.environment
    has_driver = sync_driver(environment) or async_driver(environment)
    return bool(has_driver) and runner.sandbox != NO_RELAYS and is_postgres_only(project_texts(tree, known_good))


async def _embedded(
    stack: contextlib.AsyncExitStack, make_bench: Callable[..., "_Bench"], given: Mapping[str, str], cache: Path | None
) -> SessionDatabase:
    """A new database on the embedded server, at the head of the tree's migrations."""
    try:
        tenant = await stack.enter_async_context(leased_postgres(cache))
    except EnvironmentLacksError:
        # Tests that need no database can run all the same, and the others tell that there is none.
        return SessionDatabase()
    server = embedded_server(await stack.enter_async_context(tenant.new_database()))
    port, socket = await stack.enter_async_context(door_to(server))
    bench = make_bench(server=replace(server, port=port), relays={port: socket})
    database = server_database(server, bench.known_good.environment, (port, socket))
    texts = await asyncio.to_thread(project_texts, bench.tree, bench.known_good)
    own = variables_for(database, server, texts, given)
    if bench.known_good.alembic_ini and not makes_own_tables(bench.tree, bench.known_good):
        await bench.migrate(server.database, {**given, **own})
    return SessionDatabase(env=own, relays=database.relays)


def _administer(server: Server, statement: LiteralString, name: str) -> bool:
    """Run one statement about a database of our own on the user's server. Answers whether it was done.

    By our own driver: two more starts of the project's interpreter would take as long as a short session.
    """
    import psycopg  # noqa: PLC0415 - slow to import, and python-coder starts without it
    from psycopg import sql  # noqa: PLC0415 - comes with it

    try:
        with psycopg.connect(
            host=server.host or "localhost",
            port=server.port,
            user=server.user,
            password=server.password or None,
            dbname=server.database,
            connect_timeout=_CONNECT_SECONDS,
            autocommit=True,
        ) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
    except psycopg.Error:
        return False
    return True


def renamed(env: Mapping[str, str], database: str) -> dict[str, str]:
    """The variables that name a PostgreSQL database, each with another one's name in it."""
    found = {name: database for name in env if _NAME.match(name)}
    for name, value in env.items():
        if _ADDRESS.match(value):
            found[name] = urlunsplit(urlsplit(value)._replace(path=f"/{quote(database)}"))
    return found


def makes_own_tables(tree: Path, known_good: KnownGood) -> bool:
    """Whether the tests make the tables themselves, so that they may want an empty database."""
    root = tree / known_good.project_root
    places = [root / path for path in known_good.test_paths]
    files = [file for place in places for file in (python_files(place) if place.is_dir() else [place])]
    return any(_OWN_TABLES.search(read_text(file)) for file in files if file.is_file())


@dataclass(frozen=True, kw_only=True)
class _Bench:
    """Where the migrations run, next to the session."""

    tree: Path
    known_good: KnownGood
    runner: CommandRunner
    server: Server
    scratch: Path
    relays: Mapping[int, Path]

    async def migrate(self, name: str, env: Mapping[str, str]) -> None:
        """Bring the database to the head. What fails here is for the migration gate to tell, and for the tests."""
        known_good = self.known_good
        project = self.tree / known_good.project_root
        ini = project / known_good.alembic_ini
        environment = known_good.environment
        job = {
            "mark": "",
            "ini": str(ini),
            "url": self._address(name, sync_driver(environment) or async_driver(environment)),
            "async_url": self._address(name, async_driver(environment)),
            "steps": [{"action": "upgrade", "target": "heads"}],
        }
        block = process_env(
            environment,
            project,
            known_good.import_roots,
            overlay=known_good.overlay,
            bytecode=known_good.bytecode,
            env={**known_good.env, **env},
        )
        await self._run(job, cwd=ini.parent, env=block)

    def _address(self, database: str, driver: str) -> str:
        return self.server.address(driver, self.server.port, database)

    async def _run(self, job: Mapping[str, object], *, cwd: Path, env: Mapping[str, str]) -> None:
        path, known_good = self.scratch / "migration_probe.json", self.known_good
        path.touch(mode=0o600)
        path.write_text(json.dumps(job), encoding="utf-8")
        known = (known_good.environment, known_good.overlay, known_good.bytecode, _PROBES)
        await self.runner.run(
            Command(
                argv=(str(known_good.python), "-s", "-B", str(_PROBES / "migration_probe.py"), str(path)),
                cwd=cwd,
                env=env,
                readable=tuple(folder for folder in known if folder is not None),
                writable=(self.scratch,),
                timeout_seconds=_TIMEOUT_SECONDS,
                relays=self.relays,
            )
        )
