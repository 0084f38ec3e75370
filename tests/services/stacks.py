# tests/services/stacks.py — stacks on the tests' engine, and all that stands on an engine, for comparing
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from python_coder.compose.cli import require_compose
from python_coder.compose.engine import find_engine
from python_coder.compose.naming import OWNER_LABEL
from python_coder.compose.source import StackSource
from python_coder.compose.stack import Stack
from python_coder.workspace.sandbox import make_runner
from services.docker_engine import DockerEngine


def stack_of(
    engine: DockerEngine, root: Path, values: Mapping[str, str] | None = None, *, has_fixed_ports: bool = False
) -> Stack:
    """The stack of a folder's compose file."""
    return Stack(
        source=StackSource(root=root, values=values or {}),
        engine=find_engine(engine.environment),
        compose=require_compose(),
        runner=make_runner("auto"),
        key="test",
        has_fixed_ports=has_fixed_ports,
    )


def left_of(engine: DockerEngine, project: str) -> dict[str, list[str]]:
    """What of a stack is still on the engine, by kind."""
    label = f"label={OWNER_LABEL}={project}"
    asked = {kind: (kind, "ls", "--quiet", "--filter", label) for kind in ("network", "volume", "image")}
    asked["container"] = ("ps", "--all", "--quiet", "--filter", label)
    found = {kind: engine.docker(*words).split() for kind, words in asked.items()}
    return {kind: names for kind, names in found.items() if names}


def standing(engine: DockerEngine, kind: str, name: str) -> str:
    """What the engine says of one container, network or volume, to the last byte; of a volume with its content."""
    told = json.loads(engine.docker(kind, "inspect", name))
    content = _digest(Path(told[0]["Mountpoint"])) if kind == "volume" else ""
    return json.dumps([told, content], indent=1, sort_keys=True)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        stat = path.lstat()
        digest.update(f"{path.relative_to(folder)} {stat.st_mode} {stat.st_uid} {stat.st_mtime_ns}\0".encode())
        digest.update(path.read_bytes() if path.is_file() else os.fsencode(path.name))
    return digest.hexdigest()
