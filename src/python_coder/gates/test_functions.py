# src/python_coder/gates/test_functions.py — which test functions a change brings or rewrites
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import is_test_path
from python_coder.gates.names import last_name, texts_in
from python_coder.gates.statements import Definition, Source, parse, walk


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
        is_fixture = any(last_name(decorator.decorator) == "fixture" for decorator in definition.node.decorators)
        if definition.is_function and name.startswith("test") and outer not in functions and not is_fixture:
            yield definition


def reads_source(test: TestFunction) -> bool:
    """Whether a test looks at the text of source files, which shows what is written and not what it does."""
    node = test.definition.node
    names = {last_name(part) for part in walk(node) if isinstance(part, (cst.Attribute, cst.Name))}
    is_file = any(text.endswith(".py") or text.startswith("**/*.py") for text in texts_in(node))
    return is_file or bool(names & {"getsource", "getsourcelines", "getsourcefile", "__code__"})


def asks_for_names(test: TestFunction) -> bool:
    """Whether all that a test asserts is that names are there: `hasattr`, `callable`, `is not None` of an import."""
    asserted = [part.test for part in walk(test.definition.node) if isinstance(part, cst.Assert)]
    return bool(asserted) and all(_asks_for_name(node) for node in asserted)


def _asks_for_name(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Call):
        return last_name(node.func) in {"hasattr", "callable", "isfunction", "iscoroutinefunction", "isclass"}
    if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
        return False
    only = node.comparisons[0]
    is_listed = isinstance(only.operator, cst.In) and last_name(only.comparator) in {
        "dir",
        "vars",
        "__dict__",
        "__all__",
    }
    is_there = isinstance(only.operator, cst.IsNot) and last_name(only.comparator) == "None"
    return is_listed or (is_there and not any(isinstance(part, cst.Call) for part in walk(node.left)))


def body_text(node: cst.FunctionDef | cst.ClassDef, module: cst.Module) -> str:
    """Decorators, parameters and body of a function as text, without its name and its comments above."""
    anonymous = node.with_changes(name=cst.Name("_"), leading_lines=())
    return module.code_for_node(anonymous).strip()


def moved_tests(context: GateContext) -> Mapping[tuple[str, str], frozenset[tuple[str, str]]]:
    """Where the judged tree has each base test with the same body: its own key, or keys under another name or file."""
    homes: dict[str, set[tuple[str, str]]] = {}
    for key, body in _bodies(context, context.judged_tree):
        homes.setdefault(body, set()).add(key)
    base = _bodies(context, context.change.base_tree)
    return {key: frozenset(homes[body]) for key, body in base if body in homes}


def _base_bodies(context: GateContext) -> Iterator[str]:
    return (body for _, body in _bodies(context, context.change.base_tree))


def _bodies(context: GateContext, tree: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Key and body of every test in the changed files, as one of the two trees has them."""
    is_test = is_test_path(context)
    is_base = tree == context.change.base_tree
    paths = {file.old_path if is_base else file.path for file in context.change.files}
    for path in sorted(path for path in paths if path.endswith(".py") and is_test(path)):
        source = parse(context.trees.read(tree, path))
        for definition in definitions_of_tests(source) if source else ():
            if source:
                yield (path, definition.name), body_text(definition.node, source.module)
