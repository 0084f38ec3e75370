# src/python_coder/compose/resolution.py — the Compose CLI's own reading of a stack, in the sandbox
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_coder.compose.calls import QUIET
from python_coder.compose.source import StackSource, refuse_foreign_files, refuse_outside
from python_coder.errors import ToolRefusedError
from python_coder.evidence.redaction import secret_values
from python_coder.workspace.commands import Command, CommandRunner
from python_coder.workspace.env_file import parse_env_file

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEXT_NAME = "compose.yaml"
_SECONDS = 60.0
_MOST_MODEL_BYTES = 8_000_000
_MOST_SECRET_BYTES = 20_000


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """What the CLI made of a stack."""

    model: dict[str, Any] | None = None
    """The resolved model, as `config --format json` gives it: `$$` stands for one `$`."""
    problem: str = ""
    """The CLI's own sentence when there is no model."""
    secrets: frozenset[str] = frozenset()
    """Values that no answer may show."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What `${…}` was filled with."""


async def resolve(source: StackSource, *, compose: tuple[str, ...], runner: CommandRunner, project: str) -> Resolution:
    """Resolve a stack with all its profiles, in a sandbox that shows the project alone. No engine is asked.

    Raises:
        ToolRefusedError: It reads files outside the project.
        UsageError: There is no compose file.
        EnvironmentLacksError: The CLI cannot be started.
    """
    refuse_foreign_files(source)
    own = source.folder / ".env"
    refuse_outside(source.root, own, "the .env file")
    values = {**_values_of(own), **source.values}
    with tempfile.TemporaryDirectory(prefix="python-coder-") as made:
        scratch = _make_scratch(source, made)
        completed = await runner.run(
            Command(
                argv=(*compose, "-p", project, *scratch.words, "--profile", "*", "config", "--format", "json"),
                cwd=source.folder,
                # Whatever a file says, no engine is there to be asked.
                env={**QUIET, "DOCKER_HOST": "unix:///nonexistent.sock"},
                readable=(source.root, scratch.folder),
                timeout_seconds=_SECONDS,
                max_output_bytes=_MOST_MODEL_BYTES,
            )
        )
    if completed.exit_code != 0:
        problem = _told(completed.stderr, source.root, scratch.folder) or f"it ended with {completed.exit_code}"
        return Resolution(problem=problem, values=values, secrets=frozenset(secret_values(values)))
    model: dict[str, Any] = json.loads(completed.stdout)
    secrets = frozenset((*secret_values(values), *_secrets_of(model)))
    return Resolution(model=model, values=values, secrets=secrets)


@dataclass(frozen=True)
class _Scratch:
    folder: Path
    words: tuple[str, ...]
    """Options of the CLI that say what to read."""


def _make_scratch(source: StackSource, made: str) -> _Scratch:
    """Write what the CLI is to read beside the project's own files.

    Raises:
        ToolRefusedError: A value's name is none that a variable may have.
    """
    folder = os.path.realpath(made)
    written, own = Path(folder, _TEXT_NAME), source.folder / ".env"
    written.write_text(source.text, errors="surrogateescape")
    # As a file and not in the CLI's own environment, where a name such as DOCKER_HOST would mean something.
    values = Path(folder, "values.env")
    values.write_text("".join(_assignment(name, value) for name, value in source.values.items()))
    files = [word for path in source.paths() or (written,) for word in ("-f", str(path))]
    env_files = [word for path in (own, values) if path.is_file() for word in ("--env-file", str(path))]
    return _Scratch(Path(folder), ("--project-directory", str(source.folder), *env_files, *files))


def _assignment(name: str, value: str) -> str:
    if not _NAME.fullmatch(name):
        raise ToolRefusedError(f"{name!r:.60} is no name of a variable. Use letters, digits and underscores.")
    escaped = re.sub(r'([\\"$])', r"\\\1", value).replace("\n", "\\n")
    return f'{name}="{escaped}"\n'


def _told(stderr: str, root: Path, scratch: Path) -> str:
    lines = [line for line in stderr.splitlines() if line.strip() and "level=warning" not in line]
    text = "\n".join(lines).replace(str(scratch / _TEXT_NAME), "compose_yaml")
    return text.replace(f"{root.resolve()}/", "").replace(f"{root}/", "").strip()


def _values_of(path: Path) -> Mapping[str, str]:
    try:
        return parse_env_file(path.read_text(errors="replace")) if path.is_file() else {}
    except (OSError, ValueError):
        return {}


def _secrets_of(model: Mapping[str, Any]) -> Iterator[str]:
    for service in (model.get("services") or {}).values():
        environment = {k: str(v).replace("$$", "$") for k, v in (service.get("environment") or {}).items() if v}
        yield from secret_values(environment)
        build = service.get("build") or {}
        yield from secret_values({k: str(v) for k, v in (build.get("args") or {}).items() if v})
    for secret in (model.get("secrets") or {}).values():
        path = Path(str(secret.get("file") or ""))
        if path.is_file() and path.stat().st_size <= _MOST_SECRET_BYTES:
            yield path.read_text(errors="replace").strip()
