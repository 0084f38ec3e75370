# src/python_coder/gates/names.py — names and texts in a syntax tree
import libcst as cst

from python_coder.gates.statements import walk


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
