# src/python_coder/service_map/files.py — the files of a service, wherever they lie
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".tox"})
_MAX_BYTES = 1_000_000
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})


class FileView(Protocol):
    """Text files by path, relative to the git root, with forward slashes. A folder or a git tree."""

    def paths(self) -> Sequence[str]:
        """All files, in one stable order."""
        ...

    def read(self, path: str) -> str | None:
        """Text of one file, line ends as they are, or `None` when there is no such text file."""
        ...


@dataclass(frozen=True)
class FolderView:
    """The files below a folder, without environments, caches and git's own."""

    folder: Path

    def paths(self) -> Sequence[str]:
        """All files, ordered by path. Links are left out: they may lead outside."""
        found: list[str] = []
        for root, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if name not in _SKIPPED)
            found += [Path(root, name).relative_to(self.folder).as_posix() for name in names]
        return sorted(path for path in found if not (self.folder / path).is_symlink())

    def read(self, path: str) -> str | None:
        """Text of one file below the folder, or `None`."""
        file = self.folder / path
        if not file.is_file() or file.is_symlink() or file.stat().st_size > _MAX_BYTES:
            return None
        try:
            return file.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            return None


def is_test_path(path: str) -> bool:
    """Whether a file belongs to tests, by its name or a folder above it."""
    *folders, name = path.split("/")
    return (
        bool(_TEST_FOLDERS & set(folders))
        or name.startswith("test_")
        or name in {"conftest.py"}
        or name.endswith("_test.py")
    )
