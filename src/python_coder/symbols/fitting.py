# src/python_coder/symbols/fitting.py — brings a piece of source to the indentation of the place it is meant for
import re

from python_coder.errors import ToolRefusedError
from python_coder.symbols.fragment import Fragment, Statement, indent_of
from python_coder.symbols.text_file import split_lines, with_newline, without_end

_USUAL_UNIT = "    "
_TABBED = re.compile(r"^\t", re.MULTILINE)
_SPACED = re.compile(r"^ +\S", re.MULTILINE)


def fitted(body: str, indent: str, unit: str, *, what: str, may_shift: bool | None = None) -> str:
    r"""Bring a body to a level of indentation.

    Three forms are taken: at the level already; written from the left margin, which is then indented as a whole; and
    with only its first line at the margin, as a symbol is cut out of a file from its first character on.
    Strings of several lines keep their value, docstrings move along.

    Args:
        body: Source with any line ends.
        indent: Whitespace of the level.
        unit: What one level is indented by here; empty when nothing shows it.
        what: Name of the symbol, for the refusal.
        may_shift: Whether a body at another level is taken as it is; `None` when that cannot be asked for.

    Returns:
        The body with `\n` as line end, no blank line around it, and no line end behind it.

    Raises:
        ToolRefusedError: It is empty or stands at another level.
    """
    text = _trimmed(body)
    if not text:
        raise ToolRefusedError(f"The body for {what} is empty. To remove a symbol use safe_delete_symbol.")
    own = indent_of(text)
    if own == indent:
        result = text
    elif not own:
        result = _from_margin(text, indent, unit)
    elif may_shift:
        result = text
    else:
        hint = ", or pass allow_indentation_change=True" if may_shift is not None else ""
        raise ToolRefusedError(
            f"The body for {what} begins with {_spelled(own)}; this place has {_spelled(indent)}. "
            f"Begin it there or at the left margin{hint}."
        )
    if unit and not may_shift:
        _refuse_mixed(Fragment.of(result + "\n"), indent, unit, what)
    return result


def unit_of(source: str, inner: str | None, indent: str) -> str:
    """What one level is indented by.

    Args:
        source: The whole file.
        inner: Whitespace of a block that stands at one level below `indent`, if there is one.
        indent: Whitespace of the level above it.

    Returns:
        One tab or some spaces; empty when the file has no indented line.
    """
    if inner and inner.startswith(indent) and inner != indent:
        return inner[len(indent) :]
    tabs, spaces = len(_TABBED.findall(source)), len(_SPACED.findall(source))
    return "" if not tabs and not spaces else "\t" if tabs > spaces else _USUAL_UNIT


def was_shifted(body: str, source: str) -> bool:
    """Whether a body got another indentation on its way into a source."""
    return _trimmed(body) not in with_newline(source, "\n")


def piece_of(text: str, path: str) -> Fragment:
    """Read a body that must be complete in itself.

    Raises:
        ToolRefusedError: It does not parse: an open bracket or string could swallow what stands behind it.
    """
    last_line = text.rpartition("\n")[2]
    if text.lstrip().startswith("\\") or (text.endswith("\\") and "#" not in last_line):
        raise ToolRefusedError(
            f"The new source for {path} begins or ends with a backslash, which joins lines. Drop it."
        )
    piece = Fragment.of(text + "\n")
    if piece.is_doubtful:
        refuse_broken_piece(piece, path)
    _refuse_uneven(piece, path)
    return piece


def refuse_broken_piece(piece: Fragment, path: str) -> None:
    """Refuse a body that no Python could parse by itself. Runs ruff.

    Raises:
        ToolRefusedError: It does not parse; the message shows the line of the body with a caret.
    """
    for error in piece.syntax_errors():
        lines = [*map(without_end, split_lines(piece.text)), ""]
        line = lines[min(error.line, len(lines)) - 1]
        raise ToolRefusedError(
            f"The new source for {path} does not parse: line {error.line} of it: {error.message}\n"
            f"    {line}\n    {' ' * (error.column - 1)}^\nThe file is as it was."
        )


def _trimmed(body: str) -> str:
    lines = split_lines(with_newline(body, "\n"))
    while lines and not lines[0].strip():
        lines.pop(0)
    return "".join(lines).rstrip()


def _from_margin(text: str, indent: str, unit: str) -> str:
    piece = Fragment.of(text + "\n")
    lines, frozen = split_lines(text), piece.frozen_lines()
    below = [line for number, line in enumerate(lines[1:], 2) if line.strip() and number not in frozen]
    if below and all(line.startswith(indent) for line in below) and not _is_at_margin(piece, indent, unit):
        return indent + text
    shifted = (line if number in frozen or not line.strip() else indent + line for number, line in enumerate(lines, 1))
    return "".join(shifted)


def _is_at_margin(piece: Fragment, indent: str, unit: str) -> bool:
    inner = _inner_indent(piece.statements)
    return inner is not None and (inner in {unit or _USUAL_UNIT, indent} or not inner.startswith(indent))


def _inner_indent(statements: tuple[Statement, ...]) -> str | None:
    return next((statement.block_indent for statement in statements if statement.block_indent is not None), None)


def _refuse_uneven(piece: Fragment, path: str) -> None:
    """Refuse what would slip into another block, such as a `def` that stands deeper than the comment above it."""
    lines = split_lines(piece.text)
    for statement in piece.statements:
        found = indent_of(lines[statement.line - 1])
        if found != piece.indent:
            refuse_broken_piece(piece, path)
            raise ToolRefusedError(
                f"In the new source for {path}, line {statement.line} has {_spelled(found)} and the first line "
                f"{_spelled(piece.indent)}: `{statement.text}`. Write all of it at one level."
            )


def _refuse_mixed(piece: Fragment, indent: str, unit: str, what: str) -> None:
    for statement in piece.statements:
        inner = statement.block_indent
        step = inner[len(indent) :] if inner is not None and inner.startswith(indent) else ""
        if step and ("\t" in step) is not ("\t" in unit):
            raise ToolRefusedError(
                f"The body for {what} is indented by {_spelled(step)}; this file is indented by {_spelled(unit)}. "
                "Write the body that way."
            )


def _spelled(indent: str) -> str:
    if not indent:
        return "no indentation"
    kinds = {" ": "space", "\t": "tab"}
    counts = [f"{indent.count(char)} {kind}{'s' * (indent.count(char) > 1)}" for char, kind in kinds.items()]
    return " and ".join(count for count in counts if not count.startswith("0"))
