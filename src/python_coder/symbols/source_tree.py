# src/python_coder/symbols/source_tree.py — which Python files a project has, and when each was last changed
import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from python_coder.symbols.ignored import GITIGNORE, IgnoreRules, read_rule_file
from python_coder.symbols.outer_rules import OuterRules, is_linked_worktree
from python_coder.symbols.watch import FolderWatch

SUFFIXES = (".py", ".pyi", ".pyw")
_ENVIRONMENT_MARK = "pyvenv.cfg"
# A clock of a file system may stand still this long, so two changes may bear the same time stamp. Those that keep only
# whole seconds, such as FAT, stand still for two.
_FINE_TICK_NS = 100_000_000
_COARSE_TICK_NS = 2_100_000_000


class Stamp(NamedTuple):
    """What changes when a file or folder is changed."""

    mtime_ns: int
    ctime_ns: int
    """Cannot be set by a program, other than the first."""
    size_bytes: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """The stamp in a status."""
        return cls(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)

    def is_settled(self, read_ns: int) -> bool:
        """Whether a change after this time, in nanoseconds of the wall clock, cannot bear the same stamp."""
        is_fine = self.ctime_ns % 1_000_000_000
        return self.ctime_ns + (_FINE_TICK_NS if is_fine else _COARSE_TICK_NS) < read_ns


@dataclass(slots=True)
class _Folder:
    stamp: Stamp
    is_settled: bool
    rules: IgnoreRules
    files: tuple[tuple[str, str], ...] = ()
    """Path relative to the root, and in full."""
    folders: tuple[str, ...] = ()
    """Relative to the root."""


class _RulesChangedError(Exception):
    """What is ignored changed while the tree was looked through."""


class SourceTree:
    """The Python files below a folder that no rule ignores. Links are never followed."""

    def __init__(self, root: Path) -> None:
        """Look at nothing yet.

        Args:
            root: Real path of the folder.
        """
        self._root = str(root)
        self._watch: FolderWatch | None = None
        self._identity_seen = (0, 0)
        self._outer: OuterRules | None = None
        self._folders: dict[str, _Folder] = {}
        self._rule_files: dict[str, tuple[Stamp | None, bool]] = {}

        self._outer_rules = IgnoreRules()

    def scan(self) -> dict[str, Stamp] | None:
        """All files as they are now, with their stamps. A folder is listed again only if it changed.

        Returns:
            `None` if nothing has changed since the last scan.
        """
        outer = OuterRules.around(Path(self._root))
        if self._is_quiet(outer):
            return None
        self._begin()
        if outer != self._outer or not self._rules_stand(self._rule_files):
            self._start_over(outer)
        try:
            return self._scan()
        except _RulesChangedError:
            self._start_over(outer)
        return self._scan()

    def expire(self) -> None:
        """Look at each file at the next scan."""
        if self._watch is not None:
            self._watch.expire()

    def forget(self, path: str) -> None:
        """List the folders above a path again at the next scan."""
        self.expire()
        parts = path.split("/")
        for depth in range(len(parts)):
            folder = self._folders.get("/".join(parts[:depth]))
            if folder is not None:
                folder.is_settled = False

    def _is_quiet(self, outer: OuterRules) -> bool:
        if self._watch is None or outer != self._outer or not self._rules_stand(outer.files):
            return False
        return self._identity() == self._identity_seen and self._watch.is_quiet()

    def _begin(self) -> None:
        """Watch from now on, and take a root that was put in the place of the former one for a new one."""
        identity = self._identity()
        if self._watch is None or identity != self._identity_seen:
            self._watch = FolderWatch(self._root)
        self._identity_seen = identity
        self._watch.begin()

    def _identity(self) -> tuple[int, int]:
        status = _status(self._root)
        return (status.st_dev, status.st_ino) if status is not None else (0, 0)

    def _scan(self) -> dict[str, Stamp]:
        found: dict[str, Stamp] = {}
        present: dict[str, _Folder] = {}
        waiting = [("", self._outer_rules)]
        is_unseen = False
        while waiting:
            path, rules = waiting.pop()
            folder = self._folder(path, rules)
            if folder is None:
                continue
            present[path] = folder
            waiting.extend((inner, folder.rules) for inner in folder.folders)
            for file, full in folder.files:
                status = _status(full)
                if status is not None and stat.S_ISREG(status.st_mode):
                    found[file] = Stamp.of(status)
                    is_unseen = is_unseen or status.st_nlink > 1
        self._folders = present
        if is_unseen and self._watch is not None:
            self._watch.distrust()
        return found

    def _folder(self, path: str, rules: IgnoreRules) -> _Folder | None:
        """A folder as it is now, listed only if it may have changed."""
        full = f"{self._root}/{path}" if path else self._root
        if self._watch is not None:
            self._watch.add(full)
        read_ns = time.time_ns()
        status = _status(full)
        if status is None or not stat.S_ISDIR(status.st_mode):
            return None
        stamp = Stamp.of(status)
        known = self._folders.get(path)
        if known is not None and known.is_settled and known.stamp == stamp:
            return known
        entries = _entries(full)
        names = {entry.name for entry in entries}
        if path and (_ENVIRONMENT_MARK in names or (".git" in names and is_linked_worktree(full))):
            return _Folder(stamp, stamp.is_settled(read_ns), rules)
        file = f"{full}/{GITIGNORE}"
        if known is not None and (GITIGNORE in names) != (file in self._rule_files):
            raise _RulesChangedError
        if GITIGNORE in names:
            rules = rules.within(self._in_repository(path), self._read_rules(file))
        return self._list(path, entries, _Folder(stamp, stamp.is_settled(read_ns), rules))

    def _list(self, path: str, entries: list["os.DirEntry[str]"], folder: _Folder) -> _Folder:
        files, folders = [], []
        for entry in entries:
            inner = f"{path}/{entry.name}" if path else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not (entry.name.endswith(SUFFIXES) and entry.is_file(follow_symlinks=False)):
                continue
            if not folder.rules.ignores(self._in_repository(inner), is_folder=is_folder):
                if is_folder:
                    folders.append(inner)
                else:
                    files.append((inner, entry.path))
        folder.files, folder.folders = tuple(sorted(files)), tuple(sorted(folders))
        return folder

    def _in_repository(self, path: str) -> str:
        prefix = self._outer.prefix if self._outer else ""
        return f"{prefix}/{path}".strip("/")

    def _read_rules(self, file: str) -> bytes:
        self._note_rules(file)
        return read_rule_file(file)

    def _note_rules(self, file: str) -> None:
        read_ns = time.time_ns()
        status = _status(file)
        stamp = Stamp.of(status) if status is not None else None
        self._rule_files[file] = (stamp, stamp is None or stamp.is_settled(read_ns))

    def _rules_stand(self, files: Iterable[str]) -> bool:
        """Whether none of these files of rules can have changed since it was read."""
        for file in files:
            stamp, is_settled = self._rule_files[file]
            status = _status(file)
            if not is_settled or stamp != (Stamp.of(status) if status is not None else None):
                return False
        return True

    def _start_over(self, outer: OuterRules) -> None:
        self._outer = outer
        self._folders = {}
        self._rule_files = {}
        for file in outer.files:
            self._note_rules(file)
        self._outer_rules = outer.read()


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


def _entries(folder: str) -> list["os.DirEntry[str]"]:
    """What lies in a folder, as far as its names are text."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.name.isascii() or _is_text(entry.name)]
    except OSError:
        return []


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
