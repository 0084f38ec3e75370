# src/python_coder/workspace/trees.py — git trees: composed from others, and laid out as clean folders
import contextlib
import functools
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from python_coder.errors import PythonCoderError, UsageError
from python_coder.workspace.files import (
    FILE,
    FOLDER,
    PROGRAM,
    SUBMODULE,
    disk_errors,
    hash_blob,
    hash_item,
    remove_folder,
    walk,
    write_item,
)
from python_coder.workspace.git import Git, decode, encode, write_blobs

_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BATCH_HEADER = re.compile(rb"[0-9a-f]+ blob (\d+)")
_BATCH_BLOBS = 500
_CACHED_TREES = 16


class Entry(NamedTuple):
    """What a tree holds at one path."""

    mode: str
    """As git writes it: `100644`, `100755`, `120000` for a symlink, `160000` for a submodule."""
    id: str
    """Blob id; for a submodule its commit."""

    @property
    def is_regular(self) -> bool:
        """Whether this is a file with content of its own: neither symlink nor submodule."""
        return self.mode in {FILE, PROGRAM}


@dataclass(frozen=True)
class TreeStore:
    """Makes git trees without touching the user's index, work tree or branches."""

    git: Git
    store: Path
    """Where clean copies of trees are kept, one folder a tree."""

    def entries(self, tree: str) -> Mapping[str, Entry]:
        """All that a tree holds, by path in git's order.

        Raises:
            UsageError: This is no tree id, or the tree holds a path that would leave its folder.
        """
        return _entries(self.git, tree)

    def paths(self, tree: str) -> Mapping[str, str]:
        """Blob id by path, for all regular files of a tree."""
        return {path: entry.id for path, entry in self.entries(tree).items() if entry.is_regular}

    def read(self, tree: str, path: str) -> bytes | None:
        """Content of one file, or `None` when the tree has no such file. A symlink is no file."""
        entry = self.entries(tree).get(path)
        if entry is None or not entry.is_regular:
            return None
        return self.git.run("cat-file", "blob", entry.id)

    def read_all(self, tree: str, paths: Iterable[str]) -> dict[str, bytes]:
        """Contents of many files at once; paths that are no regular file of the tree are left out."""
        entries = self.entries(tree)
        wanted = {path: entries[path].id for path in paths if path in entries and entries[path].is_regular}
        return dict(zip(wanted, read_blobs(self.git, list(wanted.values())), strict=True))

    def compose(self, tree: str, *, put: Mapping[str, bytes], drop: Iterable[str] = ()) -> str:
        """A tree equal to `tree` but for the given files. Returns its id.

        Args:
            tree: Tree to start from.
            put: New content by path; a file keeps its executable bit, a symlink becomes a file.
            drop: Paths to leave out; one that is not there is no error.
        """
        entries = self.entries(tree)
        changes: dict[str, Entry | None] = dict.fromkeys(drop)
        for path, content in put.items():
            old = entries.get(path)
            mode = old.mode if old and old.is_regular else FILE
            changes[path] = Entry(mode, hash_blob(content, tree))
        write_blobs(self.git, (put[path] for path, entry in changes.items() if entry and entries.get(path) != entry))
        return tree_with(self.git, tree, changes)

    def overlay(self, tree: str, source: str, *, select: Callable[[str], bool]) -> str:
        """`tree` in which every selected path is as `source` has it: replaced, added, or dropped."""
        changes: dict[str, Entry | None] = {path: None for path in self.entries(tree) if select(path)}
        changes |= {path: entry for path, entry in self.entries(source).items() if select(path)}
        return tree_with(self.git, tree, changes)

    def apply(self, tree: str, patch: bytes) -> str:
        """The tree that a patch in git's form makes of `tree`. Returns its id.

        Raises:
            UsageError: The patch does not fit this tree.
        """
        if not patch.strip():
            return tree
        try:
            with _own_index(self.git, tree) as index:
                words = ("-c", "apply.ignoreWhitespace=no", "apply", "--cached", "--binary", "--whitespace=nowarn")
                self.git.run(*words, "-", stdin=patch, env=index)
                return decode(self.git.run("write-tree", env=index)).strip()
        except PythonCoderError as error:
            raise UsageError(f"The patch does not fit tree {tree}: {error} Take the base it was made from.") from error

    def folder(self, tree: str) -> Path:
        """A clean copy of the tree on disk, made once and kept. Callers must not write into it.

        Each file holds the blob's bytes: no line ending is turned, no attribute heeded. It appears under its name
        only when it is whole, so a kill in the middle or a second caller does no harm.

        Raises:
            EnvironmentLacksError: The disk is full or not writable.
        """
        target = self.store / tree
        if target.is_dir():
            return target
        entries = self.entries(tree)
        with disk_errors(self.store):
            self.store.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{tree[:12]}-", dir=self.store))
            try:
                draft.chmod(0o755)
                lay_out(self.git, entries, draft)
                _rename(draft, target)
            finally:
                remove_folder(draft)
        return target

    def damage(self, tree: str) -> tuple[str, ...]:
        """Paths at which the clean copy of a tree is no longer the tree: changed, missing or added, in order."""
        root = self.store / tree
        entries = self.entries(tree)
        folders = parents_of(entries) | {path for path, entry in entries.items() if entry.mode == SUBMODULE}
        missing = set(entries) | folders
        wrong = set()
        for item in walk(root) if root.is_dir() else ():
            missing.discard(item.path)
            entry = entries.get(item.path)
            if item.mode == FOLDER:
                is_right = item.path in folders
            else:
                is_right = entry is not None and item.mode == entry.mode and hash_item(root, item, tree) == entry.id
            if not is_right:
                wrong.add(item.path)
        return tuple(sorted(missing | wrong))


def tree_with(git: Git, tree: str, changes: Mapping[str, Entry | None]) -> str:
    """The tree made of `tree` and some other entries; `None` leaves a path out. Writes it and returns its id.

    Raises:
        UsageError: A path cannot be in a tree, such as one with `..` or `.git` in it.
    """
    entries = _entries(git, tree)
    new = {path: entry for path, entry in changes.items() if entries.get(path) != entry}
    if not new:
        return tree
    none = "0" * len(tree)
    lines = [f"0 {none}\t{path}\0" for path, entry in new.items() if entry is None]
    lines += [f"{entry.mode} {entry.id}\t{path}\0" for path, entry in new.items() if entry is not None]
    for path in new:
        check_path(path)
    with _own_index(git, tree) as index:
        git.run("update-index", "-z", "--index-info", stdin=encode("".join(lines)), env=index)
        return decode(git.run("write-tree", env=index)).strip()


def lay_out(git: Git, entries: Mapping[str, Entry], root: Path) -> None:
    """Write entries of a tree below a folder. What is in their way is removed, and no symlink is followed."""
    blobs = [path for path, entry in entries.items() if entry.mode != SUBMODULE]
    for path in entries:
        if entries[path].mode == SUBMODULE:
            write_item(root, path, SUBMODULE, b"")
    contents = read_blobs(git, [entries[path].id for path in blobs])
    for path, content in zip(blobs, contents, strict=True):
        write_item(root, path, entries[path].mode, content)


def read_blobs(git: Git, ids: list[str]) -> Iterator[bytes]:
    """Contents of many blobs, in the given order.

    Raises:
        PythonCoderError: One of them is not in the object store.
    """
    for first in range(0, len(ids), _BATCH_BLOBS):
        yield from _read_batch(git, ids[first : first + _BATCH_BLOBS])


def _read_batch(git: Git, ids: list[str]) -> Iterator[bytes]:
    output = git.run("cat-file", "--batch", "--buffer", stdin="".join(f"{blob}\n" for blob in ids).encode())
    start = 0
    for blob in ids:
        end = output.index(b"\n", start)
        found = _BATCH_HEADER.fullmatch(output, start, end)
        if found is None:
            raise PythonCoderError(
                f"Object {blob} is not in the repository. If it is a partial clone, take a full one."
            )
        start = end + 1 + int(found[1])
        yield output[end + 1 : start]
        start += 1


def parents_of(paths: Iterable[str]) -> set[str]:
    """All folders that these paths lie in."""
    folders: set[str] = set()
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
    return folders


def check_path(path: str) -> None:
    """See that a path can be in a tree.

    Raises:
        UsageError: It leaves its folder, or is git's own.
    """
    parts = path.lower().split("/")
    if any(part in {"", ".", "..", ".git"} for part in parts):
        raise UsageError(f"{path!r} cannot be a path in a git tree. Give a path below the git root, without `..`.")


@functools.lru_cache(maxsize=_CACHED_TREES)
def _entries(git: Git, tree: str) -> Mapping[str, Entry]:
    if not _ID.fullmatch(tree):
        raise UsageError(f"{tree!r} is not the id of a git tree. Give the full id that git write-tree prints.")
    entries = {}
    for line in decode(git.run("ls-tree", "-r", "-z", "--full-tree", tree)).split("\0")[:-1]:
        fields, _, path = line.partition("\t")
        mode, _, blob = fields.split(" ")
        entries[path] = Entry(mode, blob)
        check_path(path)
    return entries


@contextlib.contextmanager
def _own_index(git: Git, tree: str) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="python-coder-") as folder:
        # Sparse settings of the user's checkout must not thin out an index that only makes trees.
        env = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        git.run("-c", "core.sparseCheckout=false", "-c", "index.sparse=false", "read-tree", tree, env=env)
        yield env


def _rename(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        # Another caller was quicker; its copy is as good as ours.
        if not target.is_dir():
            raise
