# src/python_coder/tools/trials/database.py — a throwaway database, brought up by the project's own migrations
import json
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_coder.gates.context import GateContext
from python_coder.gates.migration_database import (
    NO_RELAYS,
    ScratchDatabase,
    door_to,
    embedded_server,
    server_database,
    sqlite_database,
)
from python_coder.gates.migration_history import alembic_ini
from python_coder.gates.migration_session import MigrationSession, can_use_postgres
from python_coder.gates.ruff_run import last_line
from python_coder.gates.tool_run import Bench, ToolRun, interpreter_folders, run_tool
from python_coder.postgres.embedded_lease import leased_postgres
from python_coder.workspace.commands import Command

_PROBES = Path(__file__).parent / "probes"
_LEADER = Path(__file__).parents[2] / "gates" / "probes" / "migration_probe.py"
_SECONDS = 180.0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One throwaway database and the project beside it."""

    context: GateContext
    session: MigrationSession

    @property
    def what(self) -> str:
        """The database, for people."""
        migrated = "migrated to the head" if self.session.ini else "without migrations"
        return f"a throwaway {self.session.database.kind} database, {migrated}"

    @property
    def tree(self) -> str:
        """Git tree id of what was tried."""
        return self.context.judged_tree

    @property
    def runs(self) -> Sequence[ToolRun]:
        """All processes so far."""
        return self.session.runs

    async def migrate(self) -> str:
        """Go up to the head. Returns what went wrong; empty when nothing did."""
        return (await self.steps(("upgrade", "heads")))[0] if self.session.ini else ""

    async def steps(self, *steps: tuple[str, str]) -> list[str]:
        """Alembic steps with the present tree's code, in one process, as each starts the project anew.

        Args:
            steps: Pairs of `upgrade`, `downgrade` or `check`, and the target revision.

        Returns:
            What went wrong in each step that was begun, empty when nothing did; the first failure ends them.
        """
        problems = []
        for (action, target), result in zip(
            steps, await self.session.alembic(self.context.judged_folder, *steps), strict=False
        ):
            where = f" at {result.path}:{result.line}" if result.path else ""
            told = f"{action} {target}".strip() + f" failed{where}: {result.said}"
            problems.append("" if result.is_ok else told + "".join(f"\n  {diff}" for diff in result.diffs))
            if problems[-1]:
                break
        return problems

    async def seed(self, statements: Sequence[str]) -> str:
        """Put rows in, in one transaction. Returns what went wrong; empty when nothing did."""
        answer = await self.sql(statements) if statements else {}
        return f"The rows were not put in, none of them: {answer['error']}" if "error" in answer else ""

    async def sql(self, statements: Sequence[str]) -> dict[str, Any]:
        """Run statements on the database itself, without code of the project; see `statements_probe.py`."""
        url = self.session.database.rows_url(self.context.known_good.environment)
        job = {"url": url, "statements": list(statements)}
        return _answer(await self._probe("statements_probe.py", job, self.session.folder, {}))

    async def call(self, app: str, steps: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
        """Send requests to the application; see `app_probe.py`."""
        context, database = self.context, self.session.database
        folder, known_good = context.judged_folder, context.known_good
        job = {
            "app": app,
            "mark": secrets.token_hex(16),
            "roots": [str((context.project(folder) / root).resolve()) for root in known_good.import_roots],
            "leader": str(_LEADER),
            "url": database.url,
            "async_url": database.async_url,
            "steps": [list(step) for step in steps],
        }
        env = self.session.project_env(folder)
        return _answer(await self._probe("app_probe.py", job, context.project(folder), env), str(job["mark"]))

    async def _probe(self, name: str, job: Mapping[str, object], cwd: Path, env: Mapping[str, str]) -> ToolRun:
        path, known_good = self.session.folder / f"{name}.json", self.context.known_good
        path.touch(mode=0o600)
        path.write_text(json.dumps(job), encoding="utf-8")
        known = (known_good.overlay, known_good.bytecode)
        command = Command(
            argv=(str(known_good.python), "-s", "-B", str(_PROBES / name), str(path)),
            cwd=cwd,
            env=env,
            readable=(
                *(_PROBES, _LEADER.parent, *interpreter_folders(str(known_good.python))),
                *(folder for folder in known if folder is not None),
            ),
            writable=(self.session.folder,),
            timeout_seconds=_SECONDS,
            relays=self.session.database.relays,
        )
        run = await run_tool(Bench.of(self.context), command)
        self.session.runs.append(run)
        return run


def _answer(run: ToolRun, mark: str = "") -> dict[str, Any]:
    for line in reversed(run.completed.stdout.splitlines()):
        if line.startswith(mark):
            try:
                answer: dict[str, Any] = json.loads(line.removeprefix(mark))
            except ValueError:
                continue
            return answer
    why = f"it did not end within {_SECONDS:.0f} s" if run.completed.is_timed_out else last_line(run)
    return {"error": why or "it ended without an answer"}


@asynccontextmanager
async def open_trial(context: GateContext) -> AsyncIterator[Trial]:
    """An empty database and what runs on it; gone again afterwards.

    PostgreSQL where the project speaks of it and has a driver for it, else SQLite.

    Raises:
        EnvironmentLacksError: PostgreSQL is needed and not to be had here.
    """
    folder = context.scratch / f"trial-{secrets.token_hex(6)}"
    folder.mkdir(parents=True)
    try:
        async with AsyncExitStack() as stack:
            database = await _database(stack, context, folder)
            session = MigrationSession(
                context=context, database=database, spare=database, ini=alembic_ini(context), folder=folder
            )
            yield Trial(context=context, session=session)
    finally:
        # Jobs and databases may hold a server's password.
        shutil.rmtree(folder, ignore_errors=True)


async def _database(stack: AsyncExitStack, context: GateContext, folder: Path) -> ScratchDatabase:
    if not can_use_postgres(context) or context.runner.sandbox == NO_RELAYS:
        return sqlite_database(folder / "trial.sqlite")
    tenant = await stack.enter_async_context(leased_postgres(context.type_cache))
    server = embedded_server(await stack.enter_async_context(tenant.new_database()))
    door = await stack.enter_async_context(door_to(server))
    return server_database(server, context.known_good.environment, door)
