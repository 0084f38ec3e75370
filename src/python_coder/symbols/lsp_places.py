# src/python_coder/symbols/lsp_places.py — between our places in files and those of the protocol
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from python_coder.errors import ToolRefusedError
from python_coder.symbols.locations import Diagnostic, Location, TextEdit

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}

Range = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Places:
    """Translates for one answer. It remembers what it looked up, so take a new one for the next answer."""

    root: Path
    """Absolute, without links."""
    _paths: dict[str, str] = field(default_factory=dict)
    """Ours, by URI."""

    def file(self, path: str) -> Path:
        """The file that a path of ours names.

        Raises:
            ToolRefusedError: It is not there.
        """
        file = self.root / path
        if not file.is_file():
            raise ToolRefusedError(f"There is no file {path!r} in the project. List the folder to see its files.")
        return file

    def position(self, file: Path, line: int, column: int) -> dict[str, int]:
        """The protocol's position of a 1-based line and a 0-based column.

        Raises:
            ToolRefusedError: They are below 1 and 0.
        """
        if line < 1 or column < 0:
            raise ToolRefusedError(f"There is no line {line}, column {column}: lines count from 1, columns from 0.")
        return {"line": line - 1, "character": column + (line == 1 and has_mark(file))}

    def locations(self, answer: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None) -> tuple[Location, ...]:
        """Sorted by file, then by place."""
        found = [answer] if isinstance(answer, Mapping) else answer or ()
        return tuple(sorted(Location(*self._stretch(each["uri"], each["range"])) for each in found))

    def edits(self, answer: Mapping[str, Any]) -> tuple[TextEdit, ...]:
        """The edits of a `WorkspaceEdit`, sorted by file, then by place."""
        changes: Mapping[str, Sequence[Mapping[str, Any]]] = answer.get("changes") or {}
        return tuple(
            sorted(
                TextEdit(*self._stretch(uri, each["range"]), each["newText"])
                for uri, edits in changes.items()
                for each in edits
            )
        )

    def diagnostics(self, path: str, answer: Mapping[str, Any] | None, *, has_mark: bool) -> tuple[Diagnostic, ...]:
        """In the order of the file. The first line of a message says all; the rest explains at length.

        Args:
            path: The file that was asked about.
            answer: A document's report.
            has_mark: Whether the text that was judged begins with a byte order mark.
        """
        found = []
        for item in (answer or {}).get("items", ()):
            start = item["range"]["start"]
            column = start["character"] - (has_mark and start["line"] == 0)
            severity = _SEVERITIES.get(item.get("severity"), "error")
            message = str(item.get("message", "")).split("\n")[0].strip()
            code = str(item.get("code") or "")
            found.append(Diagnostic(path, start["line"] + 1, max(column, 0), severity, code, message))
        return tuple(sorted(found, key=lambda each: (each.line, each.column)))

    def _stretch(self, uri: str, span: Range) -> tuple[str, int, int, int, int]:
        path = self._paths.get(uri)
        if path is None:
            path = self._paths[uri] = self._path(uri)
        start, end = span["start"], span["end"]
        mark = start["line"] == 0 and has_mark(self.root / path)
        column, end_column = max(start["character"] - mark, 0), end["character"] - (mark and end["line"] == 0)
        return (path, start["line"] + 1, column, end["line"] + 1, max(end_column, 0))

    def _path(self, uri: str) -> str:
        parts = urlsplit(uri)
        if parts.scheme != "file":
            return uri
        file = Path(unquote_to_bytes(parts.path).decode(errors="surrogateescape"))
        return (file.relative_to(self.root) if file.is_relative_to(self.root) else file).as_posix()


def has_mark(file: Path) -> bool:
    """Whether a file begins with a byte order mark. The protocol counts it as a column of the first line."""
    try:
        with file.open("rb") as stream:
            return stream.read(len(_BYTE_ORDER_MARK)) == _BYTE_ORDER_MARK
    except (OSError, ValueError):
        return False
