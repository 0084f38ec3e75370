# src/python_coder/gates/migration_models.py — new revisions that use the project's models, and so change with them
import posixpath
import re
from collections.abc import Iterator

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from python_coder.evidence.verdict import Finding
from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import from_git_root
from python_coder.gates.migration_history import History

_MAPPED = r"__tablename__|\bMapped\[|\bmapped_column\(|\bColumn\("


def used_models(context: GateContext, base: History, judged: History) -> tuple[Finding, ...]:
    """Imports of mapped classes in new revisions. Types of the project, such as a `GUID`, are fine.

    Source: Alembic's documentation, "Cookbook": a revision must go on working when the models are different ones.
    """
    new = {id_: revision for id_, revision in judged.revisions.items() if id_ not in base.revisions}
    found = []
    for revision in new.values():
        content = context.trees.read(context.judged_tree, revision.path) or b""
        for name, module, line in _imports(content):
            if _is_mapped(context, module, name):
                message = (
                    f"it uses the model {name} of {module}, so it breaks when the model changes; "
                    "name the columns that it needs in a sa.table() of its own"
                )
                found.append(Finding(path=revision.path, line=line, rule="revision-uses-models", message=message))
    return tuple(found)


def _imports(content: bytes) -> Iterator[tuple[str, str, int]]:
    """Name, module and 1-based line of everything that a file takes from a module, attributes of modules included."""
    wrapper = MetadataWrapper(cst.parse_module(content), unsafe_skip_copy=True)
    lines = wrapper.resolve(PositionProvider)
    modules: dict[str, str] = {}
    for node in _nodes(wrapper.module, (cst.Import, cst.ImportFrom)):
        line = lines[node].start.line
        if isinstance(node, cst.Import):
            for alias in node.names:
                dotted = _dotted(alias.name)
                modules[alias.evaluated_alias or dotted] = dotted
        elif (
            isinstance(node, cst.ImportFrom) and node.module is not None and not isinstance(node.names, cst.ImportStar)
        ):
            for alias in node.names:
                module, name = _dotted(node.module), alias.evaluated_name
                modules[alias.evaluated_alias or name] = f"{module}.{name}"
                yield name, module, line
    for node in _nodes(wrapper.module, (cst.Attribute,)):
        if isinstance(node, cst.Attribute) and (owner := modules.get(_dotted(node.value))):
            yield node.attr.value, owner, lines[node].start.line


def _nodes(node: cst.CSTNode, kinds: tuple[type[cst.CSTNode], ...]) -> Iterator[cst.CSTNode]:
    if isinstance(node, kinds):
        yield node
    for child in node.children:
        yield from _nodes(child, kinds)


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _is_mapped(context: GateContext, module: str, name: str) -> bool:
    """Whether a module of the project, or one below it, defines a mapped class of this name."""
    inside = module.replace(".", "/")
    wanted = re.compile(rf"^class {re.escape(name)}\b[^\n]*(?:\n(?:[ \t)][^\n]*)?)*", re.MULTILINE)
    for root in context.known_good.import_roots:
        place = from_git_root(context.known_good, posixpath.join(root, inside))
        paths = [p for p in context.trees.paths(context.judged_tree) if p == f"{place}.py" or p.startswith(f"{place}/")]
        for content in context.trees.read_all(context.judged_tree, [p for p in paths if p.endswith(".py")]).values():
            match = wanted.search(content.decode(errors="replace"))
            if match and re.search(rf"{_MAPPED}|table\s*=\s*True", match[0]):
                return True
    return False
