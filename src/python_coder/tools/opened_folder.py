# src/python_coder/tools/opened_folder.py — opens folders name by name, so that no link can lead out of the project
import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MOST_FOLDERS = 100
_RUINS = ".python-coder-"
"""How the names of half-written files begin."""


@contextlib.contextmanager
def opened_folder(root: Path, names: Sequence[str], *, is_made: bool = False) -> Iterator[int]:
    """Descriptor of a folder below `root`. What is done through it stays in this folder, whatever becomes of its path.

    Args:
        root: Where to begin; links on the way to it are the user's own and are followed.
        names: Names of folders from there on, each a single one.
        is_made: Whether missing folders are made.

    Raises:
        OSError: A folder is missing, is a link or something else.
    """
    folder = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for name in names:
            if is_made:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=folder)
            inner = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def status_of(folder: int, name: str) -> os.stat_result | None:
    """What lies under a name in an opened folder, links not followed; `None` when there is nothing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def open_regular(folder: int, name: str) -> int:
    """Descriptor of a regular file in an opened folder, for reading. Never waits, and opens no device.

    Raises:
        OSError: There is none.
    """
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise FileNotFoundError(f"{name} is no regular file")
    file = os.open(name, _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(f"{name} is no regular file")
    return file


@contextlib.contextmanager
def new_file_beside(folder: int, data: bytes, mode: int | None) -> Iterator[str]:
    """A complete file under a name of its own, to be renamed by the body; it is removed if the body does not.

    Args:
        folder: Descriptor of the folder.
        data: Its content.
        mode: Its permissions; `None` for those of a new file.
    """
    name = f"{_RUINS}{os.urandom(8).hex()}.tmp"
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=folder)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(data)
            opened.flush()
            if mode is not None:
                os.fchmod(file, mode)
            os.fsync(file)
        yield name
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


def walk_files(root: Path, skipped: frozenset[str]) -> Iterator[str]:
    """Regular files with one name only below a folder, as relative paths. What cannot be read is left out.

    Args:
        root: Folder to walk.
        skipped: Names of folders not to go into.
    """
    with opened_folder(root, ()) as folder:
        yield from _below(folder, "", skipped, _MOST_FOLDERS)


def _below(folder: int, prefix: str, skipped: frozenset[str], depth: int) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in skipped and depth > 0:
                    yield from _inside(folder, entry.name, prefix, skipped, depth - 1)
            elif entry.is_file(follow_symlinks=False) and not entry.name.startswith(_RUINS):
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_nlink == 1:
                        yield f"{prefix}{entry.name}"


def _inside(parent: int, name: str, prefix: str, skipped: frozenset[str], depth: int) -> Iterator[str]:
    try:
        folder = os.open(name, _FOLDER, dir_fd=parent)
    except OSError:
        return
    try:
        yield from _below(folder, f"{prefix}{name}/", skipped, depth)
    finally:
        os.close(folder)
