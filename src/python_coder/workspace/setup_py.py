# src/python_coder/workspace/setup_py.py — what a `setup.py` says in plain text; it is never run
from pathlib import Path

import libcst as cst

from python_coder.workspace.requirement_files import read_text


class _SetupCall(cst.CSTVisitor):
    def __init__(self) -> None:
        self.values: dict[str, tuple[str, ...]] = {}

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802 - LibCST's naming
        name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
        if isinstance(name, cst.Name) and name.value == "setup":
            for argument in node.args:
                if argument.keyword is not None and (texts := _texts(argument.value)):
                    self.values[argument.keyword.value] = texts


def read_setup_py(folder: Path) -> dict[str, str]:
    """Arguments of `setup()` that are a text or a list of texts, joined by line breaks as in `setup.cfg`.

    What is computed, such as lines read from a file, is passed over.
    """
    path = folder / "setup.py"
    if not path.is_file():
        return {}
    try:
        module = cst.parse_module(read_text(path))
    except cst.ParserSyntaxError:
        return {}
    call = _SetupCall()
    module.visit(call)
    return {name: "\n".join(texts) for name, texts in call.values.items()}


def _texts(value: cst.BaseExpression) -> tuple[str, ...]:
    if isinstance(value, cst.SimpleString):
        return (str(value.evaluated_value),)
    if isinstance(value, cst.List | cst.Tuple):
        return tuple(text for element in value.elements for text in _texts(element.value))
    return ()
