# src/python_coder/symbols/reading.py — one file read without following a link, with the stamp of what was read
import errno
import os
import stat
import time
from dataclasses import dataclass

from python_coder.symbols.source_tree import Stamp

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_MOST_READS = 3
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.ENAMETOOLONG})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held at a moment."""

    stamp: Stamp
    read_ns: int
    """When the reading began, in nanoseconds of the wall clock; 0 if the file was changed all the while."""
    data: bytes = b""
    refusal: str = ""
    """Why the content was not read."""


def read_regular(root: str, path: str, most_bytes: int) -> Reading | None:
    """Read a file. Neither it nor a folder on the way to it may be a link.

    Args:
        root: Real path of the folder that `path` is relative to.
        path: With `/` between names.
        most_bytes: A larger file is not read.

    Returns:
        `None` if no regular file is there.
    """
    try:
        file = _open(root, path)
        try:
            return _read(file, most_bytes)
        finally:
            os.close(file)
    except PermissionError as error:
        return Reading(_stamp_unread(root, path), time.time_ns(), refusal=f"it cannot be read: {error.strerror}")
    except OSError as error:
        if error.errno in _GONE:
            return None
        return Reading(_stamp_unread(root, path), 0, refusal=f"it cannot be read: {error.strerror}")


def _read(file: int, most_bytes: int) -> Reading | None:
    read_ns, before, data = 0, None, b""
    for _ in range(_MOST_READS):
        read_ns, before = time.time_ns(), os.fstat(file)
        if not stat.S_ISREG(before.st_mode):
            return None
        if before.st_size > most_bytes:
            size = f"{before.st_size / 1e6:.1f} MB"
            return Reading(Stamp.of(before), read_ns, refusal=f"it is larger than {most_bytes >> 20} MiB ({size})")
        data = os.pread(file, before.st_size + 1, 0)
        if Stamp.of(os.fstat(file)) == Stamp.of(before) and len(data) == before.st_size:
            return Reading(Stamp.of(before), read_ns, data)
    return Reading(Stamp.of(before), 0, data) if before is not None else None


def _open(root: str, path: str) -> int:
    """Descriptor of a file; each folder on the way is opened by itself, so that none can be a link."""
    *folders, name = path.split("/")
    inside = os.open(root, _FOLDER)
    try:
        for folder in folders:
            outer, inside = inside, os.open(folder, _FOLDER, dir_fd=inside)
            os.close(outer)
        return os.open(name, _FILE, dir_fd=inside)
    finally:
        os.close(inside)


def _stamp_unread(root: str, path: str) -> Stamp:
    try:
        return Stamp.of(os.lstat(f"{root}/{path}"))
    except OSError:
        return Stamp(0, 0, 0, 0)
