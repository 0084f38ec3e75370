# src/python_coder/symbols/syntax.py — whether Python text would parse, judged by ruff's parser, never by our own
import functools
import json
import re
import subprocess
import sys
import sysconfig
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Tree

from python_coder.errors import EnvironmentLacksError, ToolRefusedError
from python_coder.symbols.text_file import split_lines, without_end

NEWEST = "py315"
"""Ruff's name of the newest grammar it knows: what a project without a declared version is judged by."""

_FATAL_RULES = ("E9", "F63", "F7", "F82")
_NOT_LOADABLE = frozenset(
    (
        *("F404", "F406", "F621", "F622", "F701", "F702", "F704", "F706", "F707"),
        *("PLE0115", "PLE0117", "PLE0118", "PLE1142"),
    )
)
"""What ruff tells as a lint rule and Python as a `SyntaxError`, such as `return` outside a function."""
_SELECT = ",".join((*_FATAL_RULES, *sorted(_NOT_LOADABLE)))
_VERSION_BOUND = re.compile(r"\bon Python 3\.\d+ \(")
_SYNTAX = "invalid-syntax"
_UNCHANGED = "The file is as it was. Lines are counted as after the edit."
_TIMEOUT_SECONDS = 10.0
_LONE_RETURN = re.compile(r"\r(?!\n)")
_WIDEST_LINE = 160
_LANGUAGE = Language(tree_sitter_python.language())


@dataclass(frozen=True, order=True)
class RuffFinding:
    """One thing that ruff's parser or its fatal rules say about a text."""

    line: int
    """1-based."""
    column: int
    """1-based, in characters."""
    code: str
    """Rule, such as `F821`; `invalid-syntax` for what does not parse."""
    message: str

    @property
    def is_syntax(self) -> bool:
        """Whether Python would refuse to load the file."""
        return self.code == _SYNTAX or self.code in _NOT_LOADABLE

    @property
    def is_certain(self) -> bool:
        """Whether no Python could parse this, rather than only those that the project supports."""
        return self.code == _SYNTAX and not _VERSION_BOUND.search(self.message)


def is_python(path: str) -> bool:
    """Whether a file of this name must parse as Python."""
    return path.lower().endswith((".py", ".pyi", ".pyw"))


def syntax_error(text: str, path: str, *, target_version: str = NEWEST) -> str | None:
    """What keeps a text from parsing: a sentence with the 1-based line, then that line and a caret.

    Args:
        text: The whole file.
        path: Its name, for the message and to tell stubs apart.
        target_version: Oldest Python that the project supports, as ruff writes it, such as `py311`.

    Returns:
        The first error, or `None` when the text parses or is no Python.
    """
    if not is_python(path):
        return None
    errors = [finding for finding in ruff_findings(text, path, target_version) if finding.is_syntax]
    return _shown(text, path, errors[0]) if errors else None


def refuse_broken(before: str | None, after: str, path: str, *, target_version: str = NEWEST) -> None:
    """Refuse an edit that leaves a Python file which does not parse. Other files pass.

    What is only too new for the project, or is told by a lint rule, is refused when the edit brings it in.

    Args:
        before: Text before the edit; `None` for a new file.
        after: Text after it.
        path: Name of the file.
        target_version: Oldest Python that the project supports, as ruff writes it.

    Raises:
        ToolRefusedError: It would not parse; the message shows the line with a caret.
    """
    if not is_python(path):
        return
    errors = [finding for finding in ruff_findings(after, path, target_version) if finding.is_syntax]
    if not errors:
        return
    old = [f for f in ruff_findings(before, path, target_version) if f.is_syntax] if before is not None else []
    stood = Counter(finding.message for finding in old if not finding.is_certain)
    for error in errors:
        if stood[error.message] > 0:
            stood[error.message] -= 1
            continue
        again = next((finding for finding in old if finding.is_certain), None) if error.is_certain else None
        hint = f" It did not parse before either (line {again.line}): mend that in the same edit." if again else ""
        raise ToolRefusedError(f"Not written: {_shown(after, path, error)}\n{_UNCHANGED}{hint}")


@functools.lru_cache(maxsize=256)
def ruff_findings(text: str, path: str, target_version: str = NEWEST) -> tuple[RuffFinding, ...]:
    """What ruff's parser and its fatal rules say about a text, ordered by place. Takes about 15 ms.

    Where ruff cannot run, tree-sitter looks for syntax errors alone.

    Raises:
        ToolRefusedError: The text holds what no UTF-8 file can.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise ToolRefusedError(f"The text holds {text[error.start]!r}, which no file can. Leave it out.") from error
    suffix = ".pyi" if path.lower().endswith(".pyi") else ".py"
    argv = [_ruff(), "check", "--isolated", "--no-cache", "--quiet", "--no-fix", "--select", _SELECT]
    argv += ["--target-version", target_version, "--output-format", "json", f"--stdin-filename=edit{suffix}", "-"]
    try:
        run = subprocess.run(
            argv, input=data, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False, env={}, cwd="/"
        )
        rows = json.loads(run.stdout)
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError):
        return _tree_errors(text)
    return tuple(
        sorted(
            RuffFinding(
                line=int(row["location"]["row"]),
                column=int(row["location"]["column"]),
                code=row["code"] or _SYNTAX,
                message=row["message"],
            )
            for row in rows
        )
    )


def parse_tree(text: str) -> Tree:
    """The tree-sitter tree of a text, as UTF-8, also of a broken one. Its rows are Python's lines, from 0."""
    return Parser(_LANGUAGE).parse(_LONE_RETURN.sub("\n", text).encode("utf-8", "surrogatepass"))


def _tree_errors(text: str) -> tuple[RuffFinding, ...]:
    """Where tree-sitter could not go on. It is laxer than Python, and knows nothing of versions."""
    found, open_nodes = [], [parse_tree(text).root_node]
    while open_nodes:
        node = open_nodes.pop()
        if node.is_error or node.is_missing:
            row, column = node.start_point
            found.append(RuffFinding(line=row + 1, column=column + 1, code=_SYNTAX, message=_complaint(node)))
        elif node.has_error:
            open_nodes += node.children
    return tuple(sorted(found))


def _complaint(node: Node) -> str:
    return f"Expected {node.type!r}" if node.is_missing else "Got something that is no Python"


def _shown(text: str, path: str, error: RuffFinding) -> str:
    lines = [without_end(line) for line in split_lines(text)] or [""]
    number, column = error.line, error.column - 1
    if number > len(lines):  # what is missing at the end of the file is shown behind its last line
        number, column = len(lines), len(lines[-1])
    line = lines[number - 1]
    start = max(0, column - _WIDEST_LINE // 2)
    seen = line[start : start + _WIDEST_LINE]
    before_caret = "".join("\t" if char == "\t" else " " for char in seen[: column - start])
    message = error.message.replace("\n", " ")
    return f"{path} would not parse: line {number}: {message}\n    {seen}\n    {before_caret}^"


@functools.cache
def _ruff() -> str:
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        if (folder / "ruff").is_file():
            return str(folder / "ruff")
    message = f"python-coder's own ruff is not in {Path(sys.executable).parent}. Install python-coder again."
    raise EnvironmentLacksError(message)
