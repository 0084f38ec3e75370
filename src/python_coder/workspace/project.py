# src/python_coder/workspace/project.py — which Python project of a tree is meant, and what it is made of
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.errors import UsageError
from python_coder.workspace.layout import imported_names, is_searched, python_files, read_layout
from python_coder.workspace.local_projects import LocalProject, local_projects
from python_coder.workspace.manifest import MANIFEST_NAMES, Manager, Manifest, read_manifest
from python_coder.workspace.tables import table

_DEEPEST = 4
"""Folders below the git root that are searched for a project."""
_NEVER_THE_SERVICE = frozenset(
    ("tests", "test", "testing", "docs", "doc", "examples", "example", "fixtures", "templates", "template")
)
_ENV_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", "example.env")


@dataclass(frozen=True, kw_only=True)
class Project:
    """A Python project inside a git tree. All of it comes from reading files; nothing was run."""

    root: str
    """Folder of the manifest, relative to the git root; `.` when it is the root."""
    manager: Manager
    files: tuple[str, ...]
    """Manifests, locks and requirement files that the environment is made from, relative to the git root."""
    name: str
    version: str
    requires_python: str
    """PEP 440 specifiers; empty when the project names none."""
    import_roots: tuple[str, ...]
    """Relative to `root`, in order; those of other projects of the repository come last, such as `../core/src`."""
    packages: tuple[str, ...]
    test_paths: tuple[str, ...]
    """Relative to `root`."""
    env_example: str | None
    """File that shows the variables, relative to the git root."""
    declared_env: Mapping[str, str]
    """`[tool.python-coder.env]` of `pyproject.toml`."""
    entry_points: Mapping[str, Mapping[str, str]]
    """By group, then by name: what the project declares, such as console scripts and plugins."""
    lock: str | None = None
    """Lock file, relative to the git root."""
    groups: tuple[str, ...] = ()
    """Dependency groups and extras that tests, linters and type checkers need."""
    is_fastapi: bool = False
    locals: tuple[LocalProject, ...] = ()
    """Other projects of the repository that this one needs; they are imported from the tree as well."""
    manifest: Manifest = field(repr=False)

    def folder(self, tree_folder: Path) -> Path:
        """The project's folder inside a materialised tree."""
        return tree_folder / self.root


def find_project(folder: Path, *, hint: str | None = None) -> Project:
    """Find the project of a materialised tree that the task is about.

    Args:
        folder: The tree's folder; git is not needed.
        hint: What `--project` says: a folder relative to the git root. Without it the one project that has FastAPI
            among its dependencies is taken, else the one that imports FastAPI, else the only one.

    Raises:
        UsageError: No project is there, several could be meant, or the hint names none.
    """
    folder = folder.resolve()
    if hint is not None:
        return _describe(_hinted(folder, hint), folder)
    broken: list[UsageError] = []
    candidates = list(_candidates(folder, broken))
    if not candidates:
        raise broken[0] if broken else UsageError(_nothing_found(folder))
    return _describe(_choose(candidates, folder), folder)


def _hinted(folder: Path, hint: str) -> Manifest:
    place = (folder / hint).resolve()
    if Path(hint).is_absolute() or not place.is_relative_to(folder) or not place.is_dir():
        raise UsageError(f"--project {hint!r} is no folder of the repository; give one relative to the git root.")
    manifest = read_manifest(place, folder)
    if manifest is None:
        raise UsageError(f"--project {hint!r} holds no Python project: none of {', '.join(MANIFEST_NAMES)} is there.")
    return manifest


def _candidates(top: Path, broken: list[UsageError]) -> Iterator[Manifest]:
    for here, folders, _ in os.walk(top):
        place = Path(here)
        depth = len(place.relative_to(top).parts)
        folders[:] = sorted(
            name
            for name in folders
            if depth < _DEEPEST and is_searched(name) and name not in _NEVER_THE_SERVICE and name != "requirements"
        )
        try:
            manifest = read_manifest(place, top)
        except UsageError as error:
            broken.append(error)
            continue
        if manifest is not None:
            yield manifest


def _choose(candidates: list[Manifest], top: Path) -> Manifest:
    declared = [manifest for manifest in candidates if manifest.declares_fastapi]
    chosen = declared or [manifest for manifest in candidates if _imports_fastapi(manifest, candidates)]
    chosen = chosen or [manifest for manifest in candidates if manifest.folder == top] or candidates
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(manifest.folder.relative_to(top).as_posix() for manifest in chosen)
    raise UsageError(f"The repository holds several Python projects: {names}. Say which with --project DIR.")


def _imports_fastapi(manifest: Manifest, candidates: list[Manifest]) -> bool:
    others = [other.folder for other in candidates if manifest.folder in other.folder.parents]
    mine = (path for path in python_files(manifest.folder) if not any(path.is_relative_to(other) for other in others))
    return any("fastapi" in imported_names(path) for path in mine)


def _nothing_found(folder: Path) -> str:
    message = (
        f"No Python project is in this repository. Looked for {', '.join(MANIFEST_NAMES)} down to {_DEEPEST} folders."
    )
    if any(folder.glob("Pipfile")):
        return (
            f"{message} There is a Pipfile: `pipenv requirements --dev > requirements.txt`, commit it, and try again."
        )
    return f"{message} Add a pyproject.toml, or say where it is with --project DIR."


def _describe(manifest: Manifest, top: Path) -> Project:
    layout = read_layout(manifest.folder, manifest.pyproject, top=top)
    neighbours = local_projects(manifest, top)
    roots = [*layout.import_roots]
    for neighbour in neighbours:
        place = neighbour.manifest.folder
        other = read_layout(place, neighbour.manifest.pyproject, top=place)
        roots += [os.path.relpath(place / root, manifest.folder) for root in other.import_roots]
    declared = table(table(manifest.tool, "python-coder"), "env")
    return Project(
        root=manifest.folder.relative_to(top).as_posix(),
        manager=manifest.manager,
        files=_files(manifest, neighbours, top),
        name=manifest.name,
        version=manifest.version,
        requires_python=manifest.requires_python,
        import_roots=tuple(dict.fromkeys(roots)),
        packages=layout.packages,
        test_paths=layout.test_paths,
        env_example=_env_example(manifest.folder, top),
        declared_env={key: _as_variable(value) for key, value in declared.items()},
        entry_points=manifest.entry_points,
        lock=manifest.lock.relative_to(top).as_posix() if manifest.lock else None,
        groups=tuple(manifest.groups),
        is_fastapi=manifest.declares_fastapi or _imports_fastapi(manifest, []),
        locals=neighbours,
        manifest=manifest,
    )


def _files(manifest: Manifest, neighbours: tuple[LocalProject, ...], top: Path) -> tuple[str, ...]:
    paths = [manifest.folder / name for name in ("pyproject.toml", "setup.cfg", "setup.py")]
    paths += [
        *manifest.requirement_files,
        *([manifest.lock, manifest.lock.parent / "pyproject.toml"] if manifest.lock else []),
    ]
    for neighbour in neighbours:
        paths += [neighbour.manifest.folder / "pyproject.toml", *neighbour.manifest.requirement_files]
    return tuple(path.relative_to(top).as_posix() for path in dict.fromkeys(paths) if path.is_file())


def _env_example(folder: Path, top: Path) -> str | None:
    for place in dict.fromkeys((folder, top)):
        for name in _ENV_EXAMPLES:
            if (place / name).is_file():
                return (place / name).relative_to(top).as_posix()
    return None


def _as_variable(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
