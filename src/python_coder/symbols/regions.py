# src/python_coder/symbols/regions.py — the lines of a file that a symbol has to itself
from dataclasses import dataclass

from python_coder.errors import ToolRefusedError
from python_coder.symbols.fitting import unit_of
from python_coder.symbols.fragment import Fragment, Statement, indent_of
from python_coder.symbols.symbol import Symbol
from python_coder.symbols.text_file import end_of, split_lines, usual_newline, with_newline


@dataclass(frozen=True)
class Region:
    """The lines that a symbol has to itself."""

    start: int
    """Offset of its first character, indentation left out."""
    end: int
    """Offset behind its last character, comment at the end of that line included."""
    indent: str
    unit: str
    """What one level is indented by here; empty when nothing shows it."""
    newline: str
    fragment: Fragment
    statement: Statement


def region_of(source: str, symbol: Symbol) -> Region:
    """The lines of a symbol in a source.

    Raises:
        ToolRefusedError: It does not stand there any more, or shares its lines with other code.
    """
    lines = split_lines(source)
    if not 1 <= symbol.first_line <= symbol.last_line <= len(lines):
        raise ToolRefusedError(_stale(symbol))
    own = lines[symbol.first_line - 1 : symbol.last_line]
    fragment = Fragment.of(with_newline("".join(own), "\n"))
    statement = _statement_of(fragment, symbol)
    following = next((line for line in lines[symbol.last_line :] if line.strip()), "")
    if len(indent_of(following)) > len(fragment.indent) and not following.lstrip().startswith("#"):
        raise ToolRefusedError(_stale(symbol))
    start = sum(map(len, lines[: symbol.first_line - 1]))
    return Region(
        start=start + len(fragment.indent),
        end=start + sum(map(len, own)) - len(end_of(own[-1])),
        indent=fragment.indent,
        unit=unit_of(source, statement.block_indent, fragment.indent),
        newline=end_of(own[0]) or usual_newline(source),
        fragment=fragment,
        statement=statement,
    )


def _statement_of(fragment: Fragment, symbol: Symbol) -> Statement:
    named = [statement for statement in fragment.statements if symbol.name in statement.names]
    if not named:
        raise ToolRefusedError(_stale(symbol))
    # A broken definition may look like several statements; it must be possible to mend it.
    if (len(fragment.statements) > 1 or fragment.stray_line) and not fragment.is_doubtful:
        raise ToolRefusedError(
            f"{symbol.name_path} shares line {symbol.first_line} of {symbol.path} with other code. "
            "Edit it with replace_content or replace_lines."
        )
    return named[0]


def _stale(symbol: Symbol) -> str:
    return (
        f"{symbol.name_path} is no definition of its own at lines {symbol.first_line}-{symbol.last_line} of "
        f"{symbol.path}: the file changed, or it shares the line with other code. Look the symbol up again, "
        "or edit it with replace_content."
    )
