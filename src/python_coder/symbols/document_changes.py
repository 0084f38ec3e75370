# src/python_coder/symbols/document_changes.py — tells a language server which files differ from what it has read
import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from stat import S_ISDIR
from typing import Any

from python_coder.symbols.lsp_connection import Connection
from python_coder.symbols.source_files import source_files

_CREATED, _CHANGED, _DELETED = 1, 2, 3
_MOST_REREAD = 64
"""More than one tool edits. Beyond are checkouts, which give all files new times."""
_SOURCE_SUFFIXES = (".py", ".pyi")

Stamp = tuple[int, int, int, int]


class DocumentChanges:
    """What one server knows of the files. Each server begins with a fresh one, made before it reads any file."""

    def __init__(self, root: Path, libraries: Sequence[Path] = ()) -> None:
        """Look at the files for the first time.

        Args:
            root: The project.
            libraries: Folders of installed packages; what is installed or removed later is noticed.
        """
        self._root = root
        self._libraries = libraries
        self._stamps = dict(self.look())
        self._told = set(self._stamps)
        self.tidings = 0
        """How often the server was told of a change."""

    def look(self) -> Mapping[str, Stamp]:
        """How the sources and settings look now. It takes 6 ms for a thousand files, so do it in a thread."""
        stamps = {}
        for entry in source_files(self._root):
            try:
                stamps[entry.path] = _stamp(entry.stat())
            except OSError:  # removed meanwhile, or a dead link
                continue
        for folder in self._libraries:
            with contextlib.suppress(OSError):
                stamps[str(folder)] = _stamp(folder.stat())
        return stamps

    def unnoticed(self, stamps: Mapping[str, Stamp]) -> Sequence[str]:
        """What was made, written to or removed, since it was told of, until that look. It counts as noticed now."""
        before, self._stamps = self._stamps, dict(stamps)
        return [path for path in {**before, **stamps} if before.get(path) != stamps.get(path)]

    def tell(self, connection: Connection, paths: Iterable[str]) -> None:
        """Tell of files and folders that were made, written to or removed; absolute paths."""
        events, sources = [], []
        for path in dict.fromkeys(paths):
            kind = self._event(path)
            events.append({"uri": Path(path).as_uri(), "type": kind})
            if kind != _DELETED and path.endswith(_SOURCE_SUFFIXES) and Path(path).is_file():
                sources.append(path)
        if events:
            self.tidings += 1
            connection.tell("workspace/didChangeWatchedFiles", {"changes": events})
        if len(sources) <= _MOST_REREAD:
            for path in sources:
                _have_reread(connection, Path(path))

    def _event(self, path: str) -> int:
        try:
            status = os.stat(path)  # noqa: PTH116 - thousands of them after a checkout
        except OSError:
            self._stamps.pop(path, None)
            self._told.discard(path)
            return _DELETED
        # ty takes a file that is new to it from a creation only, and looks into a folder then only.
        kind = _CHANGED if path in self._told and not S_ISDIR(status.st_mode) else _CREATED
        self._told.add(path)
        self._stamps[path] = _stamp(status)
        return kind


def opened(uri: str, text: str) -> dict[str, Any]:
    """The parameters of `textDocument/didOpen`."""
    return {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text}}


def _stamp(status: os.stat_result) -> Stamp:
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def _have_reread(connection: Connection, file: Path) -> None:
    """Open and close the document: ty compares times alone, so it takes two edits within one tick for one."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    connection.tell("textDocument/didOpen", opened(file.as_uri(), text))
    connection.tell("textDocument/didClose", {"textDocument": {"uri": file.as_uri()}})
