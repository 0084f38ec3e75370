# src/python_coder/mcp_servers/postgres_session.py — one session of the postgres server: its database, tools and secrets
import asyncio
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from python_coder.evidence.redaction import Redactor, secret_values
from python_coder.mcp_servers.options import ServerOptions
from python_coder.mcp_servers.tool_server import OpenTools
from python_coder.postgres.address import DatabaseAddress
from python_coder.postgres.masking import MaskingPolicy, mask_text
from python_coder.settings import Settings
from python_coder.tools.postgres.drift_tool import ProjectDrift
from python_coder.tools.postgres.query_tool import QueryTools
from python_coder.tools.postgres.schema_tool import SchemaTools
from python_coder.tools.postgres.session import DatabaseChoice, PostgresSession
from python_coder.tools.postgres.table import postgres_tools
from python_coder.tools.serena.repository import find_repository
from python_coder.tools.serena.workplace import Workplace, environment_of, project_workplace
from python_coder.workspace.sandbox import make_runner


async def open_session(
    options: ServerOptions, settings: Settings, *, address: DatabaseAddress | None, variables: Mapping[str, str]
) -> OpenTools:
    """Make the tools; the database itself is opened by the first call.

    Args:
        options: The user's.
        settings: Where state and caches lie.
        address: The user's database; `None` for one of our own.
        variables: What the project's settings say; secret.
    """
    wishes = options.database
    scratch = await asyncio.to_thread(_new_scratch)

    def workplace() -> Workplace:
        return _workplace(options, scratch)

    session = PostgresSession(
        choice=DatabaseChoice(
            address=address,
            allowed_hosts=frozenset(wishes.allowed_hosts),
            may_write=wishes.may_write and not options.is_read_only,
            may_write_own=not options.is_read_only,
            policy=MaskingPolicy(
                is_on=wishes.is_masked,
                hidden=frozenset(name.lower() for name in wishes.masked_columns),
                shown=frozenset(name.lower() for name in wishes.shown_columns),
            ),
        ),
        workplace=None if options.is_read_only else workplace,
        cache=settings.cache_folder,
    )

    async def close() -> None:
        await session.aclose()
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)

    drift = None if options.is_read_only else ProjectDrift(workplace=workplace, cache=settings.cache_folder).compare
    log = settings.state_folder / "mcp" / "postgres-writes.jsonl"
    query = QueryTools(runner=session.runner, record=lambda sql, rows: _record(log, session, sql, rows))
    schema = SchemaTools(connect=session.reading, drift=drift, note=lambda: session.own_note)
    tools = postgres_tools(schema, query, may_write=session.may_write)
    known = [*secret_values(os.environ), *secret_values(variables), address.password if address else ""]
    return OpenTools(tools=tools, redact=Redactor(known).redact, close=close)


def _new_scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="python-coder-postgres-")).resolve()


def _workplace(options: ServerOptions, scratch: Path) -> Workplace:
    repository = find_repository(options.project)
    return project_workplace(
        options.project,
        repository,
        environment_of(options.project, repository),
        scratch=scratch,
        runner=make_runner(options.sandbox),
    )


def _record(log: Path, session: PostgresSession, sql: str, rows: int) -> None:
    """Keep what was written, in a file that the user's own eyes can read."""
    where = session.choice.address.label if session.choice.address else "own database"
    entry = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "database": where, "rows": rows}
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(json.dumps({**entry, "sql": mask_text(sql)}, ensure_ascii=False) + "\n")
