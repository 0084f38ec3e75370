# src/python_coder/gates/additions.py — what a change adds of a kind, fair to lines that only moved
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from python_coder.gates.context import GateContext
from python_coder.gates.statements import Source, parse
from python_coder.workspace.changes import ChangedFile


@dataclass(frozen=True, kw_only=True)
class Sight:
    """One thing seen in the text of a file."""

    rule: str
    line: int
    message: str
    what: str
    """The thing itself, such as `# noqa: E501`; in the same file another one of its like pays for it."""
    code: str = ""
    """The code that it stands in; in another file only the same thing in the same code pays for it."""


Scan = Callable[[Source], Iterable[Sight]]


def additions(
    context: GateContext, scan: Scan, select: Callable[[str], bool] = lambda _: True
) -> Iterator[tuple[ChangedFile, Sight]]:
    """What changed Python files have more of than the base, in order of path and line.

    A sight in the same code as on the base, in whatever changed file, has only moved. What is left is set against
    its like in the same file. The rest is new.
    """
    now = {file.path: list(_sights(context, context.judged_tree, file.path, scan)) for file in context.change.files}
    before = {
        file.old_path: list(_sights(context, context.change.base_tree, file.old_path, scan))
        for file in context.change.files
        if file.status != "added"
    }
    moved = Counter((s.rule, s.what, s.code) for sights in before.values() for s in sights)
    for file in context.change.files:
        stayed = Counter((s.rule, s.what) for s in before.get(file.old_path, ()))
        fresh = []
        for sight in now[file.path]:
            if moved[sight.rule, sight.what, sight.code] > 0:
                moved[sight.rule, sight.what, sight.code] -= 1
                stayed[sight.rule, sight.what] -= 1
            else:
                fresh.append(sight)
        for sight in fresh:
            if stayed[sight.rule, sight.what] > 0:
                stayed[sight.rule, sight.what] -= 1
            elif select(file.path):
                yield file, sight


def unread(context: GateContext) -> tuple[str, ...]:
    """Changed Python files that no syntax tree could be made of; what is in them cannot be judged."""
    trees, tree = context.trees, context.judged_tree
    return tuple(file.path for file in context.change.python_files if parse(trees.read(tree, file.path)) is None)


def _sights(context: GateContext, tree: str, path: str, scan: Scan) -> Iterator[Sight]:
    source = parse(context.trees.read(tree, path)) if path.endswith((".py", ".pyi")) else None
    if source is not None:
        yield from sorted(scan(source), key=lambda sight: (sight.line, sight.rule))
