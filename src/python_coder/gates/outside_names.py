# src/python_coder/gates/outside_names.py — which names in a test say something about the service, not about the test
"""A test can only fail because of the service if what it checks comes from the service.

A name is *outside* when its value may come from there: a fixture, an import that is neither pytest, a mock nor a pure
module of the standard library, or a local assigned from a call of something outside. Literals, parametrized values,
mocks and what is computed from them alone stay inside.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from python_coder.gates.statements import Source, walk

Binding = tuple[list[str], cst.CSTNode]

_PURE = (
    "pytest unittest mock json math datetime re random string itertools functools collections operator decimal uuid "
    "time copy typing dataclasses enum types contextlib fractions statistics textwrap abc __future__"
)
_PURE_MODULES = frozenset(_PURE.split())


@dataclass(frozen=True)
class OutsideNames:
    """The names that say something about the service, in one test function."""

    names: frozenset[str]

    def reach(self, node: cst.CSTNode) -> bool:
        """Whether an expression depends on the service."""
        return any(name in self.names for name in names_read(node))


def outside_names(source: Source, test: cst.FunctionDef) -> OutsideNames:
    """Read off a test function and its module which names depend on the service."""
    functions = {node.name.value for node in source.module.body if isinstance(node, cst.FunctionDef)}
    known = _module_names(source)
    params = {param.name.value for param in test.params.params} - {"cls", "request", "monkeypatch"}
    fixtures = {name for name in params if name not in functions or name in known}
    start = known | (fixtures - set(_parametrized(test, known))) | {"self"}
    bound = list(_bindings(test.body))
    handed = list(_handed_over(test.body, _mutable(bound)))
    outside = _grown(start, [*bound, *handed])
    rebound = {name for names, _ in bound for name in names}
    still = {name for names, value in (*bound, *handed) if _depends(value, outside) for name in names}
    return OutsideNames(frozenset(outside - (rebound - still)))


def _grown(outside: set[str], bound: Sequence[Binding]) -> set[str]:
    """All names that depend on the service once every binding is followed."""
    grown = set(outside)
    while True:
        fresh = {name for names, value in bound if _depends(value, grown) for name in names} - grown
        if not fresh:
            return grown
        grown |= fresh


def names_read(node: cst.CSTNode) -> Iterator[str]:
    """Every name that an expression reads, attribute names and keywords left out."""
    if isinstance(node, cst.Name):
        yield node.value
    elif isinstance(node, cst.Attribute):
        # What is patched is the service's, whoever does the patching.
        yield from ["self"] if node.attr.value == "patch" else names_read(node.value)
    elif isinstance(node, cst.Arg):
        yield from names_read(node.value)
    else:
        for child in node.children:
            yield from names_read(child)


def _module_names(source: Source) -> set[str]:
    """Module-level names that depend on the service: imports, and what is made of them."""
    outside = {"patch"}
    bound: list[Binding] = []
    for node in _module_level(source.module.body):
        if isinstance(node, (cst.Import, cst.ImportFrom)):
            outside |= set(_imported(node))
        elif isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            bound.append(([node.name.value], node.with_changes(name=cst.Name("_"))))
        else:
            bound += _bindings(node)
    return _grown(outside, bound)


def _module_level(body: Iterable[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    for node in body:
        if isinstance(node, cst.SimpleStatementLine):
            yield from node.body
        elif isinstance(node, (cst.If, cst.Try, cst.With)):
            yield from _module_level(node.body.body)
        else:
            yield node


def _imported(node: cst.Import | cst.ImportFrom) -> Iterator[str]:
    if isinstance(node, cst.ImportFrom):
        module = _dotted(node.module) if node.module else "."
        if node.relative or module.partition(".")[0] not in _PURE_MODULES:
            if isinstance(node.names, cst.ImportStar):
                return
            for alias in node.names:
                yield _bound_name(alias)
        return
    for alias in node.names:
        if _dotted(alias.name).partition(".")[0] not in _PURE_MODULES:
            yield _bound_name(alias)


def _bound_name(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return _dotted(alias.name).partition(".")[0]


def _dotted(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _depends(value: cst.CSTNode, outside: set[str]) -> bool:
    return any(name in outside for name in names_read(value))


def _parametrized(test: cst.FunctionDef, outside: set[str]) -> Iterator[str]:
    for decorator in test.decorators:
        call = decorator.decorator
        if not isinstance(call, cst.Call) or not _dotted(call.func).endswith("parametrize") or not call.args:
            continue
        if any(_depends(arg.value, outside) for arg in call.args) or any(
            arg.keyword and arg.keyword.value == "indirect" for arg in call.args
        ):
            continue
        for node in walk(call.args[0].value):
            if isinstance(node, cst.SimpleString):
                text = node.evaluated_value
                yield from (name.strip() for name in str(text).split(","))


def _bindings(node: cst.CSTNode) -> Iterator[Binding]:
    """Names that get a value below a node, with the expression that it comes from."""
    for child in walk(node):
        if isinstance(child, cst.Assign):
            targets = [name for target in child.targets for name in names_read(target.target)]
            yield targets, child.value
        elif isinstance(child, (cst.AnnAssign, cst.AugAssign, cst.NamedExpr)) and child.value is not None:
            yield list(names_read(child.target)), child.value
        elif isinstance(child, (cst.For, cst.CompFor)):
            yield list(names_read(child.target)), child.iter
        elif isinstance(child, cst.WithItem) and child.asname is not None:
            yield list(names_read(child.asname.name)), child.item
        elif isinstance(child, (cst.Import, cst.ImportFrom)):
            yield list(_imported(child)), cst.Name("self")
        elif isinstance(child, cst.ExceptHandler) and child.name is not None:
            yield list(names_read(child.name)), cst.Name("self")
        elif isinstance(child, cst.FunctionDef):
            yield [child.name.value], child.body


def _mutable(bound: Iterable[Binding]) -> frozenset[str]:
    """Names whose value others can change: lists, mocks, objects; never numbers and texts."""
    fixed = (cst.BaseString, cst.BaseNumber, cst.Tuple, cst.Name)
    return frozenset(name for names, value in bound if not isinstance(value, fixed) for name in names)


def _handed_over(node: cst.CSTNode, mutable: frozenset[str]) -> Iterator[Binding]:
    """What the service may change because it gets hold of it: lists that it fills, mocks that it calls."""
    for child in walk(node):
        if isinstance(child, cst.Call):
            yield [name for arg in child.args for name in names_read(arg) if name in mutable], child.func
        elif isinstance(child, cst.Assign):
            yield [name for name in names_read(child.value) if name in mutable], _only_stored(child.targets)


def _only_stored(targets: Sequence[cst.AssignTarget]) -> cst.CSTNode:
    stored = [t.target for t in targets if isinstance(t.target, (cst.Subscript, cst.Attribute))]
    return cst.Tuple([cst.Element(target) for target in stored])
