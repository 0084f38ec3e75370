# src/python_coder/recipes/layout.py — lays out generated statements the way `ruff format` does
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

_OPEN, _CLOSE = "([{", ")]}"
_INDENT = "    "
_FEWEST_LINKS = 2
_STRING = re.compile(r"""[rbfuRBFU]{0,2}("{3}[\s\S]*?"{3}|'{3}[\s\S]*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""")
_ASSIGN = re.compile(r"^(?P<head>(?:return|yield|[\w.\[\]]+(?:: [^=]+)?) ?=? )(?P<value>(?:await )?\w.*)$", re.DOTALL)


@dataclass(frozen=True)
class Style:
    """What a project's formatter is set to."""

    width: int = 88
    quote: str = '"'

    def lay_out(self, lines: Iterable[str]) -> str:
        """Text of a module from logical lines, each on one line however long; an empty line is an empty line."""
        text = "".join(f"{physical}\n" for line in lines for physical in self._fit_lines(line))
        return _requoted(text, self.quote)

    def _fit_lines(self, line: str) -> list[str]:
        if '"""' in line or not line.strip():
            return line.split("\n")
        indent = len(line) - len(line.lstrip())
        return fit(line.strip(), indent, self.width)


def fit(statement: str, indent: int, width: int, suffix: str = "", *, is_item: bool = False) -> list[str]:
    """Lay out one flat statement or list item.

    Args:
        statement: Text without line breaks outside of strings.
        indent: Columns before it.
        width: Longest line in columns.
        suffix: A comma that must stay behind it, or nothing.
        is_item: Whether it stands alone on its lines inside of brackets.
    """
    if indent + len(statement) + len(suffix) <= width or statement.startswith("#"):
        return [f"{' ' * indent}{statement}{suffix}"]
    if is_item and (clauses := _comprehension(statement)):
        return [line for clause in clauses for line in fit(clause, indent, width)]
    if found := re.fullmatch(r"from (\S+) import (.+)", statement):
        return [f"from {found[1]} import (", *(f"{_INDENT}{name}," for name in found[2].split(", ")), ")"]
    if (found := re.fullmatch(r"(if|elif|while) (.+):", statement)) and len(clauses := _conditions(found[2])) > 1:
        inner = [line for clause in clauses for line in fit(clause, indent + len(_INDENT), width, is_item=True)]
        return [f"{' ' * indent}{found[1]} (", *inner, f"{' ' * indent}):"]
    if chain := _fluent(statement, indent, width, is_item=is_item):
        return [*chain[:-1], chain[-1] + suffix]
    return _fit_brackets(statement, indent, width, suffix)


def _fit_brackets(statement: str, indent: int, width: int, suffix: str) -> list[str]:
    pad = " " * indent
    split = _split(statement)
    if split is None:
        return [f"{pad}{statement}{suffix}"]
    if indent + len(split[0]) > width and (assign := _ASSIGN.match(statement)):
        return [f"{pad}{assign['head']}(", *fit(assign["value"], indent + len(_INDENT), width, is_item=True), f"{pad})"]
    return _explode(split, indent, width, suffix)


def _explode(split: tuple[str, str, str], indent: int, width: int, suffix: str) -> list[str]:
    head, inner, tail = split
    pad, deeper = " " * indent, indent + len(_INDENT)
    items = [item.strip() for item in split_commas(inner)]
    is_call = re.search(r"[\w\])]\($", head) is not None
    if is_call and deeper + len(inner) <= width:
        return [f"{pad}{head}", f"{' ' * deeper}{inner}", f"{pad}{tail}{suffix}"]
    comma = "" if len(items) == 1 and (items[0].startswith("*") or _comprehension(items[0])) else ","
    exploded = [line for item in items for line in fit(item, deeper, width, comma, is_item=True)]
    return [f"{pad}{head}", *exploded, f"{pad}{tail}{suffix}"]


def _comprehension(item: str) -> list[str]:
    """The clauses of a bare comprehension, or nothing when it is none."""
    clauses = _cut(item, r" (async for|for|if) ")
    return clauses if len(clauses) > 1 and clauses[1].startswith(("for", "async for")) else []


def _conditions(condition: str) -> list[str]:
    """The operands of `and` and `or`, each with its operator in front."""
    return _cut(condition, r" (and|or) ")


def _cut(text: str, pattern: str) -> list[str]:
    """Cut before each match that stands in no bracket and no string."""
    cuts, depth, at = [], 0, 0
    for kind, part in code_and_strings(text):
        for offset, char in enumerate(part if kind == "code" else ""):
            depth += (char in _OPEN) - (char in _CLOSE)
            if depth == 0 and re.match(pattern, part[offset:]):
                cuts.append(at + offset)
        at += len(part)
    return [text[start:stop].strip() for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def flat(text: str) -> str:
    """A statement on one line: line breaks, magic commas and comments inside brackets are taken out."""
    found: list[str] = []
    for kind, part in code_and_strings(text):
        if kind == "string":
            found.append(part)
            continue
        bare = re.sub(r"#[^\n]*", "", part)
        bare = re.sub(r",?\s*\n\s*(?=[)\]}])", "", bare)
        bare = re.sub(r"(?<=[(\[{])\s*\n\s*", "", bare)
        bare = re.sub(r"\s*\n\s*(?=\.)", "", bare)
        found.append(re.sub(r"\s*\\?\n\s*", " ", bare))
    return "".join(found).strip()


def split_commas(inner: str) -> list[str]:
    """Split at the commas that stand in no bracket and no string."""
    items, depth, current = [], 0, ""
    for kind, part in code_and_strings(inner):
        for char in [part] if kind == "string" else part:
            depth += (char in _OPEN and len(char) == 1) - (char in _CLOSE and len(char) == 1)
            if char == "," and depth == 0:
                items.append(current)
                current = ""
            else:
                current += char
    return [*items, current] if current.strip() else items


def code_and_strings(text: str) -> Iterator[tuple[Literal["code", "string"], str]]:
    """Cut source text into string literals and what stands between them."""
    at = 0
    for found in _STRING.finditer(text):
        if found.start() > at:
            yield "code", text[at : found.start()]
        yield "string", found[0]
        at = found.end()
    if at < len(text):
        yield "code", text[at:]


def _brackets(statement: str) -> list[tuple[int, int]]:
    """Start and end of the outermost brackets, in order."""
    found: list[tuple[int, int]] = []
    at, depth, start = 0, 0, 0
    for kind, part in code_and_strings(statement):
        for offset, char in enumerate(part if kind == "code" else ""):
            if char in _OPEN:
                start = at + offset if depth == 0 else start
                depth += 1
            elif char in _CLOSE:
                depth -= 1
                if depth == 0:
                    found.append((start, at + offset))
        at += len(part)
    return found


def _split(statement: str) -> tuple[str, str, str] | None:
    brackets = [(start, end) for start, end in _brackets(statement) if end > start + 1]
    if not brackets:
        return None
    is_definition = re.match(r"(async )?def |class ", statement) is not None
    start, end = brackets[0] if is_definition else brackets[-1]
    return statement[: start + 1], statement[start + 1 : end].rstrip(","), statement[end:]


def _fluent(statement: str, indent: int, width: int, *, is_item: bool) -> list[str] | None:
    """A chain of method calls, one call a line, in parentheses unless brackets are around it already."""
    assign = _ASSIGN.match(statement)
    if assign is None and not is_item:
        return None
    head, value = ("", statement) if assign is None or is_item else (assign["head"], assign["value"])
    pieces = _links(value)
    if len(pieces) <= _FEWEST_LINKS:
        return None
    pad, deeper = " " * indent, indent + (0 if is_item else len(_INDENT))
    if deeper + len(value) <= width:
        lines = [" " * deeper + value]
    else:
        lines = [line for piece in pieces for line in fit(piece, deeper, width)]
    return lines if is_item else [f"{pad}{head}(", *lines, f"{pad})"]


def _links(value: str) -> list[str]:
    """The pieces of `a(x).b(y).c(z)`: `a(x)`, `.b(y)`, `.c(z)`."""
    ends = [end for start, end in _brackets(value) if value[start] == "("]
    cuts = [end + 1 for end in ends if re.match(r"\.\w+\(", value[end + 1 :])]
    return [value[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(value)], strict=True)]


def _requoted(text: str, quote: str) -> str:
    other = "'" if quote == '"' else '"'

    def swap(found: re.Match[str]) -> str:
        whole = found[0]
        is_plain = whole.endswith(other) and other * 3 not in whole
        return whole if not is_plain or quote in whole or "\\" in whole else whole.replace(other, quote)

    return _STRING.sub(swap, text)
