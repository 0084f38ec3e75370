# src/python_coder/workspace/changes.py — what a change is: the difference of two git trees
import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from python_coder.errors import PythonCoderError
from python_coder.workspace.git import Git, decode, private_repository

FileStatus = Literal["added", "modified", "deleted", "renamed"]

_STATUS: dict[str, FileStatus] = {"A": "added", "M": "modified", "D": "deleted", "R": "renamed", "T": "modified"}
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_BINARY = re.compile(rb"^(?:GIT binary patch|Binary files .* differ)$", re.MULTILINE)
_NO_MODE = "000000"
# The rename limit is given, since its default differs between versions of git.
_DIFF = ("-r", "-M", "-l1000", "--full-index", "--no-abbrev")


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
    old_mode: str = ""
    """Mode in the base as git writes it, such as `100755` or `120000` for a symlink; empty for an added file."""
    mode: str = ""
    """Mode in the new tree; empty for a deleted file."""

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
    patch_bytes: bytes = field(default=b"", repr=False)
    """The whole change as a patch that `git apply` accepts, binary files included."""

    def file(self, path: str) -> ChangedFile | None:
        """The changed file at `path` of the new tree, if it changed."""
        return next((file for file in self.files if file.path == path), None)

    @property
    def python_files(self) -> tuple[ChangedFile, ...]:
        """Python files that exist in the new tree."""
        return tuple(file for file in self.files if file.is_python and file.status != "deleted")


class _RawEntry(NamedTuple):
    old_mode: str
    mode: str
    letter: str
    old_path: str
    path: str

    @property
    def sections(self) -> int:
        # Git writes a file that became a symlink, or the other way round, as a deletion and a creation.
        return 2 if self.letter == "T" else 1


def change_between(git: Git, base_tree: str, tree: str) -> Change:
    """The difference of two trees, with renames found, in two git commands however many files there are.

    Neither `.gitattributes` nor the user's configuration has a say: what a file is decides whether it is text.
    """
    with _plain(git, base_tree) as plain:
        raw = plain.run("diff-tree", *_DIFF, "--raw", "-z", base_tree, tree)
        patch = plain.run("diff-tree", *_DIFF, "--patch", "-U3", "--binary", base_tree, tree)
    entries = list(_raw_entries(raw))
    sections = re.split(rb"(?m)^(?=diff --git )", patch)[1:]
    if len(sections) != sum(entry.sections for entry in entries):
        raise PythonCoderError(
            f"git lists {len(entries)} changed files of {tree} but prints {len(sections)} patches. "
            "That is a fault of python-coder: report it with what `git --version` says."
        )
    parts = iter(sections)
    files = [_changed_file(entry, [next(parts) for _ in range(entry.sections)]) for entry in entries]
    ordered = tuple(sorted(files, key=lambda file: file.path))
    return Change(base_tree=base_tree, tree=tree, files=ordered, patch_bytes=patch)


@contextlib.contextmanager
def _plain(git: Git, like: str) -> Iterator[Git]:
    """The same objects seen through a repository without configuration, attributes, index or work tree."""
    if git.is_isolated:
        yield git
        return
    with tempfile.TemporaryDirectory(prefix="python-coder-") as folder:
        objects = Path(git.text("rev-parse", "--path-format=absolute", "--git-path", "objects"))
        yield private_repository(Path(folder), objects=objects, like=like)


def _raw_entries(raw: bytes) -> Iterator[_RawEntry]:
    words = iter(decode(raw).split("\0")[:-1])
    for word in words:
        old_mode, mode, _, _, status = word.removeprefix(":").split(" ")
        old_path = next(words)
        path = next(words) if status[0] == "R" else old_path
        yield _RawEntry(old_mode, mode, status[0], old_path, path)


def _changed_file(entry: _RawEntry, sections: list[bytes]) -> ChangedFile:
    is_binary = any(_BINARY.search(section) for section in sections)
    lines = [_lines(section) for section in sections if not is_binary]
    return ChangedFile(
        path=entry.path,
        old_path=entry.old_path,
        status=_STATUS[entry.letter],
        added_lines=frozenset().union(*(added for added, _ in lines)),
        removed_lines=frozenset().union(*(removed for _, removed in lines)),
        patch="" if is_binary else b"".join(sections).decode("utf-8", "replace"),
        is_binary=is_binary,
        old_mode=entry.old_mode.replace(_NO_MODE, ""),
        mode=entry.mode.replace(_NO_MODE, ""),
    )


def _lines(section: bytes) -> tuple[set[int], set[int]]:
    """Added lines of the new file and removed lines of the old one, from one file's hunks."""
    added: set[int] = set()
    removed: set[int] = set()
    old = new = old_end = new_end = 0
    for line in section.split(b"\n"):
        if old == old_end and new == new_end:
            if hunk := _HUNK.match(line):
                old, old_count, new, new_count = (int(number or 1) for number in hunk.groups(default=b"1"))
                old_end, new_end = old + old_count, new + new_count
        elif line.startswith(b"+"):
            added.add(new)
            new += 1
        elif line.startswith(b"-"):
            removed.add(old)
            old += 1
        elif line.startswith(b" "):
            old, new = old + 1, new + 1
    return added, removed
