# src/python_coder/workspace/changes.py — what a change is: the difference of two git trees
from dataclasses import dataclass
from typing import Literal

FileStatus = Literal["added", "modified", "deleted", "renamed"]


@dataclass(frozen=True, kw_only=True)
class ChangedFile:
    """One file of a change."""

    path: str
    """Path in the new tree, relative to the git root; for a deleted file its path in the base."""
    old_path: str
    """Path in the base tree; equal to `path` unless renamed."""
    status: FileStatus
    added_lines: frozenset[int]
    """1-based lines of the new file that the base does not have."""
    removed_lines: frozenset[int]
    """1-based lines of the base file that the new one does not have."""
    patch: str
    """Unified diff of this file, as git prints it; empty text for a binary file."""
    is_binary: bool = False

    @property
    def is_python(self) -> bool:
        """Whether the path ends in `.py`."""
        return self.path.endswith(".py")


@dataclass(frozen=True, kw_only=True)
class Change:
    """The difference between the base tree and the delivered tree."""

    base_tree: str
    """Git tree id of the base revision."""
    tree: str
    """Git tree id that is judged and delivered."""
    files: tuple[ChangedFile, ...]
    """Ordered by path."""

    def file(self, path: str) -> ChangedFile | None:
        """The changed file at `path` of the new tree, if it changed."""
        return next((file for file in self.files if file.path == path), None)

    @property
    def python_files(self) -> tuple[ChangedFile, ...]:
        """Python files that exist in the new tree."""
        return tuple(file for file in self.files if file.is_python and file.status != "deleted")
