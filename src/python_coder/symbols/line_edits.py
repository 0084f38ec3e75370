# src/python_coder/symbols/line_edits.py — edits by line number, which must quote the lines that they touch
from python_coder.errors import ToolRefusedError
from python_coder.symbols.text_file import end_of, split_lines, usual_newline, with_newline, without_end

_WIDEST_QUOTE = 200


def replace_lines(
    source: str, start_line: int, end_line: int, content: str, *, first_line_text: str, last_line_text: str
) -> str:
    """Replace a range of lines.

    Args:
        source: The whole file.
        start_line: First line to replace, 1-based.
        end_line: Last line to replace, 1-based and included.
        content: What comes in their place; nothing removes them.
        first_line_text: The first line as it stands there, indentation included.
        last_line_text: The last line as it stands there.

    Raises:
        ToolRefusedError: There are no such lines, or other text stands there; the message shows it.
    """
    lines = split_lines(source)
    if not 1 <= start_line <= end_line <= len(lines):
        raise ToolRefusedError(
            f"There are no lines {start_line} to {end_line}: the file has {len(lines)}, counted from 1. Read it again."
        )
    _check_quotes(lines, {(start_line, first_line_text), (end_line, last_line_text)})
    return _joined(lines[: start_line - 1], content, lines[start_line - 1 : end_line], lines[end_line:], source)


def insert_at_line(source: str, line: int, content: str, *, line_text: str) -> str:
    """Insert lines before a line, which moves down.

    Args:
        source: The whole file.
        line: The line that moves down, 1-based; one more than the file has appends to it.
        content: The new lines.
        line_text: That line as it stands there; empty when appending.

    Raises:
        ToolRefusedError: There is no such line, or other text stands there; the message shows it.
    """
    lines = split_lines(source)
    if not 1 <= line <= len(lines) + 1:
        raise ToolRefusedError(f"There is no line {line}: the file has {len(lines)}, counted from 1. Read it again.")
    if not content:
        raise ToolRefusedError("There is nothing to insert: the content is empty.")
    _check_quotes(lines, {(line, line_text)})
    return _joined(lines[: line - 1], content, [], lines[line - 1 :], source)


def _check_quotes(lines: list[str], quotes: set[tuple[int, str]]) -> None:
    """Compare quoted lines, by 1-based number, with what stands there. Blanks at their ends do not matter."""
    told = []
    for number, quote in sorted(quotes):
        stands = without_end(lines[number - 1]) if number <= len(lines) else ""
        if without_end(quote).rstrip() != stands.rstrip():
            there = f"`{stands[:_WIDEST_QUOTE]}`" if number <= len(lines) else "the end of the file"
            told.append(f"line {number} is {there}, not `{without_end(quote)[:_WIDEST_QUOTE]}`")
    if told:
        raise ToolRefusedError(
            f"Nothing was changed: {'; '.join(told)}. Lines count from 1; quote them whole, indentation included."
        )


def _joined(above: list[str], content: str, replaced: list[str], below: list[str], source: str) -> str:
    """The file with new lines between two parts of it; a last line without an end stays without."""
    near = [*replaced, *above[::-1], *below]
    newline = next((end_of(line) for line in near if end_of(line)), usual_newline(source))
    new = with_newline(content, newline)
    if new and not new.endswith(newline):
        new += newline
    if above and not end_of(above[-1]):
        new = newline + new
    if source and not below and not end_of(split_lines(source)[-1]):
        new = without_end(new)
    return "".join((*above, new, *below))
