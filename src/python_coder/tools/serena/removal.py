# src/python_coder/tools/serena/removal.py — takes definitions out of a source text
import re
from collections.abc import Sequence

from python_coder.symbols.fragment import indent_of
from python_coder.symbols.regions import region_of
from python_coder.symbols.symbol import Symbol
from python_coder.symbols.syntax import syntax_error
from python_coder.symbols.text_file import split_lines

_HARMLESS = re.compile(
    r"@(?:\w+\.)*(?:property|\w+\.setter|\w+\.deleter|setter|deleter|getter|staticmethod|classmethod|overload|override|final"
    r"|abstractmethod|cached_property|cache|lru_cache|dataclass|contextmanager|asynccontextmanager|wraps|total_ordering"
    r"|runtime_checkable|deprecated)\b"
)
"""Decorators that change what they decorate, and hand it to nobody else."""


def decorators_that_use(lines: Sequence[str], symbols: Sequence[Symbol]) -> Sequence[str]:
    """First lines of the decorators that may hand a symbol to somebody, such as a route's or a fixture's."""
    own = [line.strip() for symbol in symbols for line in lines[symbol.first_line - 1 : symbol.def_line - 1]]
    return [line for line in own if line.startswith("@") and not _HARMLESS.match(line)]


def without_symbols(source: str, symbols: Sequence[Symbol]) -> str:
    """The text without these definitions; a block that would be empty gets a `pass`.

    Raises:
        ToolRefusedError: One of them shares its lines with other code, or does not stand there any more.
    """
    for symbol in sorted(symbols, key=lambda each: each.first_line, reverse=True):
        source = _without(source, symbol)
    return source


def _without(source: str, symbol: Symbol) -> str:
    region = region_of(source, symbol)
    lines = split_lines(source)
    above, below = lines[: symbol.first_line - 1], lines[symbol.last_line :]
    gap_below = next((count for count, line in enumerate(below) if line.strip()), len(below))
    gap_above = next((count for count, line in enumerate(reversed(above)) if line.strip()), len(above))
    opens = gap_above == 0 and (not above or len(indent_of(above[-1])) < len(region.indent))
    # Of the two gaps that meet, the larger one stays, as long as there is something on both sides.
    if gap_below == len(below):
        above = above[: len(above) - gap_above]
        below = []
    elif opens or gap_above >= gap_below:
        below = below[gap_below:]
    else:
        above = above[: len(above) - gap_above]
    rest = "".join((*above, *below))
    if region.indent and syntax_error(rest, symbol.path) and not syntax_error(source, symbol.path):
        opening = "".join((*above, f"{region.indent}pass{region.newline}", *below))
        return opening if syntax_error(opening, symbol.path) is None else rest
    return rest
