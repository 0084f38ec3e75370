# src/python_coder/gates/names.py — names and texts in a syntax tree
from collections.abc import Mapping

import libcst as cst

from python_coder.gates.statements import Source, walk

Aliases = Mapping[str, str]
"""What names of a file stand for: `{"s": "sys"}` after `import sys as s`."""


def last_name(node: cst.CSTNode) -> str:
    """The last word of a dotted name or of what is called: `skip` for `pytest.skip("no")`."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    if isinstance(node, cst.Call):
        return last_name(node.func)
    return node.value if isinstance(node, cst.Name) else ""


def dotted_name(node: cst.CSTNode) -> str:
    """A dotted name as text, `os.environ.get` for a call of it; empty where it is no name."""
    if isinstance(node, cst.Attribute):
        return f"{dotted_name(node.value)}.{node.attr.value}".lstrip(".")
    if isinstance(node, cst.Call):
        return dotted_name(node.func)
    return node.value if isinstance(node, cst.Name) else ""


def imported_modules(node: cst.CSTNode) -> tuple[str, ...]:
    """Full names of what an import statement brings: `unittest.mock` for `from unittest import mock`."""
    if isinstance(node, cst.Import):
        return tuple(dotted_name(alias.name) for alias in node.names)
    if isinstance(node, cst.ImportFrom) and not node.relative and node.module is not None:
        module = dotted_name(node.module)
        names = () if isinstance(node.names, cst.ImportStar) else node.names
        return (module, *(f"{module}.{dotted_name(alias.name)}" for alias in names))
    return ()


def aliases_in(source: Source) -> Aliases:
    """What every imported name of a file stands for, wherever it is imported."""
    found: dict[str, str] = {}
    for node in source.nodes:
        if isinstance(node, (cst.Import, cst.ImportFrom)) and not isinstance(node.names, cst.ImportStar):
            module = ""
            if isinstance(node, cst.ImportFrom):
                module = ("." if node.relative else "") + (dotted_name(node.module) if node.module else "") + "."
            for alias in node.names:
                name = dotted_name(alias.name)
                if alias.asname is not None:
                    found[dotted_name(alias.asname.name)] = module + name
                else:
                    found[name.partition(".")[0]] = module + name if module else name.partition(".")[0]
    return found


def real_name(node: cst.CSTNode, aliases: Aliases) -> str:
    """A dotted name with the import behind its first word: `sys._getframe` for `s._getframe`."""
    first, dot, rest = dotted_name(node).partition(".")
    return aliases.get(first, first) + dot + rest


def text_of(node: cst.CSTNode) -> str | None:
    """The text that an expression of string literals makes, put together with `+` or side by side; else `None`."""
    if isinstance(node, cst.SimpleString):
        value = node.evaluated_value
        return value if isinstance(value, str) else value.decode(errors="replace")
    if isinstance(node, cst.ConcatenatedString):
        return _joined(node.left, node.right)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        return _joined(node.left, node.right)
    return None


def texts_in(node: cst.CSTNode) -> tuple[str, ...]:
    """Every text that literals below a node make."""
    return tuple(text for part in walk(node) if (text := text_of(part)) is not None)


def _joined(left: cst.CSTNode, right: cst.CSTNode) -> str | None:
    first, second = text_of(left), text_of(right)
    return None if first is None or second is None else first + second
