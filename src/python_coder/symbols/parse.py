# src/python_coder/symbols/parse.py — the symbols of one Python file, also of one that does not parse
from python_coder.symbols.broken import error_lines, outline_broken
from python_coder.symbols.decoding import read_source
from python_coder.symbols.packed import PackedSymbols
from python_coder.symbols.rows import Rows
from python_coder.symbols.symbol import FileSymbols
from python_coder.symbols.walker import Walker, parse


def parse_symbols(path: str, data: bytes) -> FileSymbols:
    """Find what a Python file defines: classes, functions, and the variables of modules and classes.

    Never fails: of a file that does not parse, it tells what can be told.

    Args:
        path: File relative to the project, as it shall stand in the symbols.
        data: Content of the file, in any encoding.
    """
    return pack_symbols(data).file_symbols(path)


def pack_symbols(data: bytes) -> PackedSymbols:
    """As `parse_symbols`, in the form that the index keeps."""
    source = read_source(data)
    root = parse(source.text)
    if root.has_error:
        return PackedSymbols.pack(outline_broken(source.text), source, error_lines(root))
    rows = Rows()
    Walker(source.text, rows).walk(root)
    return PackedSymbols.pack(rows, source, ())
