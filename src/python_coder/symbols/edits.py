# src/python_coder/symbols/edits.py — edits of whole symbols: pure functions from source text to new source text
from dataclasses import dataclass

from python_coder.errors import ToolRefusedError
from python_coder.symbols.fitting import fitted, piece_of, refuse_broken_piece
from python_coder.symbols.fragment import Fragment, Statement, StatementKind
from python_coder.symbols.insertion_spots import blank_lines_between, missing_blank_lines, spot_after, spot_before
from python_coder.symbols.losses import lost_decorators, renamed
from python_coder.symbols.regions import Region, region_of
from python_coder.symbols.symbol import Symbol
from python_coder.symbols.syntax import refuse_broken
from python_coder.symbols.text_file import split_lines, with_newline


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """In what a new definition may differ from the one that it replaces."""

    decorator_loss: bool = False
    """Whether decorators may go."""
    indentation_change: bool = False
    """Whether the body may stand at another level or indent by other characters."""
    rename: bool = False
    """Whether it may get another name."""
    more: bool = False
    """Whether other definitions may stand beside it in the body."""


NOTHING = Allowed()


def replace_body(
    source: str,
    symbol: Symbol,
    body: str,
    *,
    allowed: Allowed = NOTHING,
) -> str:
    """Put a new definition in the place of a symbol; nothing outside its lines changes.

    A body that is written from the left margin is indented to the symbol's level.

    Args:
        source: The whole file.
        symbol: What to replace.
        body: The new definition, decorators included.
        allowed: What may differ.

    Raises:
        ToolRefusedError: The edit would lose something that was not allowed to go, or would not parse.
    """
    region = region_of(source, symbol)
    new = fitted(body, region.indent, region.unit, what=symbol.name_path, may_shift=allowed.indentation_change)
    new = _without_repeated_comment(source, region, new)
    piece = piece_of(new, symbol.path)
    kind = region.statement.kind
    statement = (_one_of_several(piece, symbol, kind) if allowed.more else None) or _only_statement(piece, symbol, kind)
    faults = [
        *([] if allowed.rename else renamed(region.statement, statement)),
        *([] if allowed.decorator_loss else lost_decorators(region.statement, statement)),
    ]
    if faults:
        raise ToolRefusedError(f"{symbol.name_path} of {symbol.path} was not replaced:\n" + "\n".join(faults))
    result = source[: region.start - len(region.indent)] + with_newline(new, region.newline) + source[region.end :]
    refuse_broken(source, result, symbol.path)
    return result


def insert_before(source: str, symbol: Symbol, body: str) -> str:
    """Put source before a symbol: before its decorators, and before comments that stand right above it.

    The body is brought to the symbol's level, with as many blank lines around it as PEP 8 wants.

    Args:
        source: The whole file.
        symbol: What to insert before.
        body: One or more statements or comments.

    Raises:
        ToolRefusedError: The body stands at another level, or the result would not parse.
    """
    region = region_of(source, symbol)
    piece = _inserted(body, symbol, region)
    spot = spot_before(source, region)
    above = missing_blank_lines(spot, spot.previous, _first_kind(piece), symbol.path)
    below = blank_lines_between(_last_kind(piece), region.statement.kind, symbol.path, is_nested=spot.is_nested)
    below = below if piece.statements else 0  # a comment alone is about the symbol
    new = "\n" * above + piece.text + "\n" * below
    return _spliced(source, spot.offset, with_newline(new, region.newline), symbol.path)


def insert_after(source: str, symbol: Symbol, body: str) -> str:
    """Put source after a symbol, into the same class or function, as `insert_before` does.

    Raises:
        ToolRefusedError: The body stands at another level, or the result would not parse.
    """
    region = region_of(source, symbol)
    piece = _inserted(body, symbol, region)
    spot = spot_after(source, region)
    above = blank_lines_between(region.statement.kind, _first_kind(piece), symbol.path, is_nested=spot.is_nested)
    below = missing_blank_lines(spot, spot.next, _last_kind(piece), symbol.path)
    new = "\n" * (above + 1) + piece.text.removesuffix("\n") + "\n" * below
    return _spliced(source, spot.offset, with_newline(new, region.newline), symbol.path)


def _inserted(body: str, symbol: Symbol, region: Region) -> Fragment:
    piece = piece_of(fitted(body, region.indent, region.unit, what=symbol.name_path), symbol.path)
    if piece.stray_line:
        raise ToolRefusedError(
            f"Nothing was inserted: line {piece.stray_line} of the new source leaves the level of its first line."
        )
    return piece


def _spliced(source: str, offset: int, new: str, path: str) -> str:
    result = source[:offset] + new + source[offset:]
    refuse_broken(source, result, path)
    return result


def _first_kind(piece: Fragment) -> StatementKind:
    return piece.statements[0].kind if piece.statements else StatementKind.OTHER


def _last_kind(piece: Fragment) -> StatementKind:
    return piece.statements[-1].kind if piece.statements else StatementKind.OTHER


def _one_of_several(piece: Fragment, symbol: Symbol, kind: StatementKind) -> Statement | None:
    """The definition of a symbol's name among others; `None` when it is alone, or something else is there."""
    meant = [one for one in piece.statements if symbol.name in one.names and one.kind is kind]
    has_other = any(one.kind is StatementKind.OTHER for one in piece.statements)
    is_plain = len(piece.statements) > len(meant) == 1 and not has_other and not piece.stray_line
    return meant[0] if is_plain else None


def _only_statement(piece: Fragment, symbol: Symbol, kind: StatementKind) -> Statement:
    """The one definition that a body must be.

    Raises:
        ToolRefusedError: It is more, less or something else.
    """
    where = f"{symbol.name_path} of {symbol.path} was not replaced:"
    if not piece.statements:
        raise ToolRefusedError(f"{where} the body holds no definition. To remove a symbol use safe_delete_symbol.")
    first = piece.statements[0]
    if len(piece.statements) > 1 or piece.stray_line:
        refuse_broken_piece(piece, symbol.path)
    other = next((statement for statement in piece.statements if statement.kind is not kind), None)
    if len(piece.statements) > 1:
        extra = other or piece.statements[1]
        raise ToolRefusedError(
            f"{where} the body holds {len(piece.statements)} statements, and must be one definition: "
            f"line {extra.line}: `{extra.text}`. Put what is new in with insert_before_symbol or insert_after_symbol."
        )
    if piece.stray_line:
        raise ToolRefusedError(f"{where} line {piece.stray_line} of the body leaves the level of its first line.")
    if first.kind is not kind:
        article = "an assignment" if kind is StatementKind.ASSIGNMENT else f"a {kind}"
        raise ToolRefusedError(
            f"{where} it is {article}, and the body begins with `{first.text}`. The body must be the whole definition, "
            "its first line included. To make something else of it, delete it and insert the new one."
        )
    return first


def _without_repeated_comment(source: str, region: Region, body: str) -> str:
    """The body without the comment lines that it repeats from right above the symbol, where they stay."""
    comments = []
    rest = body
    while rest.lstrip().startswith("#"):
        line, _, rest = rest.partition("\n")
        comments.append(line.strip())
    above = [line.strip() for line in split_lines(source[: region.start - len(region.indent)])[-len(comments) :]]
    return rest if comments and above == comments else body
