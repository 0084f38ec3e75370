# src/python_coder/tools/serena/shown_lines.py — lines of files for showing, read again when a file may have changed
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from python_coder.symbols.source_tree import Stamp
from python_coder.symbols.text_file import split_lines, without_end

_MOST_FILES = 2_000


class ShownLines:
    """Remembers the lines of files that answers quote. For edits, files are always read."""

    def __init__(self, root: Path, read: Callable[[str], Sequence[str]]) -> None:
        """Remember nothing yet.

        Args:
            root: Folder of the project.
            read: Reads the lines of a file; none if it may not be read.
        """
        self._root = str(root)
        self._read = read
        self._known: OrderedDict[str, tuple[Stamp, Sequence[str]]] = OrderedDict()

    def of(self, path: str) -> Sequence[str]:
        """Lines of a file as it is now, without their ends."""
        read_ns = time.time_ns()
        try:
            stamp = Stamp.of(os.lstat(f"{self._root}/{path}"))
        except OSError:
            return ()
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            self._known.move_to_end(path)
            return known[1]
        lines = self._read(path)
        if stamp.is_settled(read_ns):
            self._known[path] = stamp, lines
        if len(self._known) > _MOST_FILES:
            self._known.popitem(last=False)
        return lines


def plain_lines(text: str) -> Sequence[str]:
    """Lines of a text without their ends, as Python counts them."""
    if "\r" not in text:
        return text.removesuffix("\n").split("\n") if text else []
    return [without_end(line) for line in split_lines(text)]
