# src/python_coder/tools/serena/project_facts.py — what can be said of a project from its files, without running it
import re
from collections.abc import Iterator
from pathlib import Path

from python_coder.errors import PythonCoderError
from python_coder.workspace.manifest import read_pyproject
from python_coder.workspace.project import Project, find_project
from python_coder.workspace.requirement_files import read_text
from python_coder.workspace.tables import table

_TARGET = re.compile(r"^([a-z][\w-]*)\s*:(?!=)", re.MULTILINE)
_COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_NOTES = ("AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "README.md")
_INSTALL = {"uv": "uv sync", "poetry": "poetry install", "pdm": "pdm install"}
_MOST = 12


def project_facts(root: Path) -> list[str]:
    """What the project is, one fact a line: name, layout, commands, notes of its people.

    Args:
        root: Folder of the project.
    """
    facts = [f"root: {root}"]
    try:
        project = find_project(root)
    except PythonCoderError as error:
        facts.append(f"Python project: none found ({error})")
    else:
        facts += _layout(project)
        facts += [f"command: {command}" for command in _commands(project, project.folder(root))]
    facts += [f"command: make {name}" for name in _make_targets(root)]
    facts += [f"containers: {name}" for name in _COMPOSE_FILES if (root / name).is_file()]
    notes = [name for name in _NOTES if (root / name).is_file()]
    return [*facts, *([f"written for people: {', '.join(notes)}"] if notes else [])]


def project_name(root: Path) -> str:
    """The name in the project's manifest, else its folder's."""
    try:
        return find_project(root).name or root.name
    except PythonCoderError:
        return root.name


def _layout(project: Project) -> Iterator[str]:
    kind = "FastAPI service" if project.is_fastapi else "Python project"
    where = "" if project.root == "." else f" in {project.root}"
    python = f", Python {project.requires_python}" if project.requires_python else ""
    yield f"{kind}: {project.name}{where}, managed by {project.manager}{python}"
    yield f"packages: {', '.join(project.packages[:_MOST]) or 'none'} (import roots: {', '.join(project.import_roots)})"
    yield f"tests: {', '.join(project.test_paths[:_MOST]) or 'none found'}"
    if project.env_example:
        yield f"variables: see {project.env_example}"


def _commands(project: Project, folder: Path) -> Iterator[str]:
    if project.manager in _INSTALL:
        yield _INSTALL[project.manager]
    prefix = "uv run " if project.manager == "uv" else ""
    settings = table(read_pyproject(folder), "tool")
    if project.test_paths:
        yield f"{prefix}pytest"
    for name, words, files in (
        ("ruff", "ruff check", ("ruff.toml", ".ruff.toml")),
        ("mypy", f"mypy {' '.join(project.packages[:1])}".rstrip(), ("mypy.ini", ".mypy.ini")),
    ):
        if name in settings or any((folder / file).is_file() for file in files):
            yield prefix + words
    if (folder / "alembic.ini").is_file():
        yield f"{prefix}alembic upgrade head"


def _make_targets(root: Path) -> list[str]:
    makefile = root / "Makefile"
    names = _TARGET.findall(read_text(makefile)) if makefile.is_file() else []
    return list(dict.fromkeys(names))[:_MOST]
