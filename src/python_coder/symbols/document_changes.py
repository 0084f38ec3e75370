# src/python_coder/symbols/document_changes.py — tells a language server which files differ from what it has read
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from python_coder.symbols.lsp_connection import Connection

_CREATED, _CHANGED, _DELETED = 1, 2, 3
_MOST_REREAD = 64
"""More than one tool edits. Beyond are checkouts, which give all files new times."""
_SOURCE_SUFFIXES = {".py", ".pyi"}


class DocumentChanges:
    """What one server was told of. Each server begins with a fresh one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: set[Path] = set()

    def tell(self, files: Iterable[Path]) -> None:
        """Tell of files and folders that were made, written to or removed; absolute paths."""
        present = {file: file.exists() for file in dict.fromkeys(files)}
        events = [{"uri": file.as_uri(), "type": self._event(file, exists)} for file, exists in present.items()]
        if not events:
            return
        self._connection.tell("workspace/didChangeWatchedFiles", {"changes": events})
        sources = [file for file, exists in present.items() if exists and file.suffix in _SOURCE_SUFFIXES]
        if len(sources) <= _MOST_REREAD:
            for file in sources:
                self._have_reread(file)

    def _event(self, file: Path, exists: bool) -> int:  # noqa: FBT001 - not for others
        if not exists:
            self._known.discard(file)
            return _DELETED
        if file in self._known:
            return _CHANGED
        # ty takes a file that is new to it from a creation only. For one that it knows, that is but a little slower.
        self._known.add(file)
        return _CREATED

    def _have_reread(self, file: Path) -> None:
        """Open and close the document: ty compares times alone, so it takes two edits within one tick for one."""
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        self._connection.tell("textDocument/didOpen", opened(file.as_uri(), text))
        self._connection.tell("textDocument/didClose", {"textDocument": {"uri": file.as_uri()}})


def opened(uri: str, text: str) -> dict[str, Any]:
    """The parameters of `textDocument/didOpen`."""
    return {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text}}
