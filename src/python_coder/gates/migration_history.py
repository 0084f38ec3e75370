# src/python_coder/gates/migration_history.py — the chain of revisions in a tree, and what a change did wrong with it
import configparser
import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from python_coder.evidence.verdict import Finding
from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import from_git_root, is_migration_file, is_test_file, test_paths_of
from python_coder.gates.migration_revision import Revision, read_revision

_MODEL = re.compile(
    r"\bMapped\[|\bmapped_column\(|\btable\s*=\s*True|__tablename__|\bColumn\(|\brelationship\(|\bDeclarativeBase\b"
    r"|\bdeclarative_base\(|\bTable\(|^class \w+\([^)]*Enum\)",
    re.MULTILINE,
)
_SKIPPED_FOLDERS = frozenset({".venv", "venv", "node_modules", "site-packages"})


@dataclass(frozen=True, kw_only=True)
class History:
    """All revisions of one tree."""

    revisions: Mapping[str, Revision]
    unread: tuple[Finding, ...] = ()
    """Revision files whose identifiers cannot be read, and identifiers that two files share."""

    @property
    def heads(self) -> tuple[str, ...]:
        """Revisions that no other one follows, in order of their ids."""
        followed = {down for revision in self.revisions.values() for down in revision.down}
        return tuple(sorted(set(self.revisions) - followed))


def alembic_ini(context: GateContext) -> str:
    """Path of the Alembic configuration, relative to the git root; empty when neither base nor change has one."""
    if context.known_good.alembic_ini:
        return from_git_root(context.known_good, context.known_good.alembic_ini)
    root = "" if context.known_good.project_root == "." else f"{context.known_good.project_root}/"
    found = [
        path
        for path in context.trees.paths(context.judged_tree)
        if posixpath.basename(path) == "alembic.ini"
        and path.startswith(root)
        and not _SKIPPED_FOLDERS & set(path.split("/"))
    ]
    return min(found, key=lambda path: (path.count("/"), path), default="")


def changed_models(context: GateContext) -> tuple[str, ...]:
    """Changed source files that define tables, columns or enumerations, before or after the change."""
    tests = test_paths_of(context.known_good)
    return tuple(
        file.path
        for file in context.change.files
        if file.is_python
        and not is_test_file(file.path, tests)
        and not is_migration_file(file.path)
        and any(
            _MODEL.search((context.trees.read(tree, path) or b"").decode(errors="replace"))
            for tree, path in ((context.judged_tree, file.path), (context.change.base_tree, file.old_path))
        )
    )


def read_history(context: GateContext, tree: str, ini: str) -> History:
    """Read all revisions of one tree.

    Args:
        context: Gives access to the trees.
        tree: Git tree id.
        ini: Path of the Alembic configuration, relative to the git root.
    """
    folders = _version_folders(context, tree, ini)
    files = [
        path
        for path in context.trees.paths(tree)
        if path.endswith(".py") and any(posixpath.dirname(path) == folder for folder in folders)
    ]
    revisions: dict[str, Revision] = {}
    unread = []
    for path, content in context.trees.read_all(tree, files).items():
        if posixpath.basename(path) == "__init__.py":
            continue
        revision = read_revision(path, content)
        if isinstance(revision, Finding):
            unread.append(revision)
        elif revision and revision.id in revisions:
            twin = revisions[revision.id].path
            message = f"revision {revision.id} is also in {twin}; give the new one an id of its own"
            unread.append(Finding(path=path, line=revision.line, rule="revision-twice", message=message))
        elif revision:
            revisions[revision.id] = revision
    return History(revisions=revisions, unread=tuple(unread))


def judge_history(base: History, judged: History) -> tuple[Finding, ...]:
    """What the change did wrong with the chain of revisions; faults that the base had are left out."""
    old_faults = {(finding.path, finding.rule) for finding in base.unread}
    found = [finding for finding in judged.unread if (finding.path, finding.rule) not in old_faults]
    new = [revision for id_, revision in judged.revisions.items() if id_ not in base.revisions]
    found += _rewritten(base, judged)
    for revision in new:
        found += _misplaced(revision, base, judged)
        if revision.upgrade and not revision.downgrade:
            message = "downgrade() does nothing; undo there what upgrade() does, in reverse order"
            found.append(
                Finding(path=revision.path, line=revision.downgrade_line, rule="downgrade-empty", message=message)
            )
    heads = judged.heads
    if len(heads) > max(1, len(base.heads)):
        last = max((r for r in new if r.id in heads), key=lambda r: r.path, default=judged.revisions[heads[0]])
        message = f"there are several heads: {', '.join(heads)}; chain the new revision to the last one"
        found.append(Finding(path=last.path, line=last.line, rule="several-heads", message=message))
    return tuple(sorted(found))


def _rewritten(base: History, judged: History) -> Iterator[Finding]:
    for id_, old in base.revisions.items():
        now = judged.revisions.get(id_)
        if now is None:
            message = f"revision {id_} is gone, yet databases may stand on it; put it back and add a new revision"
            yield Finding(path=old.path, rule="revision-gone", message=message)
        elif (now.down, now.upgrade) != (old.down, old.upgrade):
            message = f"revision {id_} changed, yet databases may have run it; put it back and add a new revision"
            yield Finding(path=now.path, line=now.line, rule="revision-rewritten", message=message)


def _misplaced(revision: Revision, base: History, judged: History) -> Iterator[Finding]:
    missing = [down for down in revision.down if down not in judged.revisions]
    if missing:
        message = f"it follows {', '.join(missing)}, which no file defines"
        yield Finding(path=revision.path, line=revision.line, rule="revision-unknown", message=message)
        return
    old_parents = [down for down in revision.down if down in base.revisions]
    if base.heads and not set(revision.down) - set(old_parents) and not set(old_parents) & set(base.heads):
        message = f"it follows {', '.join(revision.down) or 'nothing'}; it must follow the head {', '.join(base.heads)}"
        yield Finding(path=revision.path, line=revision.line, rule="revision-not-on-head", message=message)


def _version_folders(context: GateContext, tree: str, ini: str) -> tuple[str, ...]:
    here = posixpath.dirname(ini) or "."
    options = _alembic_options(context, tree, ini)
    location = _located(options.get("script_location", "alembic"), here, context)
    named = options.get("version_locations", "")
    if named:
        separator = options.get("path_separator", options.get("version_path_separator", ""))
        words = re.split(r"[\s,;:]+" if separator == "os" else r"[\s,;]+", named)
        found = tuple(_located(word, here, context) for word in words if word)
    else:
        found = (posixpath.join(location, "versions"),)
    if options.get("recursive_version_locations", "").lower() == "true":
        parents = {posixpath.dirname(path) for path in context.trees.paths(tree)}
        found += tuple(p for p in parents if any(p.startswith(f"{folder}/") for folder in found))
    return found


def _located(place: str, here: str, context: GateContext) -> str:
    """A folder as Alembic names it: relative to the configuration, or `package:folder`."""
    place = place.replace("%(here)s", here)
    if ":" in place:
        package, _, rest = place.partition(":")
        place = posixpath.join(package.replace(".", "/"), rest)
        for root in context.known_good.import_roots:
            candidate = from_git_root(context.known_good, posixpath.join(root, place))
            if any(path.startswith(f"{candidate}/") for path in context.trees.paths(context.judged_tree)):
                return candidate
    if place.startswith(f"{here}/") or here == ".":
        return posixpath.normpath(place)
    return posixpath.normpath(posixpath.join(here, place))


def _alembic_options(context: GateContext, tree: str, ini: str) -> Mapping[str, str]:
    options: dict[str, str] = {}
    pyproject = posixpath.join(posixpath.dirname(ini), "pyproject.toml")
    try:
        document: dict[str, Any] = tomllib.loads((context.trees.read(tree, pyproject) or b"").decode())
        table = document.get("tool", {}).get("alembic", {})
        options |= {key: " ".join(v) if isinstance(v, list) else str(v) for key, v in table.items()}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError):
        pass
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string((context.trees.read(tree, ini) or b"").decode(errors="replace"))
        options |= dict(parser.items("alembic")) if parser.has_section("alembic") else {}
    except configparser.Error:
        pass
    return options
