# src/python_coder/workspace/files.py — folders walked, hashed and removed without following what lies in them
import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from python_coder.errors import EnvironmentLacksError

FILE = "100644"
PROGRAM = "100755"
SYMLINK = "120000"
SUBMODULE = "160000"
FOLDER = "040000"

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
_CHUNK_BYTES = 1 << 20
_SHA1_DIGITS = 40


class Item(NamedTuple):
    """One thing found in a folder."""

    path: str
    """Relative to the walked folder, with `/` between names."""
    mode: str
    """As git writes it; empty for what git cannot hold, such as a socket."""
    size_bytes: int


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full or unwritable disk into a sentence.

    Raises:
        EnvironmentLacksError: The body could not write below `folder`.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise EnvironmentLacksError(
            f"Cannot write below {folder}: {error.strerror}. Free some space or make it writable, then try again: "
            f"df -h {folder}"
        ) from error


def walk(root: Path, enter: Callable[[str], bool] = lambda _: True) -> Iterator[Item]:
    """All that lies in a folder, a folder before its content. Symlinks are told, never followed.

    Args:
        root: Folder to walk.
        enter: Whether to look into the folder of this relative path. It is told in either case.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for entry in _entries(root / folder):
            path = f"{folder}/{entry.name}" if folder else entry.name
            status = entry.stat(follow_symlinks=False)
            mode = _git_mode(status.st_mode)
            yield Item(path, mode, status.st_size)
            if mode == FOLDER and enter(path):
                waiting.append(path)


def hash_name(like: str) -> str:
    """Name of the hash that an id such as `like` was made with, for hashlib and for git."""
    return "sha1" if len(like) == _SHA1_DIGITS else "sha256"


def hash_blob(content: bytes, like: str) -> str:
    """Id that git gives this content, in the same hash as the id `like`."""
    return hashlib.new(hash_name(like), _header(len(content)) + content, usedforsecurity=False).hexdigest()


def hash_item(root: Path, item: Item, like: str) -> str:
    """Id that git would give the content of a file or symlink, read from disk whatever its time stamps say."""
    path = root / item.path
    if item.mode == SYMLINK:
        return hash_blob(_link_target(path), like)
    with open_regular(path) as file:
        sha = hashlib.new(hash_name(like), _header(os.fstat(file).st_size), usedforsecurity=False)
        while chunk := os.read(file, _CHUNK_BYTES):
            sha.update(chunk)
    return sha.hexdigest()


def read_item(root: Path, item: Item) -> bytes:
    """Content of a file, or target of a symlink."""
    path = root / item.path
    if item.mode == SYMLINK:
        return _link_target(path)
    with open_regular(path) as file:
        return b"".join(iter(lambda: os.read(file, _CHUNK_BYTES), b""))


@contextlib.contextmanager
def open_regular(path: Path) -> Iterator[int]:
    """Open a file for reading as a descriptor; neither a symlink nor a pipe put in its place is opened."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(path, flags)
    except PermissionError:
        path.chmod(stat.S_IMODE(path.lstat().st_mode) | stat.S_IRUSR)
        file = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise FileNotFoundError(errno.ENOENT, "no longer a regular file", str(path))
        yield file
    finally:
        os.close(file)


def write_item(root: Path, path: str, mode: str, content: bytes) -> None:
    """Write one file or symlink anew. What is in its way is removed; no symlink on the way is followed."""
    target = root / path
    _make_folder(root, target.parent)
    remove_folder(target)
    if mode == SUBMODULE:
        target.mkdir()
    elif mode == SYMLINK:
        target.symlink_to(os.fsdecode(content))
    else:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(target, flags, 0o777 if mode == PROGRAM else 0o666), "wb") as file:
            file.write(content)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new content, never half of it."""
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def remove_folder(path: Path) -> None:
    """Remove whatever lies at a path, with all below it, also where that forbids writing. Nothing there is fine."""
    try:
        if not stat.S_ISDIR(path.lstat().st_mode):
            path.unlink()
            return
    except FileNotFoundError:
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        path.chmod(0o700)
        for item in walk(path):
            if item.mode == FOLDER:
                (path / item.path).chmod(0o700)
        shutil.rmtree(path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except PermissionError:
        folder.chmod(0o700)
        return list(os.scandir(folder))


def _git_mode(mode: int) -> str:
    if stat.S_ISREG(mode):
        return PROGRAM if mode & stat.S_IXUSR else FILE
    if stat.S_ISLNK(mode):
        return SYMLINK
    return FOLDER if stat.S_ISDIR(mode) else ""


def _link_target(path: Path) -> bytes:
    # `Path.readlink` would tidy `./x` up to `x`, and the hash would differ.
    return os.readlink(os.fsencode(path))  # noqa: PTH115


def _header(size_bytes: int) -> bytes:
    return b"blob %d\0" % size_bytes


def _make_folder(root: Path, folder: Path) -> None:
    if folder == root:
        return
    _make_folder(root, folder.parent)
    if folder.is_symlink() or not folder.is_dir():
        remove_folder(folder)
        folder.mkdir()
    elif not os.access(folder, os.W_OK | os.X_OK):
        folder.chmod(0o755)
