# src/python_coder/evidence/ledger.py — the append-only, hash-chained record of what a run did, in order of arrival
import fcntl
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.evidence.canonical import Json, as_json
from python_coder.evidence.entries import GENESIS, Entry, EntryKind, parse_ledger
from python_coder.evidence.redaction import Redactor

# What the runtime itself wrote, under keys that name things: a user's variable whose value is `pricing` must not turn
# the path `app/pricing.py` or the name of a gate into a mark.
_RUNTIME_KINDS = frozenset(
    (EntryKind.RUN_STARTED, EntryKind.CHECKPOINT, EntryKind.GATE, EntryKind.DELIVERED, EntryKind.ENDED)
)
_PLAIN_KEYS = frozenset(
    (
        *("run_id", "repository", "base_commit", "base_tree", "project_root", "model", "sandbox", "tree", "commit"),
        *("gate", "verdict", "path", "rule", "severity", "how", "branch", "patch", "status", "ended_because"),
    )
)

__all__ = ["GENESIS", "Entry", "EntryKind", "Ledger", "read_ledger"]


def read_ledger(path: Path) -> tuple[Entry, ...]:
    """Read a ledger without locking it, and verify its chain. A torn last line is left out.

    Raises:
        EvidenceError: A line is damaged or the chain does not hold; the message names the line.
        EnvironmentLacksError: The file is absent or cannot be read.
    """
    return parse_ledger(_content(path), name=path.name)[0]


def _unheard(entry: Entry) -> None:
    pass


class Ledger:
    """One run's ledger, open for writing. There is one writer at a time, held by a lock on the file.

    Every entry is on disk before `append` returns, so a killed run loses at most the entry it was writing.
    """

    def __init__(self, path: Path, descriptor: int, entries: Sequence[Entry], redactor: Redactor) -> None:
        self.path = path
        self._descriptor = descriptor
        self._entries = list(entries)
        self._newest = {entry.kind: entry for entry in entries}
        self._redactor = redactor
        self._size = os.fstat(descriptor).st_size
        self._turn = threading.Lock()
        self.heard: Callable[[Entry], None] = _unheard
        """Hears of each entry once it is on disk."""

    @classmethod
    def open(cls, path: Path, *, redactor: Redactor | None = None) -> Self:
        """Create the ledger, or open it to go on. A torn last line is cut off.

        Args:
            path: The ledger's file. Its folder must be there.
            redactor: Goes over everything that is written; without one, well-known secret shapes are still masked.

        Raises:
            UsageError: Another process writes to it.
            EvidenceError: An earlier entry is damaged.
            EnvironmentLacksError: The file cannot be created or written.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            _lock(descriptor, path)
            entries, sound_size = parse_ledger(_content(path), name=path.name)
            os.ftruncate(descriptor, sound_size)
            _sync_folder(path.parent)
            return cls(path, descriptor, entries, redactor or Redactor())
        except OSError as error:
            os.close(descriptor)
            raise _unwritable(path, error) from error
        except BaseException:
            os.close(descriptor)
            raise

    @property
    def entries(self) -> Sequence[Entry]:
        """All entries so far, oldest first."""
        return tuple(self._entries)

    def newest(self, kind: EntryKind) -> Mapping[str, Json]:
        """Data of the newest entry of a kind; empty when there is none."""
        entry = self._newest.get(kind)
        return entry.data if entry else {}

    @property
    def redactor(self) -> Redactor:
        """What masks secrets on the way in."""
        return self._redactor

    def append(self, kind: EntryKind, /, **data: object) -> Entry:
        """Redact, chain and write one entry, and wait until it is on disk.

        Args:
            kind: What happened.
            data: Facts; dataclasses, enums, paths and sets are turned into JSON.

        Raises:
            EnvironmentLacksError: The disk is full or the file cannot be written. Nothing was recorded.
        """
        plain = _PLAIN_KEYS if kind in _RUNTIME_KINDS else frozenset[str]()
        clean: dict[str, Json] = {
            key: self._redactor.redact_json(as_json(value), key, plain=plain) for key, value in data.items()
        }
        with self._turn:
            previous = self._entries[-1] if self._entries else None
            entry = Entry.seal(
                seq=previous.seq + 1 if previous else 1,
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                kind=kind,
                data=clean,
                prev=previous.hash if previous else GENESIS,
            )
            self._write(entry)
            self._newest[kind] = entry
        self.heard(entry)
        return entry

    def close(self) -> None:
        """Let go of the lock. Closing twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, entry: Entry) -> None:
        if self._descriptor < 0:
            raise UsageError(f"The ledger {self.path.name} is closed; open it again to go on.")
        count, size, line = len(self._entries), self._size, entry.line
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
            self._entries.append(entry)
            self._size += len(line)
        except BaseException as error:
            # A half-written line, or one that a Ctrl-C left out of memory, must not stand before the next one.
            del self._entries[count:]
            self._size = size
            try:
                os.ftruncate(self._descriptor, size)
            except OSError:
                self.close()
            if isinstance(error, OSError):
                raise _unwritable(self.path, error) from error
            raise


def _lock(descriptor: int, path: Path) -> None:
    holder = path.with_name(f"{path.name}.pid")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = holder.read_text().strip() if holder.exists() else "unknown"
        raise UsageError(
            f"Process {pid} is writing to this run ({path.name}). Wait until it ends, or end it, then try again."
        ) from error
    holder.write_text(f"{os.getpid()}\n")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EnvironmentLacksError(
            f"The ledger {path} cannot be read ({error.strerror}). Copy the whole run folder, with its ledger."
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> EnvironmentLacksError:
    return EnvironmentLacksError(
        f"The run's ledger cannot be written ({path}: {error.strerror or error}). "
        "Free some space or set PYTHON_CODER_STATE to a folder that can be written, then `python-coder resume`."
    )
