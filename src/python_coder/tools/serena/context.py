# src/python_coder/tools/serena/context.py — what the serena tools share: the open project and the session's state
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.tools.files import ProjectFiles


@dataclass(frozen=True, kw_only=True)
class OpenProject:
    """One project that tools work on. `activate_project` puts another one in its place."""

    root: Path
    """Folder of the project, absolute. A worktree has its own."""
    memories: Path
    """Folder of the memories: `.serena/memories` of the main checkout, never of a worktree."""
    store: Path
    """Folder outside the project where its symbol index is kept."""
    read_only_memories: tuple[str, ...] = ()
    """Patterns, as of a shell, of memories that no tool changes."""
    files: ProjectFiles = field(init=False)
    """The only door to the project's files."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", ProjectFiles(self.root))


@dataclass(kw_only=True)
class SerenaContext:
    """State of one session. Every tool gets this object and asks it for the project at each call."""

    project: OpenProject

    @property
    def root(self) -> Path:
        """Folder of the active project."""
        return self.project.root

    @property
    def files(self) -> ProjectFiles:
        """Files of the active project."""
        return self.project.files

    @property
    def memories(self) -> Path:
        """Folder of the active project's memories."""
        return self.project.memories
