# src/python_coder/workspace/environment_store.py — environments on disk: locked, made in place, marked when whole
import asyncio
import fcntl
import json
import re
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import CommandRecord
from python_coder.workspace.commands import Command, digest
from python_coder.workspace.installing import Installation
from python_coder.workspace.interpreters import Interpreter
from python_coder.workspace.manifest import Manifest
from python_coder.workspace.project import Project
from python_coder.workspace.set_up import SetUp, last_lines, uv_program

_RECIPE = "1"
"""Raise it when environments must be made anew, because they are made in another way."""
_COMPILE = Path(__file__).parent / "probes" / "compile_bytecode.py"


@dataclass(frozen=True, kw_only=True)
class MadeEnvironment:
    """A whole environment on disk, as its marker describes it."""

    folder: Path
    python_version: str
    how: tuple[CommandRecord, ...]
    left_out: Mapping[str, str]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin/python"

    @property
    def overlay(self) -> Path:
        """Metadata of the projects that are imported from the tree."""
        return self.folder / "overlay"

    @property
    def bytecode(self) -> Path:
        """Bytecode of all that is installed."""
        return self.folder / "bytecode"


def environment_digest(project: Project, tree_folder: Path, python_version: str) -> str:
    """Name of an environment, from all that it is made from; settings of linters and tests do not count."""
    parts = [_RECIPE, sys.platform, python_version, project.manager, project.root]
    for manifest in (project.manifest, *(other.manifest for other in project.locals)):
        parts.append(json.dumps(_asked(manifest), sort_keys=True, default=str))
    for path in project.files:
        if not path.endswith("pyproject.toml"):
            parts += [path, digest((tree_folder / path).read_bytes())]
    return digest("\0".join(parts).encode())[:32]


def _asked(manifest: Manifest) -> tuple[object, ...]:
    tool = {name: manifest.tool.get(name) for name in ("uv", "poetry", "pdm")}
    described = (manifest.name, manifest.version, dict(manifest.entry_points))
    return (*described, manifest.dependencies, dict(manifest.groups), manifest.requires_python, tool)


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Hold a file lock; the kernel lets go of it when the process dies, however it dies."""
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.1)
        yield


async def find_made(place: Path, set_up: SetUp) -> MadeEnvironment | None:
    """The environment in `place`, if its marker is there and its interpreter still starts."""
    try:
        marker = json.loads((place / "ready.json").read_text())
        made = MadeEnvironment(
            folder=place / marker["folder"],
            python_version=str(marker["python_version"]),
            how=tuple(CommandRecord(**{**entry, "argv": tuple(entry["argv"])}) for entry in marker["how"]),
            left_out=dict(marker["left_out"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not made.python.exists() or not made.overlay.is_dir():
        return None
    command = Command(argv=(str(made.python), "-I", "-c", "pass"), cwd=place, readable=(place,))
    return made if (await set_up.runner.run(command)).exit_code == 0 else None


async def make(place: Path, project: Project, tree_folder: Path, python: Interpreter, set_up: SetUp) -> MadeEnvironment:
    """Fill a folder of a new name, then point the marker at it: a half-made one is never taken for a whole one.

    A killed run may leave an installer behind that still writes; with a new name it cannot spoil this environment.

    Raises:
        EnvironmentLacksError: The environment cannot be made; the message shows what the installer said.
    """
    shutil.rmtree(place, ignore_errors=True)
    folder, stage = place / secrets.token_hex(4), place / f"stage-{secrets.token_hex(4)}"
    stage.mkdir(parents=True)
    options = ("--no-project", "--no-config", "--python", str(python.path))
    made = await set_up.run(str(uv_program()), "venv", *options, str(folder), cwd=stage)
    if made.exit_code != 0:
        raise EnvironmentLacksError(
            f"An environment with {python.path} could not be made:\n{last_lines(made)}\n"
            "Mend what is named there, then try again."
        )
    installation = Installation(project=project, tree=tree_folder, stage=stage, venv=folder, set_up=set_up)
    await installation.install()
    (folder / "overlay").mkdir()
    for manifest in (project.manifest, *(other.manifest for other in project.locals)):
        _write_metadata(folder / "overlay", manifest)
    await set_up.run(
        str(folder / "bin/python"), "-I", "-X", f"pycache_prefix={folder / 'bytecode'}", str(_COMPILE), cwd=stage
    )
    shutil.rmtree(stage, ignore_errors=True)
    whole = MadeEnvironment(
        folder=folder, python_version=python.version, how=tuple(set_up.how), left_out=installation.left_out
    )
    marker = {**asdict(whole), "folder": folder.name}
    unfinished = place / "ready.json.new"
    unfinished.write_text(json.dumps(marker))
    unfinished.replace(place / "ready.json")
    return whole


def _write_metadata(overlay: Path, manifest: Manifest) -> None:
    """What an installed project would have beside its code, so that `importlib.metadata` finds it.

    Source: Python Packaging User Guide, "Recording installed projects", and "Entry points specification".
    """
    if not manifest.name:
        return
    name = f"{canonicalize_name(manifest.name).replace('-', '_')}-{manifest.version}"
    folder = overlay / f"{re.sub(r'[^A-Za-z0-9_.+!]', '-', name)}.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {manifest.name}\nVersion: {manifest.version}\n")
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in named.items())
        for group, named in manifest.entry_points.items()
    )
    (folder / "entry_points.txt").write_text("\n".join(groups))
