# src/python_coder/gates/migration_revision.py — one Alembic revision, read from its syntax without importing it
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from python_coder.evidence.verdict import Finding

_COMMENT_LINE = re.compile(r"^\s*#.*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One Alembic revision, as its file says."""

    id: str
    down: tuple[str, ...]
    """Revisions right before it: none for the first, several for a merge."""
    path: str
    """Relative to the git root."""
    line: int
    """1-based line of `revision = …`."""
    upgrade: str
    """What the body of `upgrade()` does, layout left out; empty when it does nothing."""
    downgrade: str
    downgrade_line: int


def read_revision(path: str, content: bytes) -> Revision | Finding | None:
    """The revision in a file; a finding when it cannot be read, `None` when the file is no revision."""
    try:
        wrapper = MetadataWrapper(cst.parse_module(content))
    except (cst.ParserSyntaxError, UnicodeDecodeError):
        return Finding(path=path, rule="revision-unreadable", message="this revision is no valid Python")
    lines = wrapper.resolve(PositionProvider)
    values: dict[str, tuple[cst.BaseExpression, int]] = {}
    bodies: dict[str, tuple[str, int]] = {"upgrade": ("", 1), "downgrade": ("", 1)}
    for statement in wrapper.module.body:
        if isinstance(statement, cst.FunctionDef) and statement.name.value in bodies:
            bodies[statement.name.value] = (_body(statement, wrapper.module), lines[statement].start.line)
        elif isinstance(statement, cst.SimpleStatementLine):
            for name, value in _assigned(statement.body):
                values[name] = (value, lines[statement].start.line)
    if "revision" not in values:
        return None
    ids, line = _words(values["revision"][0]), values["revision"][1]
    down = _words(values["down_revision"][0]) if "down_revision" in values else ()
    if ids is None or len(ids) != 1 or down is None:
        message = "`revision` and `down_revision` must be plain strings, as Alembic writes them"
        return Finding(path=path, line=line, rule="revision-unreadable", message=message)
    return Revision(
        id=ids[0],
        down=down,
        path=path,
        line=line,
        upgrade=bodies["upgrade"][0],
        downgrade=bodies["downgrade"][0],
        downgrade_line=bodies["downgrade"][1],
    )


def _assigned(statements: Sequence[cst.BaseSmallStatement]) -> Iterator[tuple[str, cst.BaseExpression]]:
    for statement in statements:
        if isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name) and statement.value:
            yield statement.target.value, statement.value
        elif isinstance(statement, cst.Assign):
            for target in statement.targets:
                if isinstance(target.target, cst.Name):
                    yield target.target.value, statement.value


def _words(value: cst.BaseExpression) -> tuple[str, ...] | None:
    """The strings of a literal: none for `None`, one for a string, several for a tuple; `None` for anything else."""
    if isinstance(value, cst.Name) and value.value == "None":
        return ()
    if isinstance(value, cst.SimpleString | cst.ConcatenatedString):
        text = value.evaluated_value
        return (text,) if isinstance(text, str) else None
    if isinstance(value, cst.Tuple | cst.List | cst.Set):
        parts = [_words(element.value) for element in value.elements]
        return tuple(word for part in parts for word in part or ()) if None not in parts else None
    return None


def _body(function: cst.FunctionDef, module: cst.Module) -> str:
    """What a body does, without layout and comments on lines of their own, so that only code is compared."""
    statements = [node for node in function.body.body if not _does_nothing(node)]
    code = _COMMENT_LINE.sub("", "\n".join(module.code_for_node(node) for node in statements))
    return "".join(code.split()).replace("'", '"').replace(",)", ")")


def _does_nothing(node: cst.CSTNode) -> bool:
    """Whether a statement is `pass`, `...`, a string, a bare return or `raise NotImplementedError`."""
    if isinstance(node, cst.SimpleStatementLine):
        return all(_does_nothing(part) for part in node.body)
    if isinstance(node, cst.Return):
        return node.value is None
    if isinstance(node, cst.Expr):
        return isinstance(node.value, cst.Ellipsis | cst.BaseString)
    if isinstance(node, cst.Raise):
        return node.exc is not None and "NotImplementedError" in cst.Module(body=()).code_for_node(node.exc)
    return isinstance(node, cst.Pass)
