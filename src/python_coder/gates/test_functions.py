# src/python_coder/gates/test_functions.py — which test functions a change brings or rewrites
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import is_test_path
from python_coder.gates.statements import Definition, Source, parse


@dataclass(frozen=True)
class TestFunction:
    """One test function of the judged tree."""

    __test__ = False

    path: str
    definition: Definition
    source: Source

    @property
    def name(self) -> str:
        """Qualified name inside its file, such as `TestItems.test_create`."""
        return self.definition.name

    @property
    def line(self) -> int:
        """1-based line of its `def`."""
        return self.source.positions[self.definition.node.name].start.line

    @property
    def key(self) -> tuple[str, str]:
        """What its test ids have in common."""
        return self.path, self.name


def key_of(nodeid: str, path: str) -> tuple[str, str]:
    """The key of the function that a test id belongs to.

    Args:
        nodeid: Such as `tests/test_a.py::TestX::test_y[1]`.
        path: File of the test, relative to the git root.
    """
    parts = nodeid.partition("[")[0].split("::")[1:]
    return path, ".".join(parts)


def changed_tests(context: GateContext) -> tuple[TestFunction, ...]:
    """The tests that the change adds or rewrites. One that only moved or got another name is not among them."""
    known = frozenset(_base_bodies(context))
    is_test = is_test_path(context)
    found = []
    for file in context.change.python_files:
        source = parse(context.trees.read(context.judged_tree, file.path)) if is_test(file.path) else None
        for definition in definitions_of_tests(source) if source else ():
            if source and body_text(definition.node, source.module) not in known:
                found.append(TestFunction(file.path, definition, source))
    return tuple(found)


def definitions_of_tests(source: Source) -> Iterator[Definition]:
    """The test functions of a file: named `test…`, on their own or as methods of classes."""
    functions = {d.name for d in source.definitions if d.is_function}
    for definition in source.definitions:
        outer, _, name = definition.name.rpartition(".")
        if definition.is_function and name.startswith("test") and outer not in functions:
            yield definition


def body_text(node: cst.FunctionDef | cst.ClassDef, module: cst.Module) -> str:
    """Decorators, parameters and body of a function as text, without its name and its comments above."""
    anonymous = node.with_changes(name=cst.Name("_"), leading_lines=())
    return module.code_for_node(anonymous).strip()


def _base_bodies(context: GateContext) -> Iterator[str]:
    is_test = is_test_path(context)
    for file in context.change.files:
        old = file.old_path if file.status != "added" else ""
        if old and old.endswith(".py") and is_test(old):
            source = parse(context.trees.read(context.change.base_tree, old))
            for definition in definitions_of_tests(source) if source else ():
                if source:
                    yield body_text(definition.node, source.module)
