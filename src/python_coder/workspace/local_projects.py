# src/python_coder/workspace/local_projects.py — other projects of the same repository that a project needs
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from python_coder.workspace.manifest import Manifest, read_manifest, read_pyproject
from python_coder.workspace.requirement_files import local_requirement, read_text, requirement_name
from python_coder.workspace.tables import strings, table


@dataclass(frozen=True, kw_only=True)
class LocalProject:
    """A folder of the repository that another project depends on: imported from the tree, never installed."""

    name: str
    """Normalised name."""
    manifest: Manifest


def local_projects(manifest: Manifest, top: Path) -> tuple[LocalProject, ...]:
    """All that a project needs from its own repository, directly or through others, each once, nearest first."""
    found: dict[Path, LocalProject] = {}
    waiting = [manifest]
    while waiting:
        current = waiting.pop(0)
        for folder in _referred(current, top):
            place = Path(os.path.normpath(folder))
            is_new = place not in found and place != manifest.folder and place.is_relative_to(top)
            other = read_manifest(place, top) if is_new and place.is_dir() else None
            if other is not None:
                found[place] = LocalProject(name=canonicalize_name(other.name), manifest=other)
                waiting.append(other)
    return tuple(found.values())


def _referred(manifest: Manifest, top: Path) -> Iterator[Path]:
    yield from _uv_sources(manifest, top)
    for dependencies in _poetry_tables(table(manifest.tool, "poetry")):
        for wanted in dependencies.values():
            if isinstance(wanted, dict) and isinstance(path := wanted.get("path"), str):
                yield manifest.folder / path
    for file in manifest.requirement_files:
        for line in read_text(file).splitlines():
            # pip reads a relative path from the working folder, uv from the file's: both are tried.
            for place in (file.parent, manifest.folder):
                if local := local_requirement(line, place):
                    yield local.folder


def _uv_sources(manifest: Manifest, top: Path) -> Iterator[Path]:
    asked = {requirement_name(line) for lines in (manifest.dependencies, *manifest.groups.values()) for line in lines}
    for name, source in table(table(manifest.tool, "uv"), "sources").items():
        for choice in source if isinstance(source, list) else [source]:
            if isinstance(choice, Mapping) and canonicalize_name(name) in asked:
                yield from _from_source(name, choice, manifest, top)


def _from_source(name: str, source: Mapping[str, object], manifest: Manifest, top: Path) -> Iterator[Path]:
    if isinstance(path := source.get("path"), str):
        yield manifest.folder / path
    elif source.get("workspace") is True:
        workspace = _workspace_of(manifest, top)
        members = table(table(table(read_pyproject(workspace), "tool"), "uv"), "workspace")
        for folder in (
            workspace,
            *(place for pattern in strings(members, "members") for place in sorted(workspace.glob(pattern))),
        ):
            project = table(read_pyproject(folder), "project")
            if canonicalize_name(str(project.get("name", ""))) == canonicalize_name(name):
                yield folder


def _workspace_of(manifest: Manifest, top: Path) -> Path:
    if manifest.lock:
        return manifest.lock.parent
    for folder in (manifest.folder, *manifest.folder.parents):
        if not folder.is_relative_to(top):
            break
        if "workspace" in table(table(read_pyproject(folder), "tool"), "uv"):
            return folder
    return manifest.folder


def _poetry_tables(poetry: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    yield table(poetry, "dependencies")
    yield table(poetry, "dev-dependencies")
    for group in table(poetry, "group").values():
        if isinstance(group, dict):
            yield table(group, "dependencies")
