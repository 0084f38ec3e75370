# src/python_coder/gates/project_alembic.py — a project's own Alembic and models on scratch databases, as it lies there
import json
import posixpath
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_coder.gates.migration_database import ScratchDatabase, redirected
from python_coder.gates.ruff_run import last_line
from python_coder.gates.session_variables import makes_async_engines, url_names
from python_coder.gates.tool_run import Bench, run_tool
from python_coder.workspace.commands import Command, CommandRunner

_PROBES = Path(__file__).parent / "probes"
_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class ProjectAlembic:
    """Runs the project's `env.py` in the sandbox. Every engine that it makes is led to a scratch database of ours."""

    root: Path
    """The project's folder, which the sandbox shows and nobody writes to."""
    ini: str
    """Path of the Alembic configuration, relative to `root`."""
    environment: Path
    """Folder of the project's Python environment."""
    env: Mapping[str, str]
    """The whole environment block of the project's processes."""
    texts: Sequence[str]
    """The project's sources, in which names of variables are looked for."""
    runner: CommandRunner
    scratch: Path
    hidden: tuple[Path, ...] = ()
    """Files below `root` that stay unseen."""

    async def upgrade(self, database: ScratchDatabase) -> str:
        """Bring an empty database to the head. Returns what went wrong; empty when nothing did."""
        return await self._do("migration_probe.py", database, steps=[{"action": "upgrade", "target": "heads"}])

    async def make_models(self, database: ScratchDatabase, extensions: Sequence[str]) -> str:
        """Make the tables of the models on an empty database. Returns what went wrong; empty when nothing did."""
        return await self._do("models_probe.py", database, extensions=list(extensions))

    async def _do(self, probe: str, database: ScratchDatabase, **job: object) -> str:
        mark, path, ini = secrets.token_hex(16), self.scratch / f"{probe}.json", self.root / self.ini
        job |= {"mark": mark, "ini": str(ini), "url": database.url, "async_url": database.async_url}
        path.touch(mode=0o600)
        path.write_text(json.dumps(job), encoding="utf-8")
        command = Command(
            argv=(str(self.environment / "bin" / "python"), str(_PROBES / probe), str(path)),
            cwd=ini.parent,
            env=self._block(database),
            readable=(self.root, _PROBES),
            writable=(self.scratch,),
            hidden=self.hidden,
            timeout_seconds=_TIMEOUT_SECONDS,
            relays=database.relays,
        )
        run = await run_tool(Bench(runner=self.runner, scratch=self.scratch, environment=self.environment), command)
        answers = [line.removeprefix(mark) for line in run.completed.stdout.splitlines() if line.startswith(mark)]
        if not answers:
            return last_line(run)
        answer = json.loads(answers[-1])
        return "" if answer["ok"] else self._problem(answer)

    def _block(self, database: ScratchDatabase) -> dict[str, str]:
        address = database.async_url if makes_async_engines(self.texts) else database.url
        block = redirected({**dict.fromkeys(url_names(self.texts), address), **self.env}, database)
        # Nothing is judged here, so one process may use what the one before it compiled: that saves most of its time.
        return {**block, "PYTHONPYCACHEPREFIX": str(self.scratch / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}

    def _problem(self, answer: Mapping[str, Any]) -> str:
        """The error in one line, with the innermost place of the project's files that it passed."""
        words = str(answer.get("lacks") or answer.get("unsupported") or answer.get("message") or "no message")
        first = next((line for line in words.splitlines() if line.strip()), words)
        named = f"{answer['error']}: {first}" if answer.get("error") else first
        places = answer.get("frames") or ()
        if not places:
            return named
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.ini), places[-1][0]))
        return f"{path}:{places[-1][1]}: {named}"
