# src/python_coder/tools/files.py — the only door from a tool to the work tree's files
import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from python_coder.errors import ToolRefusedError
from python_coder.evidence.redaction import contains_mark
from python_coder.symbols.syntax import refuse_broken
from python_coder.symbols.target import target_version
from python_coder.symbols.text_file import TextFile, new_file, split_lines
from python_coder.tools.opened_folder import new_file_beside, open_regular, opened_folder, status_of, walk_files
from python_coder.tools.path_rules import refusal
from python_coder.workspace.files import disk_errors

__all__ = ["ABSENT", "MAX_FILE_BYTES", "OpenedFile", "ProjectFiles", "digest_of", "refusal"]

MAX_FILE_BYTES = 1_000_000
"""Largest file a tool reads or writes, in bytes."""

ABSENT = ""
"""Expected digest of a file that must not be there."""

_SKIPPED_FOLDERS = frozenset(
    {".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
)


@dataclass(frozen=True)
class OpenedFile:
    """A text file as it was read, and what tells whether it changed since."""

    path: str
    content: TextFile
    digest: str
    """Of its bytes, as `digest_of` makes it."""


@dataclass(frozen=True)
class ProjectFiles:
    """Files below one folder. Folders are opened name by name and no link is followed, so nothing outside is reached.

    A file that has several names (hard links) is not read either: one of the names may be a secret's, or outside.
    """

    root: Path

    def paths(self) -> Sequence[str]:
        """All regular files, relative, sorted; caches, environments, secrets and git's own folder left out."""
        return sorted(path for path in walk_files(self.root, _SKIPPED_FOLDERS) if not refusal(path))

    def read(self, path: str) -> str | None:
        """Text of a file without its byte order mark, or `None` when there is none or it is no text.

        Raises:
            ToolRefusedError: The path is not the agent's to read, or the file is too large.
        """
        data = self.read_bytes(path)
        if data is None:
            return None
        try:
            return TextFile.of(data).text
        except ToolRefusedError:
            return None

    def read_bytes(self, path: str) -> bytes | None:
        """Content of a file, or `None` when there is none.

        Raises:
            ToolRefusedError: The path is not the agent's to read, or the file is too large.
        """
        with self._folder(path) as folder:
            return None if folder is None else _content(folder, path)

    def open_text(self, path: str) -> OpenedFile:
        """Read a text file in order to edit it.

        Raises:
            ToolRefusedError: There is no such file, it is no text, or it is not the agent's to read.
        """
        data = self.read_bytes(path)
        if data is None:
            raise ToolRefusedError(f"There is no file {path!r}. Use list_dir or find_file to see what is there.")
        try:
            return OpenedFile(path=path, content=TextFile.of(data), digest=digest_of(data))
        except ToolRefusedError as error:
            raise ToolRefusedError(f"{path}: {error}") from error

    def save(self, opened: OpenedFile, text: str) -> None:
        """Write an edited text back, line ends as they are in it.

        Raises:
            ToolRefusedError: As for `write`; or the file changed since it was opened.
        """
        self._put_text(opened.path, opened.content, opened.content.with_text(text), opened.digest)

    def write(self, path: str, content: str | bytes, *, expected_digest: str | None = None) -> None:
        """Replace or create a file, all or nothing; its mode is kept.

        Text must parse if the file is Python's, and keeps the file's encoding and byte order mark; a text without any
        carriage return gets the line ends of the file that it replaces. Bytes are written as they are.

        Args:
            path: File relative to the project; folders are made.
            content: The complete new content.
            expected_digest: Digest of the content that the new one is based on, `ABSENT` for none; `None` to not ask.

        Raises:
            ToolRefusedError: The path is not the agent's to write, the file is not as expected, a Python file would
                not parse, or the content holds a redaction mark.
        """
        data = self.read_bytes(path)
        _compare(path, data, expected_digest)
        if isinstance(content, bytes):
            _refuse_marks(path, (data or b"").decode("utf-8", "replace"), content.decode("utf-8", "replace"))
            self._put(path, content, expected_digest)
            return
        before = _text_or_none(data)
        if before is None:
            after = new_file(content)
        else:
            after = before.with_text(content) if "\r" in content else before.with_whole_text(content)
        self._put_text(path, before, after, expected_digest)

    def put_back(self, path: str, content: bytes, *, expected_digest: str) -> None:
        """Give a file the bytes that it had before, whatever they are.

        Raises:
            ToolRefusedError: The path is not the agent's to write, or the file is not as expected.
        """
        self._put(path, content, expected_digest)

    def delete(self, path: str, *, expected_digest: str | None = None) -> None:
        """Remove a file; nothing happens when there is none.

        Raises:
            ToolRefusedError: The path is not the agent's to write, or the file is not as expected.
        """
        with _told(path), disk_errors(self.root), self._folder(path) as folder:
            if folder is not None and _regular_or_none(folder, path):
                if expected_digest is not None:
                    _compare(path, _content(folder, path), expected_digest)
                os.unlink(PurePosixPath(path).name, dir_fd=folder)

    def target_version(self, path: str) -> str:
        """The oldest Python that the project supports where this file lies, as ruff writes it, such as `py311`."""
        return target_version(path, self.read)

    def _put_text(self, path: str, before: TextFile | None, after: TextFile, expected_digest: str | None) -> None:
        _refuse_marks(path, before.text if before else "", after.text)
        data = after.data
        if len(data) <= MAX_FILE_BYTES:
            old = before.text if before else None
            refuse_broken(old, after.text, path, target_version=self.target_version(path))
        self._put(path, data, expected_digest)

    def _put(self, path: str, data: bytes, expected_digest: str | None) -> None:
        if len(data) > MAX_FILE_BYTES:
            raise ToolRefusedError(f"{path} would have {len(data)} bytes; a tool writes at most {MAX_FILE_BYTES}.")
        with _told(path), disk_errors(self.root), self._folder(path, is_made=True) as folder:
            if folder is None:
                raise ToolRefusedError(f"{path!r} cannot be made: a file is in the way of its folder.")
            name = PurePosixPath(path).name
            status = _regular_or_none(folder, path)
            mode = stat.S_IMODE(status.st_mode) & 0o777 if status else None
            with new_file_beside(folder, data, mode) as temporary:
                if expected_digest is not None:
                    _compare(path, _content(folder, path), expected_digest)
                os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)

    @contextlib.contextmanager
    def _folder(self, path: str, *, is_made: bool = False) -> Iterator[int | None]:
        """The opened folder that a path names a file in; `None` when there is none."""
        if why := refusal(path):
            raise ToolRefusedError(f"{path!r} {why}. Paths are relative to the project, such as 'app/main.py'.")
        *names, _ = PurePosixPath(path).parts
        with contextlib.ExitStack() as stack:
            try:
                folder = stack.enter_context(opened_folder(self.root, names, is_made=is_made))
            except OSError as error:
                self._refuse_links(path, names)
                if is_made and not isinstance(error, NotADirectoryError):
                    raise
                folder = None
            yield folder

    def _refuse_links(self, path: str, names: Sequence[str]) -> None:
        for count in range(1, len(names) + 1):
            if (self.root / PurePosixPath(*names[:count])).is_symlink():
                raise ToolRefusedError(_LINKED.format(path=path))


def digest_of(data: bytes) -> str:
    """What tells one content of a file from another."""
    return hashlib.sha256(data).hexdigest()


_LINKED = "{path!r} goes through a symbolic link. Name the real file."


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{path!r} could not be changed: {error.strerror}. Look at what is there now, and try again."
        raise ToolRefusedError(message) from error


def _regular_or_none(folder: int, path: str) -> os.stat_result | None:
    status = status_of(folder, PurePosixPath(path).name)
    if status is None or stat.S_ISREG(status.st_mode):
        return status
    if stat.S_ISLNK(status.st_mode):
        raise ToolRefusedError(_LINKED.format(path=path))
    kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or device"
    raise ToolRefusedError(f"{path!r} is {kind}, not a file.")


def _content(folder: int, path: str) -> bytes | None:
    """Bytes of a file in an opened folder; `None` when there is no regular file."""
    name = PurePosixPath(path).name
    status = status_of(folder, name)
    if status is not None and stat.S_ISLNK(status.st_mode):
        raise ToolRefusedError(_LINKED.format(path=path))
    try:
        descriptor = open_regular(folder, name)
    except PermissionError as error:
        raise ToolRefusedError(f"{path!r} cannot be read: {error.strerror}. Change its permissions first.") from error
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if status.st_nlink > 1:
            raise ToolRefusedError(
                f"{path!r} has {status.st_nlink} names (hard links), and one may lie outside. Copy the file."
            )
        # As much as there is: a buffer for the largest file takes longer than reading a usual one.
        data = file.read(min(status.st_size, MAX_FILE_BYTES) + 1)
        if len(data) > status.st_size:
            data += file.read(MAX_FILE_BYTES + 1 - len(data))
    if len(data) > MAX_FILE_BYTES:
        raise ToolRefusedError(f"{path} has {status.st_size} bytes; a tool reads at most {MAX_FILE_BYTES}.")
    return data


def _compare(path: str, data: bytes | None, expected: str | None) -> None:
    if expected is not None and (ABSENT if data is None else digest_of(data)) != expected:
        change = "is there already" if expected == ABSENT else "is gone" if data is None else "changed"
        raise ToolRefusedError(f"{path} {change} since it was read, so nothing was written. Read it again.")


def _text_or_none(data: bytes | None) -> TextFile | None:
    try:
        return None if data is None else TextFile.of(data)
    except ToolRefusedError:
        return None


def _refuse_marks(path: str, before: str, after: str) -> None:
    if not contains_mark(after):
        return
    stood = {line for line in split_lines(before) if contains_mark(line)}
    if any(contains_mark(line) and line not in stood for line in split_lines(after)):
        raise ToolRefusedError(
            f"The new text of {path} holds a redaction mark, so it would destroy a value that was hidden from you. "
            "Edit only the lines around it."
        )
