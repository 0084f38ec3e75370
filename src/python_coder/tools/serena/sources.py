# src/python_coder/tools/serena/sources.py — a project's files as the serena tools see them
import difflib
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from python_coder.errors import ToolRefusedError
from python_coder.symbols.text_file import TextFile
from python_coder.tools.files import OpenedFile, digest_of
from python_coder.tools.path_rules import refusal
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.shown_lines import plain_lines


@dataclass(frozen=True)
class Source:
    """One text file as it was when it was read."""

    path: str
    data: bytes
    file: TextFile

    @property
    def text(self) -> str:
        """The text, line ends as they are."""
        return self.file.text

    @cached_property
    def digest(self) -> str:
        """What tells this content from another."""
        return digest_of(self.data)

    @property
    def opened(self) -> OpenedFile:
        """The same as the door to the files takes it back."""
        return OpenedFile(path=self.path, content=self.file, digest=self.digest)

    @cached_property
    def lines(self) -> Sequence[str]:
        """Lines without their ends, as Python counts them."""
        return plain_lines(self.text)


def plain_path(relative_path: str) -> str:
    """A path as the tools write it: no `.` parts, no double or closing slashes; empty for the project itself."""
    path = relative_path.strip()
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        return path
    plain = posixpath.normpath(path) if path else ""
    return "" if plain == "." else plain


def find_source(context: SerenaContext, relative_path: str) -> Source | None:
    """A text file, or `None` when there is no such file.

    Raises:
        ToolRefusedError: The path is not the agent's to read, or the file is no text.
    """
    path = plain_path(relative_path)
    if not path:
        raise ToolRefusedError("That is the project itself, not a file. Use list_dir to see what is there.")
    data = context.files.read_bytes(path)
    if data is None:
        return None
    try:
        return Source(path, data, TextFile.of(data))
    except ToolRefusedError as error:
        raise ToolRefusedError(f"{path}: {error}") from error


def read_source(context: SerenaContext, relative_path: str) -> Source:
    """A text file that has to be there.

    Raises:
        ToolRefusedError: It is not, or is not the agent's to read, or is no text.
    """
    found = find_source(context, relative_path)
    if found is None:
        raise ToolRefusedError(missing(context, relative_path))
    return found


def missing(context: SerenaContext, relative_path: str) -> str:
    """That there is no such file, and which ones may be meant."""
    path = plain_path(relative_path)
    paths = context.files.paths()
    name = posixpath.basename(path)
    near = [other for other in paths if posixpath.basename(other) == name][:3]
    near = near or difflib.get_close_matches(path, paths, n=3, cutoff=0.7)
    hint = f"Do you mean {' or '.join(near)}?" if near else "Use list_dir or find_file to see what is there."
    what = "is a folder" if any(other.startswith(f"{path}/") for other in paths) else "is no file of this project"
    return f"{relative_path!r} {what}. {hint}"


def paths_below(context: SerenaContext, relative_path: str, *, with_ignored: bool = False) -> Sequence[str]:
    """Files below a folder, or the one file, sorted by path; those that git ignores only when asked for.

    Raises:
        ToolRefusedError: There is nothing of that name, or it is not the agent's to read.
    """
    below = plain_path(relative_path)
    if below and (why := refusal(below)):
        raise ToolRefusedError(f"{relative_path!r} {why}. Paths are relative to the project, such as 'app/main.py'.")
    paths = context.files.paths() if with_ignored else context.project.paths()
    found = [path for path in paths if not below or path == below or path.startswith(f"{below}/")]
    if below and not found:
        raise ToolRefusedError(missing(context, relative_path))
    return found
