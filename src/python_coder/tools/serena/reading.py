# src/python_coder/tools/serena/reading.py — folders, files and lines
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from python_coder.errors import ToolRefusedError
from python_coder.tools.answers import shorten
from python_coder.tools.serena.context import SerenaContext

_MOST_HITS = 200


@dataclass(frozen=True)
class ReadingTools:
    """Look-ups in the work tree. Each public method is one tool; lines are 1-based everywhere."""

    context: SerenaContext

    async def list_dir(self, relative_path: str = ".", recursive: bool = False) -> str:  # noqa: FBT001, FBT002 - the specification's parameters
        """List the files of a folder.

        Args:
            relative_path: Folder relative to the project, `.` for the project itself.
            recursive: Whether to go into subfolders.

        Returns:
            One path a line, relative to the project, folders with a trailing slash.
        """
        prefix = "" if relative_path in {".", ""} else relative_path.rstrip("/") + "/"
        below = [path for path in self.context.files.paths() if path.startswith(prefix)]
        if not below:
            raise ToolRefusedError(f"There is no folder {relative_path!r} with files in it. Start from '.'.")
        if not recursive:
            below = sorted({_first_level(path, prefix) for path in below})
        return shorten("\n".join(below))

    async def read_file(self, relative_path: str, start_line: int = 1, end_line: int = 0) -> str:
        """Read a text file, each line with its number.

        Args:
            relative_path: File relative to the project.
            start_line: First line wanted, 1-based.
            end_line: Last line wanted, 1-based and included; 0 for the end of the file.

        Returns:
            Lines as `number: text`.
        """
        text = self.context.files.read(relative_path)
        if text is None:
            raise ToolRefusedError(f"There is no text file {relative_path!r}. Use list_dir to see what is there.")
        lines = text.splitlines()
        last = end_line or len(lines)
        return shorten("\n".join(f"{n}: {line}" for n, line in enumerate(lines, 1) if start_line <= n <= last))

    async def search_for_pattern(self, pattern: str, relative_path: str = "") -> str:
        """Find lines that match a regular expression.

        Args:
            pattern: Regular expression of Python's `re`, matched within single lines.
            relative_path: Only files below this folder, or this one file; empty for the whole project.

        Returns:
            Hits as `path:line: text`, ordered by path and line.
        """
        try:
            wanted = re.compile(pattern)
        except re.error as error:
            raise ToolRefusedError(f"{pattern!r} is no regular expression: {error}.") from error
        below = relative_path.rstrip("/")
        hits: list[str] = []
        for path in self.context.files.paths():
            if below and path != below and not path.startswith(below + "/"):
                continue
            text = self.context.files.read(path) if _is_small_text(path) else None
            for number, line in enumerate((text or "").splitlines(), 1):
                if wanted.search(line):
                    hits.append(f"{path}:{number}: {line.strip()[:200]}")
        more = f"\n… {len(hits) - _MOST_HITS} more hits; narrow the pattern" if len(hits) > _MOST_HITS else ""
        return shorten("\n".join(hits[:_MOST_HITS]) + more) or "No line matches."

    async def get_symbols_overview(self, relative_path: str) -> str:
        """List the classes and functions that a Python file defines, with their lines.

        Args:
            relative_path: Python file relative to the project.

        Returns:
            One definition a line, nested ones indented: `12-30 class Item`.
        """
        text = self.context.files.read(relative_path)
        if text is None:
            raise ToolRefusedError(f"There is no text file {relative_path!r}. Use list_dir to see what is there.")
        try:
            wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        except cst.ParserSyntaxError as error:
            raise ToolRefusedError(
                f"{relative_path} does not parse: line {error.raw_line}: {error.message}."
            ) from error
        outline = _Outline()
        wrapper.visit(outline)
        return shorten("\n".join(outline.lines)) or "No class and no function is defined here."


def _first_level(path: str, prefix: str) -> str:
    head, slash, _ = path[len(prefix) :].partition("/")
    return prefix + head + slash


def _is_small_text(path: str) -> bool:
    return PurePosixPath(path).suffix not in {".png", ".jpg", ".gif", ".ico", ".zip", ".gz", ".woff", ".woff2", ".db"}


class _Outline(cst.CSTVisitor):
    """Collects definitions in order, with their line ranges."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._depth = 0

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802 - libcst's name
        self._enter(node, f"class {node.name.value}")

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:  # noqa: N802 - libcst's name
        self._depth -= 1

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802 - libcst's name
        self._enter(node, f"{'async ' if node.asynchronous else ''}def {node.name.value}")

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:  # noqa: N802 - libcst's name
        self._depth -= 1

    def _enter(self, node: cst.CSTNode, title: str) -> None:
        place = self.get_metadata(PositionProvider, node)
        self.lines.append(f"{'  ' * self._depth}{place.start.line}-{place.end.line} {title}")
        self._depth += 1
