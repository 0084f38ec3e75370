# src/python_coder/gates/smuggled.py — source that lies among tests or migrations, where other rules hold
import posixpath
from collections.abc import Iterator

import libcst as cst

from python_coder.evidence.verdict import Finding
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import is_test_path
from python_coder.gates.judging_files import from_git_root, is_migration_file
from python_coder.gates.mutants import source_files
from python_coder.gates.names import dotted_name
from python_coder.gates.statements import Source, parse


def smuggled(context: GateContext) -> Iterator[Finding]:
    """Imports of tests and migrations by source: what lies there is neither covered nor broken on purpose."""
    for file in source_files(context):
        now = parse(context.trees.read(context.judged_tree, file.path))
        before = None if file.status == "added" else parse(context.trees.read(context.change.base_tree, file.old_path))
        known = set(_imported_files(before, file.old_path, context)) if before else set()
        for path in dict.fromkeys(_imported_files(now, file.path, context) if now else ()):
            if path not in known and (is_test_path(context)(path) or is_migration_file(path)):
                message = (
                    f"source imports `{path}`, which counts as a test or a migration; move that code to the source"
                )
                yield Finding(path=file.path, rule="imports-the-judge", message=message)


def _imported_files(source: Source, path: str, context: GateContext) -> Iterator[str]:
    """Files of the judged tree that a module imports, relative to the git root."""
    files = context.trees.paths(context.judged_tree)
    roots = [from_git_root(context.known_good, root) for root in context.known_good.import_roots]
    for node in source.nodes:
        for folder, name in _names(node, path, roots):
            place = posixpath.normpath(posixpath.join(folder, name.replace(".", "/")))
            yield from (file for file in (f"{place}.py", f"{place}/__init__.py") if file in files)


def _names(node: cst.CSTNode, path: str, roots: list[str]) -> Iterator[tuple[str, str]]:
    """Each folder and dotted name below it that an import statement may mean."""
    if isinstance(node, cst.Import):
        yield from ((root, dotted_name(alias.name)) for alias in node.names for root in roots)
    elif isinstance(node, cst.ImportFrom):
        module = dotted_name(node.module) if node.module else ""
        up = "/".join([".."] * (len(node.relative) - 1)) or "."
        folders = [posixpath.join(posixpath.dirname(path), up)] if node.relative else roots
        aliases = () if isinstance(node.names, cst.ImportStar) else node.names
        names = [module, *(f"{module}.{dotted_name(alias.name)}".lstrip(".") for alias in aliases)]
        yield from ((folder, name) for folder in folders for name in names if name)
