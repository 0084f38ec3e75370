# src/python_coder/symbols/index.py — where a project's symbols are defined, right after every change
import dataclasses
import hashlib
import os
import stat
import threading
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path, PurePosixPath

from python_coder.errors import ToolRefusedError
from python_coder.symbols.name_path import NamePath
from python_coder.symbols.packed import EMPTY
from python_coder.symbols.parse import TOO_SLOW, pack_symbols
from python_coder.symbols.reading import read_regular
from python_coder.symbols.source_tree import SUFFIXES, SourceTree, Stamp
from python_coder.symbols.store import FileRecord, SymbolStore
from python_coder.symbols.symbol import KINDS, FileSymbols, Symbol, SymbolKind

MOST_BYTES = 1 << 20
"""Larger files are listed, but not parsed: they are generated, or data."""
_SAVED_AT_ONCE = 500


class SymbolIndex:
    """The symbols of all Python files of a project.

    Every answer is as of now: what may have changed since it was read is read again first. Any number of threads may
    ask.
    """

    def __init__(self, root: Path, store: SymbolStore) -> None:
        """Start from what the store holds. Use `open` instead.

        Args:
            root: Real path of the project.
            store: Its store.
        """
        self._root = str(root)
        self._lock = threading.RLock()
        self._store = store
        self._tree = SourceTree(root)
        self._records: dict[str, FileRecord] = {}
        self._is_loaded = False
        self._apart: dict[str, FileRecord] = {}
        """Files that were asked for by name and that no scan has found: ignored ones, or before the first scan."""
        self._paths: tuple[str, ...] = ()

    @classmethod
    def open(cls, root: Path, store: Path) -> "SymbolIndex":
        """Open the index of a project. Reads no file of the project yet.

        Args:
            root: Folder of the project.
            store: Folder outside of it that holds the stores of all projects; made if need be. If it cannot be
                written, the index lives in memory.
        """
        real = root.resolve()
        return cls(real, SymbolStore(store, real))

    def close(self) -> None:
        """Let go of the store. The index goes on in memory."""
        with self._lock:
            self._store.close()

    def refresh(self) -> int:
        """Take in all that changed on disk. The questions below do so by themselves, as far as they need it.

        Returns:
            How many files were read anew or are gone.
        """
        with self._lock:
            try:
                stamps = self._tree.scan()
                return 0 if stamps is None else self._take_over(stamps)
            except BaseException:
                # What the scan found is lost with this, so the next one must not build on it.
                self._tree.expire()
                raise

    def _take_over(self, stamps: dict[str, Stamp]) -> int:
        if not self._is_loaded:
            self._records, self._is_loaded = self._store.load(), True
        records: dict[str, FileRecord] = {}
        changed = 0
        unsaved: list[str] = []
        for path, stamp in stamps.items():
            stored = self._records.get(path)
            known = stored or self._apart.get(path)
            record = known if known is not None and known.holds(stamp) else self._read(path, known)
            if record is None:
                continue
            records[path] = record
            if record is not stored:
                changed += stored is None or record.digest != stored.digest
                unsaved.append(path)
            if len(unsaved) >= _SAVED_AT_ONCE:
                # So that a first scan that is killed need not begin again.
                self._save(records, unsaved, ())
                unsaved = []
        gone = self._records.keys() - records.keys()
        self._save(records, unsaved, gone)
        self._records, self._apart = records, {}
        self._paths = tuple(sorted(records))
        return changed + len(gone)

    def update(self, path: str) -> None:
        """Say that a file was just written, so that it is read again whatever its time stamp says.

        Args:
            path: Relative to the root. It may be new, or gone.
        """
        with self._lock:
            inside = self._inside(path)
            self._tree.forget(inside)
            for records in (self._records, self._apart):
                if inside in records:
                    records[inside] = dataclasses.replace(records[inside], read_ns=0)

    def paths(self) -> Sequence[str]:
        """All Python files of the project that no rule ignores, relative to the root, sorted."""
        with self._lock:
            self.refresh()
            return self._paths

    def overview(self, path: str) -> FileSymbols:
        """The symbols of one file, also of one that is ignored.

        Args:
            path: Relative to the root.

        Raises:
            ToolRefusedError: It is no Python file of this project. List the folder first.
        """
        with self._lock:
            inside = self._inside(path)
            record = self._fresh(inside)
            return record.symbols.file_symbols(inside, record.unparsed_because)

    def enclosing(self, path: str, line: int) -> Symbol | None:
        """The innermost symbol around a line.

        Args:
            path: Relative to the root.
            line: 1-based. Decorators belong to their symbol.

        Returns:
            `None` outside of all symbols, and in what is no Python file of this project.
        """
        with self._lock:
            try:
                inside = self._inside(path)
                symbols = self._fresh(inside).symbols
            except ToolRefusedError:
                return None
            index = symbols.innermost(line)
            return None if index is None else next(symbols.symbols_at(inside, [index]))

    def labels(self, path: str, lines: Sequence[int]) -> Sequence[tuple[str, SymbolKind] | None]:
        """Name path and kind of the innermost symbol around each of many lines of a file; quicker than `enclosing`.

        Args:
            path: Relative to the root.
            lines: 1-based, in any order.

        Returns:
            One for each line; `None` outside of all symbols, and in what is no Python file of this project.
        """
        with self._lock:
            try:
                return self._fresh(self._inside(path)).symbols.labels(lines)
            except ToolRefusedError:
                return [None] * len(lines)

    def find(
        self,
        name_path: str,
        *,
        within: str = "",
        substring: bool = False,
        include_kinds: Collection[SymbolKind] = (),
        exclude_kinds: Collection[SymbolKind] = (),
    ) -> Sequence[Symbol]:
        """Find symbols by their name path.

        Args:
            name_path: `name` at any depth, `Class/method` as the end of a path, `/name` at the top level of a file,
                `name[1]` for the second of several that share a name.
            within: Only in this file or below this folder, relative to the root.
            substring: Whether the last name may be given in part.
            include_kinds: Only these kinds; empty for all.
            exclude_kinds: Not these kinds; they outweigh the former.

        Returns:
            Matches by file, then in the order of the file; none if `within` does not exist.

        Raises:
            ToolRefusedError: The name path holds no name, or `within` leads out of the project.
        """
        pattern = NamePath.read(name_path, substring=substring)
        wanted = {kind for kind in include_kinds or KINDS if kind not in exclude_kinds}
        found: list[Symbol] = []
        with self._lock:
            for path in self._within(within):
                record = self._records.get(path) or self._apart[path]
                matches = (index for index in pattern.matches(record.symbols) if record.symbols.kind(index) in wanted)
                found.extend(record.symbols.symbols_at(path, matches))
        return found

    def _within(self, within: str) -> Iterable[str]:
        """Files to look into, all of them fresh."""
        below = "" if within.strip() in {"", ".", "./"} else self._inside(within)
        if below.endswith(SUFFIXES) and not Path(self._root, below).is_dir():
            try:
                self._fresh(below)
            except ToolRefusedError:
                return ()
            return (below,)
        self.refresh()
        return (path for path in self._paths if path.startswith(f"{below}/")) if below else self._paths

    def _fresh(self, path: str) -> FileRecord:
        """What is known of a file, read again if it may have changed."""
        if not path.endswith(SUFFIXES):
            raise ToolRefusedError(f"{path!r} is no Python file, so it has no symbols here. Read it as text instead.")
        stamp = self._stamp(path)
        known = self._records.get(path) or self._apart.get(path)
        if known is None and not self._is_loaded:
            known = self._store.load_one(path)
        if stamp is not None and known is not None and known.holds(stamp):
            if path not in self._records:
                self._apart[path] = known
            return known
        record = self._read(path, known) if stamp is not None else None
        if record is None:
            raise ToolRefusedError(f"There is no file {path!r} in the project. List the folder to see what is there.")
        if path in self._records:
            self._records[path] = record
            self._save(self._records, [path], ())
        else:
            self._apart[path] = record
        return record

    def _stamp(self, path: str) -> Stamp | None:
        """Stamp of a file; nothing if it is no regular file, or lies behind a link."""
        *folders, _ = path.split("/")
        try:
            for depth in range(1, len(folders) + 1):
                if not stat.S_ISDIR(os.lstat("/".join([self._root, *folders[:depth]])).st_mode):
                    return None
            status = os.lstat(f"{self._root}/{path}")
        except OSError:
            return None
        return Stamp.of(status) if stat.S_ISREG(status.st_mode) else None

    def _read(self, path: str, known: FileRecord | None) -> FileRecord | None:
        """Read a file and, if it has another content than before, parse it."""
        reading = read_regular(self._root, path, MOST_BYTES)
        if reading is None:
            return None
        if reading.refusal:
            return FileRecord(reading.stamp, reading.read_ns, b"", EMPTY, reading.refusal)
        digest = hashlib.blake2b(reading.data, digest_size=16).digest()
        if known is not None and known.digest == digest:
            return dataclasses.replace(known, stamp=reading.stamp, read_ns=reading.read_ns)
        symbols = pack_symbols(reading.data)
        return FileRecord(reading.stamp, reading.read_ns, digest, symbols or EMPTY, "" if symbols else TOO_SLOW)

    def _save(self, records: dict[str, FileRecord], paths: Sequence[str], gone: Collection[str]) -> None:
        rows = [(path, records[path]) for path in paths if not records[path].unparsed_because]
        if rows or gone:
            self._store.save(rows, gone)

    def _inside(self, path: str) -> str:
        """A path as the index writes it.

        Raises:
            ToolRefusedError: It leads out of the project.
        """
        given = path.removeprefix(f"{self._root}/")
        parts = PurePosixPath(given).parts
        if not parts or given.startswith("/") or ".." in parts or "\0" in given:
            raise ToolRefusedError(f"{path!r} is no path inside the project. Give it relative to the project's folder.")
        return "/".join(parts)
