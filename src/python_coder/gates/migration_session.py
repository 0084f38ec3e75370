# src/python_coder/gates/migration_session.py — the project's own Alembic on a scratch database, step by step
import json
import posixpath
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import is_test_file, test_paths_of
from python_coder.gates.migration_database import ScratchDatabase, async_driver, redirected, sync_driver
from python_coder.gates.migration_statements import Executed
from python_coder.gates.ruff_run import last_line
from python_coder.gates.session_variables import is_postgres_only, makes_async_engines, url_names
from python_coder.gates.tool_run import Bench, ToolRun, run_tool
from python_coder.workspace.commands import Command
from python_coder.workspace.environment import process_env

_PROBES = Path(__file__).parent / "probes"
_POSTGRES = re.compile(r"postgres|psycopg|asyncpg", re.I)
_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """How one Alembic step ended."""

    is_ok: bool
    error: str = ""
    """Type of the error."""
    message: str = ""
    path: str = ""
    """Innermost file of the tree that the error passed, relative to the git root."""
    line: int = 0
    frames: tuple[tuple[str, int], ...] = ()
    """All such places, innermost last."""
    diffs: tuple[str, ...] = ()
    """For a check: operations that the models ask for and the migrations lack."""
    statements: tuple[Executed, ...] = ()
    """For an upgrade: what the project's files sent to the database, in order."""
    is_unable: bool = False
    """Whether the step could not be tried at all, which says nothing of the migrations."""

    @property
    def said(self) -> str:
        """The error in one line."""
        first = next((line for line in self.message.splitlines() if line.strip()), "no message")
        return f"{self.error}: {first}" if self.error else first


@dataclass
class MigrationSession:
    """Runs the two probes on one scratch database. Remembers each process for the evidence."""

    context: GateContext
    database: ScratchDatabase
    spare: ScratchDatabase
    """A second empty database of the same kind, for the base revision's own migrations."""
    ini: str
    """Path of the Alembic configuration, relative to the git root."""
    folder: Path
    """Scratch folder that holds the database and the jobs."""
    runs: list[ToolRun] = field(default_factory=list)

    def on_spare(self) -> "MigrationSession":
        """The same session on the second database."""
        return replace(self, database=self.spare)

    async def alembic(self, tree: Path, *steps: tuple[str, str]) -> tuple[StepResult, ...]:
        """Run steps with the code of one materialised tree; a failed step ends them, but for a check.

        Args:
            tree: The tree's folder, at the git root.
            steps: Pairs of `upgrade`, `downgrade` or `check`, and the target revision.

        Returns:
            One result for each step that was begun, in order.
        """
        listed = [{"action": action, "target": target} for action, target in steps]
        return await self._answers("migration_probe.py", tree, len(steps), steps=listed)

    async def models(self, tree: Path, extensions: Sequence[str]) -> StepResult:
        """Make the tables that the models of one materialised tree ask for, past all revisions.

        Args:
            tree: The tree's folder, at the git root.
            extensions: Names of PostgreSQL's extensions that the migrations make, and models do not speak of.
        """
        return (await self._answers("models_probe.py", tree, 1, extensions=list(extensions)))[0]

    async def _answers(self, probe: str, tree: Path, count: int, **more: object) -> tuple[StepResult, ...]:
        mark = secrets.token_hex(16)
        job = {
            "mark": mark,
            "ini": str(tree / self.ini),
            "url": self.database.url,
            "async_url": self.database.async_url,
            **more,
        }
        run = await self._run(probe, job, tree / posixpath.dirname(self.ini), self.project_env(tree))
        lines = [line.removeprefix(mark) for line in run.completed.stdout.splitlines() if line.startswith(mark)]
        results = tuple(self._result(json.loads(line)) for line in lines)
        if len(results) == count or (results and not results[-1].is_ok):
            return results
        return (*results, StepResult(is_ok=False, message=last_line(run)))

    async def rows(self, action: str, **job: object) -> dict[str, Any]:
        """Ask the database itself, without any code of the project. An answer with `error` says what went wrong."""
        url = self.database.rows_url(self.context.known_good.environment)
        run = await self._run("rows_probe.py", {"url": url, "action": action, **job}, self.folder, {})
        try:
            answer: dict[str, Any] = json.loads(run.completed.stdout)
        except json.JSONDecodeError:
            return {"error": last_line(run)}
        return answer

    async def _run(self, probe: str, job: Mapping[str, object], cwd: Path, env: Mapping[str, str]) -> ToolRun:
        path, known_good = self.folder / "job.json", self.context.known_good
        path.touch(mode=0o600)
        path.write_text(json.dumps(job), encoding="utf-8")
        command = Command(
            argv=(str(known_good.python), str(_PROBES / probe), str(path)),
            cwd=cwd,
            env=env,
            readable=(_PROBES, *(path for path in (known_good.overlay, known_good.bytecode) if path)),
            writable=(self.folder,),
            timeout_seconds=_TIMEOUT_SECONDS,
            relays=self.database.relays,
        )
        run = await run_tool(Bench.of(self.context), command)
        self.runs.append(run)
        return run

    def project_env(self, tree: Path) -> dict[str, str]:
        """The whole environment block of the project's processes, with the database's address in it. Secret."""
        known_good = self.context.known_good
        given = {**known_good.env, **self.context.env}
        texts = [text for _, text in source_texts(self.context)]
        guessed = dict.fromkeys(
            url_names(texts), self.database.async_url if makes_async_engines(texts) else self.database.url
        )
        return process_env(
            known_good.environment,
            self.context.project(tree),
            known_good.import_roots,
            overlay=known_good.overlay,
            bytecode=known_good.bytecode,
            env=redirected({**guessed, **given}, self.database),
        )

    def _result(self, answer: Mapping[str, Any]) -> StepResult:
        frames = self._places(answer.get("frames", ()))
        statements = tuple(
            Executed(sql=each["sql"], is_alone=each["alone"], frames=self._places(each["frames"]))
            for each in answer.get("statements", ())
        )
        path, line = frames[-1] if frames else ("", 0)
        unable = answer.get("lacks") or answer.get("unsupported") or ""
        return StepResult(
            is_ok=bool(answer["ok"]),
            error=answer.get("error", ""),
            message=unable or answer.get("message", ""),
            path=path,
            line=line,
            frames=frames,
            diffs=tuple(answer.get("diffs", ())),
            statements=statements,
            is_unable=bool(unable),
        )

    def _places(self, frames: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
        here = posixpath.dirname(self.ini)
        return tuple((posixpath.normpath(posixpath.join(here, path)), int(line)) for path, line in frames)


def wants_postgres_only(context: GateContext) -> bool:
    """Whether the project's source speaks of PostgreSQL and never of SQLite."""
    return is_postgres_only(text for _, text in source_texts(context))


def can_use_postgres(context: GateContext) -> bool:
    """Whether the project speaks of PostgreSQL, and its environment has a driver for it."""
    environment = context.known_good.environment
    if not (sync_driver(environment) or async_driver(environment)):
        return False
    return any(_POSTGRES.search(text) for _, text in source_texts(context))


def source_texts(context: GateContext) -> tuple[tuple[str, str], ...]:
    """Path and text of the project's sources and settings, tests left out."""
    tests = test_paths_of(context.known_good)
    paths = [
        path
        for path in context.trees.paths(context.judged_tree)
        if path.endswith((".py", ".ini", ".env", ".example", ".toml")) and not is_test_file(path, tests)
    ]
    contents = context.trees.read_all(context.judged_tree, paths)
    return tuple((path, content.decode(errors="replace")) for path, content in contents.items())
