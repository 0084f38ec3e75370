# src/python_coder/symbols/broken.py — the symbols of a file that does not parse, piece by piece
import bisect
import itertools
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tree_sitter import Node

from python_coder.symbols.rows import NO_PARENT, Row, Rows
from python_coder.symbols.signature import one_line
from python_coder.symbols.symbol import SymbolKind
from python_coder.symbols.walker import Walker, kind_of_variable, normal_name, parse

_STRING_OR_COMMENT = re.compile(
    rb"""#[^\n]*|("{3}|'{3})(?:[^\\]|\\.)*?\1|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""", re.DOTALL
)
_NOT_LINE_END = re.compile(rb"[^\n]")
# A line that can begin a statement, unlike one with a closing bracket.
_BEGIN = re.compile(rb"([ \t\f]*)(@|(?:else|elif|except|finally)\b|[A-Za-z_\x80-\xff])")
_HEADER = re.compile(rb"[ \t\f]*(?:async[ \t]+)?(def|class)[ \t]+([A-Za-z_\x80-\xff][\w\x80-\xff]*)")
_VARIABLE = re.compile(rb"[ \t\f]*([A-Za-z_\x80-\xff][\w\x80-\xff]*)[ \t]*(?::[^=\n]*)?=(?!=)")
_INNER_DEFINITION = re.compile(rb"\b(?:def|class)\b")
_HEAD_PART = re.compile(rb"[(\[{)\]}:]|\n[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]")
_DEEPEST = 12
_TAB_WIDTH = 8
_MOST_ERRORS = 50


def error_lines(root: Node) -> tuple[int, ...]:
    """1-based lines at which a tree has errors, in order; the first 50."""
    lines: set[int] = set()
    waiting = [root] if root.has_error else []
    while waiting and len(lines) < _MOST_ERRORS:
        node = waiting.pop()
        inner = [child for child in node.children if child.has_error or child.is_missing]
        if not inner or node.is_error:
            lines.add(node.start_point.row + 1)
        waiting.extend(reversed(inner))
    return tuple(sorted(lines))


def outline_broken(text: bytes, deadline: float) -> Rows:
    """What the source defines, judged by its indentation where it does not parse.

    A parser that meets an unclosed bracket may give up all that follows. So the text is cut where statements begin at
    the outermost level; each piece that parses by itself is taken as it is, and each that does not is cut again, one
    level deeper.

    Args:
        text: UTF-8 source.
        deadline: Time of the monotonic clock, in seconds, at which to leave it at what was found.
    """
    outline = _Outline(text, deadline)
    outline.cut(0, len(outline.lines) - 1, NO_PARENT, 0)
    return outline.rows


@dataclass
class _Outline:
    text: bytes
    deadline: float
    rows: Rows = field(default_factory=Rows)
    lines: Sequence[int] = field(init=False)
    """Byte at which each line begins, and the end of the text."""
    plain: bytes = field(init=False)
    """The text with strings and comments made unreadable."""

    def __post_init__(self) -> None:
        self.plain = _STRING_OR_COMMENT.sub(_blank, self.text)
        self.lines = [0, *(found.end() for found in re.finditer(rb"\n", self.text)), len(self.text)]

    def cut(self, first: int, end: int, parent: int, depth: int) -> None:
        """Take in the statements of some lines, 0-based.

        Args:
            first: First line.
            end: Line after the last one.
            parent: Index of the symbol that they belong to.
            depth: How often the text was cut before.
        """
        if depth > _DEEPEST or time.monotonic() > self.deadline:
            return
        for begin, after in itertools.pairwise([*self._pieces(first, end), end]):
            self._piece(begin, after, parent, depth)

    def _pieces(self, first: int, end: int) -> Iterator[int]:
        """Lines at which a statement of the outermost level begins, decorators with what they decorate."""
        level: int | None = None
        is_decorator = False
        for line in range(first, end):
            begin = _BEGIN.match(self.plain, self.lines[line])
            indent = len(begin.group(1).expandtabs(_TAB_WIDTH)) if begin else 0
            if begin is None or (level is not None and indent > level):
                continue
            if len(begin.group(2)) > 1 and indent == level:
                # `else` and its like go on with what stands before them.
                continue
            if not (is_decorator and (begin.group(2) == b"@" or _HEADER.match(self.plain, self.lines[line]))):
                yield line
            level = indent
            is_decorator = begin.group(2) == b"@"

    def _piece(self, first: int, end: int, parent: int, depth: int) -> None:
        begin, stop = self.lines[first], self.lines[end]
        is_scope = parent == NO_PARENT or self.rows.is_class(parent)
        if not is_scope and not _INNER_DEFINITION.search(self.plain, begin, stop):
            return
        piece = self.text[begin:stop]
        root = parse(piece, self.deadline)
        if root is not None and not root.has_error:
            Walker(piece, self.rows, begin, first + 1).walk(root, parent)
            return
        found = self._header(first, end)
        if found is None:
            self._variable(first, end, parent, is_scope=is_scope)
            self.cut(first + 1, end, parent, depth + 1)
            return
        line, header = found
        head = self._head_end(header.end(), stop)
        is_class = header.group(1) == b"class"
        inner = SymbolKind.METHOD if self.rows.is_class(parent) else SymbolKind.FUNCTION
        index = self._add(SymbolKind.CLASS if is_class else inner, header, (first, line, end), parent, head)
        self.cut(self._line_of(head) + 1, end, index, depth + 1)
        self.rows.close(index)

    def _header(self, first: int, end: int) -> "tuple[int, re.Match[bytes]] | None":
        """The `def` or `class` that a piece consists of, below its decorators."""
        for line in range(first, end):
            begin = _BEGIN.match(self.plain, self.lines[line])
            if begin is not None and begin.group(2) != b"@":
                header = _HEADER.match(self.plain, self.lines[line])
                return (line, header) if header else None
        return None

    def _variable(self, first: int, end: int, parent: int, *, is_scope: bool) -> None:
        found = _VARIABLE.match(self.plain, self.lines[first])
        if found is not None and is_scope:
            name = found.group(1).decode("utf-8", "replace")
            kind = kind_of_variable(name)
            last = self.lines[first + 1]
            self.rows.close(self._add(kind, found, (first, first, end), parent, last))

    def _head_end(self, at: int, stop: int) -> int:
        """Where the head of a definition ends: at its colon, or with its line if a bracket stays open."""
        level = 0
        for found in _HEAD_PART.finditer(self.plain, at, stop):
            part = found.group()
            if part in b"([{":
                level += 1
            elif part in b")]}":
                level -= 1
            elif part != b":" or level <= 0:
                if part == b":":
                    return found.start()
                break
        line_end = self.plain.find(b"\n", at, stop)
        return line_end if line_end >= 0 else stop

    def _add(
        self, kind: SymbolKind, name: "re.Match[bytes]", extent: tuple[int, int, int], parent: int, head: int
    ) -> int:
        first, line, end = extent
        group = name.lastindex or 0
        last = self._last_line(line, end)
        begin, stop = self._content(first)[0], self._content(last)[1]
        definition = self._content(line)[0]
        return self.rows.add(
            Row(
                kind=kind,
                name=normal_name(name.group(group).decode("utf-8", "replace")),
                signature=one_line(self.text[definition:head].strip().rstrip(b":")),
                parent=parent,
                first_line=first + 1,
                def_line=line + 1,
                last_line=last + 1,
                name_line=line + 1,
                name_at=name.start(group),
                start=begin,
                end=stop,
            )
        )

    def _last_line(self, first: int, end: int) -> int:
        """The last of some lines that is neither blank nor a comment."""
        for line in range(end - 1, first, -1):
            begin, stop = self._content(line)
            if begin < stop and self.plain[begin : begin + 1] != b"#":
                return line
        return first

    def _content(self, line: int) -> tuple[int, int]:
        """Where a line's text begins and ends, without the space around it."""
        begin, stop = self.lines[line], self.lines[line + 1]
        whole = self.text[begin:stop]
        return stop - len(whole.lstrip()), begin + len(whole.rstrip())

    def _line_of(self, at: int) -> int:
        return bisect.bisect_right(self.lines, at, hi=len(self.lines) - 1) - 1


def _blank(found: "re.Match[bytes]") -> bytes:
    return _NOT_LINE_END.sub(b"#" if found.group().startswith(b"#") else b'"', found.group())
