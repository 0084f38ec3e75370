# src/python_coder/mcp_servers/opened_project.py — a folder opened for tools that read and edit code, and its secrets
import os
from collections.abc import Iterator
from pathlib import Path

from python_coder.errors import UsageError
from python_coder.evidence.redaction import secret_values
from python_coder.settings import Settings
from python_coder.tools.serena.context import OpenProject
from python_coder.tools.serena.memory_store import FOLDER
from python_coder.tools.serena.repository import Repository, find_repository
from python_coder.tools.serena.workplace import environment_of, secret_files
from python_coder.workspace.env_file import parse_env_file
from python_coder.workspace.programs import is_too_broad
from python_coder.workspace.requirement_files import read_text


def open_project(folder: Path, settings: Settings, *, read_only_memories: tuple[str, ...] = ()) -> OpenProject:
    """Open a folder. Starts nothing yet.

    Raises:
        UsageError: The folder is no project, or holds too much.
    """
    root = folder.resolve()
    if not root.is_dir() or is_too_broad(root):
        what = "holds more than a project" if root.is_dir() else "is no folder"
        raise UsageError(f"{folder} {what}. Name a project's own folder.")
    repository = find_repository(root)
    environment = environment_of(root, repository)
    return OpenProject(
        root=root,
        memories=(repository.main if repository else root) / FOLDER,
        repository=repository,
        store=settings.cache_folder / "symbols",
        read_only_memories=read_only_memories,
        python=environment / "bin" / "python" if environment else None,
    )


def secrets_around(project: OpenProject) -> frozenset[str]:
    """Values that no answer about the project may tell: of this process's environment, and of the project's files."""
    return frozenset((*secret_values(os.environ), *_secrets_of(project.root, project.repository)))


def _secrets_of(root: Path, repository: Repository | None) -> Iterator[str]:
    for path in secret_files(root, repository):
        if path.name.startswith(".env"):
            yield from secret_values(parse_env_file(read_text(path)))
