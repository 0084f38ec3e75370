# src/python_coder/workspace/trees.py — git trees: composed from others, and laid out as clean folders
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol


class TreeStore(Protocol):
    """Makes git trees without touching the user's index, work tree or branches."""

    def paths(self, tree: str) -> Mapping[str, str]:
        """Blob id by path, for all regular files of a tree."""
        ...

    def read(self, tree: str, path: str) -> bytes | None:
        """Content of one file, or `None` when the tree has no such file."""
        ...

    def compose(self, tree: str, *, put: Mapping[str, bytes], drop: Iterable[str] = ()) -> str:
        """A tree equal to `tree` but for the given files. Returns its id."""
        ...

    def overlay(self, tree: str, source: str, *, select: Callable[[str], bool]) -> str:
        """`tree` in which every selected path is as `source` has it: replaced, added, or dropped."""
        ...

    def folder(self, tree: str) -> Path:
        """A clean copy of the tree on disk, made once and kept. Callers must not write into it."""
        ...
