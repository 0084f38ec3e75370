# src/python_coder/symbols/store.py — the index of one project on disk; it is only a cache, so it never fails
import contextlib
import hashlib
import os
import sqlite3
import sys
import time
import weakref
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_coder.symbols.packed import PackedSymbols
from python_coder.symbols.source_tree import Stamp
from python_coder.symbols.walker import LANGUAGE

# Raise it with every change to what the parser finds or how it is packed.
_FORMAT = 1
_UNUSED_DAYS = 30
_SCHEMA = (
    "CREATE TABLE made (by TEXT NOT NULL, root BLOB NOT NULL)",
    "CREATE TABLE files (path TEXT PRIMARY KEY, mtime_ns INTEGER, ctime_ns INTEGER, size_bytes INTEGER, inode TEXT,"
    " read_ns INTEGER, digest BLOB, names TEXT, signatures TEXT, numbers BLOB, checksum INTEGER)",
)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the index knows of one file."""

    stamp: Stamp
    """As it was when the file was read."""
    read_ns: int
    """When that was, in nanoseconds of the wall clock; 0 if the file changed meanwhile."""
    digest: bytes
    """Of the content, to tell a file that was only touched."""
    symbols: PackedSymbols
    unparsed_because: str = ""
    """Why the file was not looked into; such a record is not stored."""

    def holds(self, stamp: Stamp) -> bool:
        """Whether the file certainly still has the content that was read, if it bears this stamp now."""
        return self.stamp == stamp and stamp.is_settled(self.read_ns)


class SymbolStore:
    """Keeps records between processes, each root in a file of its own.

    Several processes may use one file: each works with what it read at its start and what it parsed itself, and a
    record that another one left is believed only as far as its stamp goes. If the disk fails, nothing is kept.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        """Open nothing yet.

        Args:
            folder: Holds the stores of all roots; made if need be.
            root: Real path of the project.
        """
        self._root = os.fsencode(root)
        self._file = folder / f"{hashlib.sha256(self._root).hexdigest()[:32]}.sqlite"
        self._database: sqlite3.Connection | None = None
        self._tries_left = 2

    def load(self) -> dict[str, FileRecord]:
        """All records. If anything is damaged, or was made by another version, all is thrown away."""
        return self._ask("SELECT * FROM files", ())

    def load_one(self, path: str) -> FileRecord | None:
        """The record of one file."""
        return self._ask("SELECT * FROM files WHERE path = ?", (path,)).get(path)

    def save(self, records: Iterable[tuple[str, FileRecord]], gone: Iterable[str]) -> None:
        """Keep some records and drop others, all or none of them."""
        if self._database is None:
            return
        rows = [_row(path, record) for path, record in records]
        # Another process may hold it, or the disk be full: what is missing then is parsed again at the next start.
        with contextlib.suppress(sqlite3.Error), self._database as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in gone])
            database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Let go of the file for good. Nothing more is read or kept."""
        self._tries_left = 0
        self._disconnect()

    def _disconnect(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _ask(self, query: str, values: tuple[str, ...]) -> dict[str, FileRecord]:
        while self._tries_left:
            try:
                with self._database or self._open() as database:
                    database.execute("BEGIN")
                    return dict(_record(row) for row in database.execute(query, values))
            except (sqlite3.Error, OSError, _ForeignStoreError) as error:
                self._disconnect()
                self._tries_left -= 1
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                    break
                self._throw_away()
        return {}

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self._file.exists()
        self._database = database = _connect(self._file)
        weakref.finalize(self, database.close)
        if is_new:
            self._make(database)
        if database.execute("SELECT * FROM made").fetchall() != [(_made_by(), self._root)]:
            raise _ForeignStoreError
        return database

    def _make(self, database: sqlite3.Connection) -> None:
        with database:
            database.execute("BEGIN IMMEDIATE")
            # Another process may have been quicker.
            if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in _SCHEMA:
                    database.execute(statement)
                database.execute("INSERT INTO made VALUES (?, ?)", (_made_by(), self._root))
        self._file.chmod(0o600)
        _sweep(self._file)

    def _throw_away(self) -> None:
        self._disconnect()
        for path in (self._file, Path(f"{self._file}-journal")):
            with contextlib.suppress(OSError):
                path.unlink()


class _ForeignStoreError(Exception):
    """The store was made by another version, for another root, or is damaged."""


def _connect(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=0.2, check_same_thread=False, isolation_level=None)
    # What a crash of the machine tears fails its checksum, so nobody needs to wait for the disk.
    database.execute("PRAGMA synchronous = OFF")
    return database


def _made_by() -> str:
    version = ".".join(map(str, LANGUAGE.semantic_version or ()))
    return f"{_FORMAT} {version} {sys.byteorder}"


def _row(path: str, record: FileRecord) -> tuple[object, ...]:
    stamp, symbols = record.stamp, record.symbols
    head = (path, stamp.mtime_ns, stamp.ctime_ns, stamp.size_bytes, str(stamp.inode), record.read_ns, record.digest)
    packed = (symbols.names, symbols.signatures, symbols.numbers.tobytes())
    return (*head, *packed, _checksum(head, *packed))


def _record(row: tuple[Any, ...]) -> tuple[str, FileRecord]:
    try:
        *head, names, signatures, numbers, checksum = row
        if _checksum(tuple(head), names, signatures, numbers) != checksum:
            raise _ForeignStoreError
        path, mtime_ns, ctime_ns, size_bytes, inode, read_ns, digest = head
        symbols = PackedSymbols(names, signatures, memoryview(numbers).cast("I"), names.count("\n") - 1)
        return path, FileRecord(Stamp(mtime_ns, ctime_ns, size_bytes, int(inode)), read_ns, digest, symbols)
    except (AttributeError, TypeError, ValueError) as error:
        raise _ForeignStoreError from error


def _checksum(head: tuple[object, ...], names: str, signatures: str, numbers: bytes) -> int:
    return zlib.crc32(
        numbers, zlib.crc32(signatures.encode(), zlib.crc32(names.encode(), zlib.crc32(repr(head).encode())))
    )


def _sweep(store: Path) -> None:
    """Remove stores that nobody has written to for a month, such as those of worktrees that are gone."""
    oldest = time.time() - _UNUSED_DAYS * 24 * 3600
    for other in store.parent.glob("*.sqlite"):
        with contextlib.suppress(OSError):
            if other.stat().st_mtime < oldest:
                other.unlink()
