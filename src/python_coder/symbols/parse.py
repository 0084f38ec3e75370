# src/python_coder/symbols/parse.py — the symbols of one Python file, also of one that does not parse
import time

from python_coder.symbols.broken import error_lines, outline_broken
from python_coder.symbols.decoding import read_source
from python_coder.symbols.packed import EMPTY, PackedSymbols
from python_coder.symbols.rows import Rows
from python_coder.symbols.symbol import FileSymbols
from python_coder.symbols.walker import Walker, parse

# A megabyte of sound source takes less than half a second.
_MOST_SECONDS = 10.0
TOO_SLOW = f"it could not be parsed within {_MOST_SECONDS:.0f} seconds"
"""What is said of a file that made the parser give up."""


def parse_symbols(path: str, data: bytes) -> FileSymbols:
    """Find what a Python file defines: classes, functions, and the variables of modules and classes.

    Never fails: of a file that does not parse, it tells what can be told.

    Args:
        path: File relative to the project, as it shall stand in the symbols.
        data: Content of the file, in any encoding.
    """
    packed = pack_symbols(data)
    return EMPTY.file_symbols(path, TOO_SLOW) if packed is None else packed.file_symbols(path)


def pack_symbols(data: bytes, most_seconds: float = _MOST_SECONDS) -> PackedSymbols | None:
    """As `parse_symbols`, in the form that the index keeps; `None` if it took too long."""
    deadline = time.monotonic() + most_seconds
    source = read_source(data)
    root = parse(source.text, deadline)
    if root is None:
        return None
    if root.has_error:
        return PackedSymbols.pack(outline_broken(source.text, deadline), source, error_lines(root))
    rows = Rows()
    Walker(source.text, rows).walk(root)
    return PackedSymbols.pack(rows, source, ())
