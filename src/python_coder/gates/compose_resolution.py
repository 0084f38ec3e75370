# src/python_coder/gates/compose_resolution.py — the Compose CLI's own reading of one stack, in the sandbox
import posixpath
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from python_coder.gates.compose_variables import References
from python_coder.gates.compose_views import View
from python_coder.gates.tool_run import Bench, ToolRun, run_tool
from python_coder.workspace.commands import Command

PROJECT = "/srv/checked"
"""Where the resolved model says that the repository lies. The real folder may lie where a linter sees danger."""
HOME = "/home/you"
_SECONDS = 15.0
"""Hundreds of times what a real stack takes; aliases of aliases take for ever."""
_MOST_MISSING = 20
_SAMPLES = (".env", ".env.example", ".env.sample", ".env.template", ".env.dist", "env.example")
_ASSIGNED = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*[=:]\s*(.*)")
_PLACEHOLDERS = ("1", "./1", "1s")
"""A value that fits a port, a tag or a count; a path; a duration. Nobody here knows the real ones."""
_MISSING_ENV = re.compile(r"env file (\S+) not found")


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """What the CLI made of a stack."""

    text: str = ""
    """The resolved model as indented JSON; empty when it could not be resolved. Paths begin with `PROJECT`."""
    problem: str = ""
    """The CLI's own sentence, with paths of the repository alone."""
    runs: tuple[ToolRun, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resolver:
    """The CLI at work on copies of nothing but the files that a stack is read from."""

    compose: tuple[str, ...]
    """The CLI's words, program first."""
    bench: Bench

    async def resolve(self, view: View) -> Resolution:
        """Run `config` on all profiles. Variables that nobody set get stand-ins; missing env files count as empty.

        Raises:
            EnvironmentLacksError: The CLI cannot be started.
        """
        runs: list[ToolRun] = []
        first = ""
        folder = self.bench.scratch / "project"
        _lay_out(view, folder)
        for env in _environments(view):
            run = await self._config(view, folder, env)
            runs.append(run)
            if run.completed.exit_code == 0:
                return Resolution(text=_elsewhere(run.completed.stdout, folder), runs=tuple(runs))
            first = first or _told(run, folder)
            if run.completed.is_timed_out:
                break
        return Resolution(problem=first or "the Compose CLI said nothing", runs=tuple(runs))

    async def _config(self, view: View, folder: Path, env: Mapping[str, str]) -> ToolRun:
        """One run of the CLI; again with an empty env file where it misses one, which may hold what nobody commits."""
        where = folder / posixpath.dirname(view.files[0])
        files = (word for path in view.files for word in ("-f", str(folder / path)))
        argv = (
            *self.compose,
            "--project-directory",
            str(where),
            *files,
            "--profile",
            "*",
            "config",
            "--format",
            "json",
        )
        # No engine is asked; this keeps the CLI from looking for the user's.
        clean = {"DOCKER_HOST": "unix:///nonexistent.sock", "COMPOSE_PROJECT_NAME": "checked", "HOME": HOME, **env}
        command = Command(argv=argv, cwd=where, env=clean, readable=(folder,), timeout_seconds=_SECONDS)
        for _ in range(_MOST_MISSING):
            run = await run_tool(self.bench, command)
            missing = _MISSING_ENV.search(run.completed.stderr)
            if not missing or not Path(missing[1].rstrip(":,")).is_relative_to(folder):
                break
            _write(Path(missing[1].rstrip(":,")), b"")
        return run


def _lay_out(view: View, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for path in view.paths:
        content = view.read(path)
        if content is not None and not path.startswith(("../", "/")):
            _write(folder / path, content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _elsewhere(text: str, folder: Path) -> str:
    """The model as it would be told if the repository lay at `PROJECT`."""
    above = posixpath.dirname(PROJECT)
    return text.replace(str(folder), PROJECT).replace(str(folder.parent), above)


def _environments(view: View) -> Iterator[Mapping[str, str]]:
    """Values for the variables, the likeliest first: what samples say, then stand-ins for those that must be set."""
    known = _sampled(view)
    asked = References.of(scalar.text for part in view.parts for scalar in part.scalars())
    number, path, duration = (dict.fromkeys(asked.unset, value) for value in _PLACEHOLDERS)
    mounts = dict.fromkeys(asked.mounted, _PLACEHOLDERS[1])
    required = {name: value for name, value in (number | mounts).items() if name in asked.required}
    tried: list[Mapping[str, str]] = []
    for stand_ins in (required, number | mounts, path, duration):
        if (env := {**stand_ins, **known}) not in tried:
            tried.append(env)
            yield env


def _sampled(view: View) -> dict[str, str]:
    """Variables of the samples beside the compose file; what `.env` itself says goes first."""
    where = posixpath.dirname(view.files[0])
    values: dict[str, str] = {}
    for name in _SAMPLES:
        for line in view.text(posixpath.join(where, name)).splitlines():
            if found := _ASSIGNED.fullmatch(line.strip()):
                values.setdefault(found[1], found[2].strip("\"'"))
    return {name: value for name, value in values.items() if value and not name.startswith(("COMPOSE_", "DOCKER_"))}


def _told(run: ToolRun, folder: Path) -> str:
    if run.completed.is_timed_out:
        return f"it was not read within {_SECONDS:.0f} s"
    lines = [line for line in run.completed.stderr.splitlines() if line.strip() and "level=warning" not in line]
    text = " ".join(" ".join(lines).split())
    return text.replace(f"{folder}/", "").replace(str(folder), ".")[:400]
