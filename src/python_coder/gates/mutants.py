# src/python_coder/gates/mutants.py — source broken on purpose, to see which tests notice
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import is_test_path
from python_coder.gates.judging_files import is_migration_file
from python_coder.gates.statements import Definition, Source, parse, statement_lines
from python_coder.gates.test_run import TestRun
from python_coder.workspace.changes import ChangedFile

RAISES = 'raise RuntimeError("broken on purpose")'
"""A body that every caller notices."""
RETURNS_NOTHING = "return"
"""A body that only a test which looks at results or effects notices."""


@dataclass(frozen=True, order=True)
class Target:
    """One thing that can be broken: the body of a function, or a statement of a class body."""

    path: str
    name: str
    """Qualified name of the function or class."""
    line: int = 0
    """First line of the class-level statement; 0 for a function."""


@dataclass(frozen=True)
class Targets:
    """What a change lets us break."""

    items: tuple[Target, ...]
    has_more: bool
    """Whether the change also touches module-level code, which cannot be broken by itself."""


def source_files(context: GateContext) -> tuple[ChangedFile, ...]:
    """The changed Python files that are neither tests nor migrations."""
    is_test = is_test_path(context)
    return tuple(f for f in context.change.python_files if not is_test(f.path) and not is_migration_file(f.path))


def changed_targets(context: GateContext) -> Targets:
    """Functions and class-level statements that the change touches."""
    items: set[Target] = set()
    has_more = False
    for file in source_files(context):
        source = parse(context.trees.read(context.judged_tree, file.path))
        if source is None:
            has_more = True
            continue
        old = parse(context.trees.read(context.change.base_tree, file.old_path)) if file.status != "added" else None
        for line in statement_lines(source, file.added_lines):
            target = _target(file.path, source, line)
            has_more = has_more or (target is None and _does_something(source, line))
            has_more = has_more or _is_old_header(source, line, old)
            items |= {target} if target else set()
        has_more = has_more or bool(file.removed_lines and not file.added_lines)
    return Targets(items=tuple(sorted(items)), has_more=has_more)


def is_new(context: GateContext, target: Target) -> bool:
    """Whether the base revision has no function or class of this name in the file."""
    file = context.change.file(target.path)
    old = (
        parse(context.trees.read(context.change.base_tree, file.old_path)) if file and file.status != "added" else None
    )
    return old is None or old.find(target.name) is None


def executed_targets(context: GateContext, run: TestRun) -> tuple[Target, ...]:
    """Functions of the source whose bodies ran in tests; what runs on import alone would break everything."""
    is_test = is_test_path(context)
    items: set[Target] = set()
    for path in run.executed:
        source = None if is_test(path) else parse(context.trees.read(context.judged_tree, path))
        ran = run.executed[path] - run.imported.get(path, frozenset())
        for definition in source.definitions if source else ():
            if source and definition.is_function and _body_lines(definition, source) & ran:
                items.add(Target(path, definition.name))
    return tuple(sorted(items))


def likeliest_first(context: GateContext, run: TestRun, targets: Iterable[Target]) -> list[Target]:
    """The same targets; those first which only new tests can have noticed, those last which no test seems to run.

    None is left out: coverage does not see what runs in another process.
    """
    sources: dict[str, Source | None] = {}

    def runs(target: Target) -> bool:
        if target.path not in sources:
            sources[target.path] = parse(context.trees.read(context.judged_tree, target.path))
        source = sources[target.path]
        found = source.find(target.name) if source and not target.line else None
        lines = _body_lines(found, source) if found and source else frozenset([target.line])
        return bool(lines & run.executed.get(target.path, frozenset()))

    return sorted(targets, key=lambda one: (not runs(one), not is_new(context, one), one))


def mutant(context: GateContext, targets: Iterable[Target], body: str) -> str:
    """The judged tree with all of these broken: functions get `body`. Returns its git tree id."""
    by_path: dict[str, list[Target]] = {}
    for target in targets:
        by_path.setdefault(target.path, []).append(target)
    put = {path: _break(context, path, chosen, body) for path, chosen in by_path.items()}
    return context.trees.compose(context.judged_tree, put=put)


def _target(path: str, source: Source, line: int) -> Target | None:
    function = source.innermost(line)
    if function is not None:
        return Target(path, function.name)
    classes = [d for d in source.definitions if d.holds(line)]
    statement = next((node for first, _, node in source.statements if first == line), None)
    if classes and isinstance(statement, cst.SimpleStatementLine):
        return Target(path, classes[-1].name, line)
    return None


def _is_old_header(source: Source, line: int, old: Source | None) -> bool:
    """Whether a line is a decorator or the signature of a function that the base has: it acts before any body."""
    function = source.innermost(line)
    is_header = function is not None and line < function.body_line
    return is_header and old is not None and function is not None and old.find(function.name) is not None


def _does_something(source: Source, line: int) -> bool:
    """Whether a module-level statement has an effect of its own: no import, no text, no header of a definition."""
    node = next((node for first, _, node in source.statements if first == line), None)
    if not isinstance(node, cst.SimpleStatementLine):
        return isinstance(node, cst.BaseCompoundStatement) and not isinstance(node, (cst.ClassDef, cst.FunctionDef))
    return any(
        not isinstance(part, (cst.Import, cst.ImportFrom))
        and not (isinstance(part, cst.Expr) and isinstance(part.value, cst.BaseString))
        for part in node.body
    )


def _body_lines(definition: Definition, source: Source) -> frozenset[int]:
    return frozenset(
        first for first, _, _ in source.statements if definition.body_line <= first <= definition.last_line
    ) - frozenset([source.positions[definition.node.name].start.line])


def _break(context: GateContext, path: str, targets: Iterable[Target], body: str) -> bytes:
    source = parse(context.trees.read(context.judged_tree, path))
    if source is None:
        return context.trees.read(context.judged_tree, path) or b""
    names = {target.name for target in targets if not target.line}
    lines = frozenset(target.line for target in targets if target.line)
    nodes: dict[cst.CSTNode, tuple[str, ...]] = {
        d.node: tuple(_broken(d.node, body)) for d in source.definitions if d.is_function and d.name in names
    }
    return _rewritten(source, nodes, lines)


def _broken(node: cst.CSTNode, body: str) -> Iterator[str]:
    yield body
    if _yields(node):
        # It must stay a generator, or whoever calls it breaks in another way.
        yield "yield"


def _yields(node: cst.CSTNode) -> bool:
    inner = (child for child in node.children if not isinstance(child, (cst.FunctionDef, cst.Lambda)))
    return isinstance(node, cst.Yield) or any(_yields(child) for child in inner)


def _rewritten(source: Source, bodies: Mapping[cst.CSTNode, tuple[str, ...]], dropped_lines: frozenset[int]) -> bytes:
    dropped: set[cst.CSTNode] = {
        node
        for first, _, node in source.statements
        if first in dropped_lines and isinstance(node, cst.SimpleStatementLine)
    }
    return source.module.visit(_Rewriter(bodies, dropped)).bytes


class _Rewriter(cst.CSTTransformer):
    def __init__(self, bodies: Mapping[cst.CSTNode, tuple[str, ...]], dropped: set[cst.CSTNode]) -> None:
        super().__init__()
        self.bodies = bodies
        self.dropped = dropped

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: N802 -- LibCST's name
        statements = self.bodies.get(original_node)
        if statements is None:
            return updated_node
        lines = [cst.parse_statement(statement) for statement in statements]
        return updated_node.with_changes(body=cst.IndentedBlock(body=lines))

    def leave_SimpleStatementLine(  # noqa: N802 -- LibCST's name
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        if original_node in self.dropped:
            return updated_node.with_changes(body=[cst.Pass()])
        return updated_node
