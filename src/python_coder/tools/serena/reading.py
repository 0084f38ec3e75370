# src/python_coder/tools/serena/reading.py — folders and files
import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath

from python_coder.errors import ToolRefusedError
from python_coder.tools.answers import Group, first_lines, limit_of, paged
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.sources import paths_below, plain_path, read_source

_CHOICE = re.compile(r"\{([^{}]*)\}")
_MOST_CHOICES = 3
"""Each one multiplies the masks to try."""


@dataclass(frozen=True)
class ReadingTools:
    """Look-ups of folders and files. Each public method is one tool; lines are 1-based everywhere."""

    context: SerenaContext

    async def list_dir(
        self,
        relative_path: str = ".",
        recursive: bool = False,  # noqa: FBT001, FBT002 - the specification's parameters
        skip_ignored_files: bool = True,  # noqa: FBT001, FBT002 - the specification's parameters
        max_answer_chars: int = -1,
        skip: int = 0,
    ) -> str:
        """List a folder; subfolders end with a slash."""
        below = paths_below(self.context, relative_path, with_ignored=not skip_ignored_files)
        if not recursive:
            below = sorted({_first_level(path, plain_path(relative_path)) for path in below})
        noun = "files" if recursive else "entries"
        return paged(_by_folder(below), noun=noun, max_answer_chars=max_answer_chars, skip=skip)

    async def find_file(self, file_mask: str, relative_path: str = ".", skip: int = 0) -> str:
        """Find files by name with `*` and `?`; a mask with a slash is matched against the whole path."""
        if not file_mask.strip():
            raise ToolRefusedError("The mask is empty. Give a name such as `test_*.py`.")
        below = paths_below(self.context, relative_path)
        found = [path for path in below if is_matched(path, file_mask)]
        if not found:
            return f"None of {len(below)} files is named {file_mask}."
        return paged(_by_folder(found), noun="files", skip=skip)

    async def read_file(
        self, relative_path: str, start_line: int = 1, end_line: int = -1, max_answer_chars: int = -1
    ) -> str:
        """Read a text file, or lines start_line to end_line (1-based, inclusive, -1 the last), as `number: text`."""
        source = read_source(self.context, relative_path)
        lines = source.lines
        first = max(1, start_line)
        last = len(lines) if end_line < 1 else min(end_line, len(lines))
        if first > max(1, len(lines)):
            raise ToolRefusedError(f"{relative_path} has {len(lines)} lines; line {start_line} is not there.")
        self.context.note_seen(source.path, source.data)
        shown = [f"{number}: {lines[number - 1]}" for number in range(first, last + 1)]
        return "\n".join(first_lines(shown, first, limit_of(max_answer_chars))) or "The file is empty."


def is_matched(path: str, mask: str) -> bool:
    """Whether a file's name, or its path when the mask has a slash, fits a mask with `*`, `**`, `?` and `{a,b}`."""
    if mask.count("{") <= _MOST_CHOICES and (choice := _CHOICE.search(mask)):
        before, after = mask[: choice.start()], mask[choice.end() :]
        return any(is_matched(path, f"{before}{one}{after}") for one in choice[1].split(","))
    if "/" not in mask:
        return fnmatch.fnmatchcase(PurePosixPath(path).name, mask)
    plain = mask.removeprefix("./").removeprefix("/")
    return any(fnmatch.fnmatchcase(path, form) for form in (plain, plain.replace("**/", "")))


def _by_folder(paths: Sequence[str]) -> list[Group]:
    """Entries under their folders, those of the top first."""
    sorted_paths = sorted(paths, key=_parent_and_name)
    return [
        Group(folder, [path[len(folder) :] for path in inside])
        for folder, inside in groupby(sorted_paths, lambda path: _parent_and_name(path)[0])
    ]


def _parent_and_name(path: str) -> tuple[str, str]:
    folder, slash, _ = path.rstrip("/").rpartition("/")
    return folder + slash, path


def _first_level(path: str, folder: str) -> str:
    prefix = f"{folder}/" if folder else ""
    head, slash, _ = path[len(prefix) :].partition("/")
    return prefix + head + slash
