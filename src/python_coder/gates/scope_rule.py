# src/python_coder/gates/scope_rule.py — which paths a plan's scope names, and which files may be added to it later
import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal

from python_coder.gates.judging_files import (
    is_below,
    is_judging_file,
    is_migration_file,
    is_test_file,
    named_judging_files,
    source_paths_of,
    test_paths_of,
)
from python_coder.gates.known_good import KnownGood
from python_coder.service_map.files import FolderView
from python_coder.service_map.import_graph import ImportGraph
from python_coder.workspace.trees import TreeStore

MOST_WIDENED = 5
"""Files of one sort that a run may add. A plan that needs more of them was wrong, not narrow."""

WIDEN_TOOL = "mcp__coder__widen_scope"

FileSort = Literal["test", "document", "migration", "neighbour"]

_WORDS_TO_AGENTS = frozenset({"agents.md", "claude.md", "gemini.md", "skill.md", "copilot-instructions.md"})
_DOCUMENT_ENDS = (".md", ".rst", ".adoc")
_DOCUMENT_FOLDERS = frozenset({"docs", "doc"})
_DOCUMENT_NAMES = frozenset({"readme", "changelog", "changes", "history", "news", "contributing"})


@dataclass(frozen=True, kw_only=True)
class WeighedPath:
    """What the rule says of one path."""

    path: str
    sort: FileSort | None = None
    """What the file is, if it may be added."""
    refusal: str = ""
    """Why it may not, as the rest of a sentence that begins with the path."""


@dataclass(frozen=True, kw_only=True)
class ScopeRule:
    """The runtime's own rule. It looks at the base revision alone, so no change can argue for itself."""

    trees: TreeStore
    base_tree: str
    known_good: KnownGood
    scope: Sequence[str]
    """Glob patterns of the plan."""
    has_migration: bool = True
    """Whether the plan asks for a migration."""

    def weigh(self, paths: Sequence[str], before: Sequence[str] = ()) -> tuple[WeighedPath, ...]:
        """Say of each path whether it may be added; those over the limit of their sort are refused.

        Args:
            paths: What is asked for, relative to the repository.
            before: What was added earlier in this run.
        """
        count = Counter(self._weigh(path).sort for path in before)
        found = []
        for path in paths:
            one = self._weigh(path)
            count[one.sort] += 1
            if one.sort is not None and count[one.sort] > MOST_WIDENED:
                one = WeighedPath(path=path, refusal=f"{MOST_WIDENED} files of this sort ({one.sort}) are the most")
            found.append(one)
        return tuple(found)

    def _weigh(self, path: str) -> WeighedPath:
        if refusal := _misspelt(path) or self._never(path):
            return WeighedPath(path=path, refusal=refusal)
        tests = test_paths_of(self.known_good)
        # Data in a folder that is only called so may be anything: a stack, a deployment.
        if is_test_file(path, tests) and (path.endswith(".py") or any(is_below(path, folder) for folder in tests)):
            return WeighedPath(path=path, sort="test")
        # Inside a package a document may be part of the service: a template, a prompt.
        if _is_document(path) and not any(is_below(path, source) for source in source_paths_of(self.known_good)):
            return WeighedPath(path=path, sort="document")
        if is_migration_file(path):
            sort: FileSort | None = "migration" if self.has_migration else None
            return WeighedPath(path=path, sort=sort, refusal="" if sort else "the plan asks for no migration")
        if path in self._neighbours:
            return WeighedPath(path=path, sort="neighbour")
        why = "it is no test, document or migration, and it neither imports a file of the plan nor is imported by one"
        return WeighedPath(path=path, refusal=why)

    def _never(self, path: str) -> str:
        """Why a file is never added, whatever the plan names."""
        if is_judging_file(path) or path in self._named:
            return "it configures a gate, and what judges stays as the base revision has it"
        if any(part.startswith(".") for part in path.split("/")):
            return "it is hidden, or lies in a hidden folder"
        if posixpath.basename(path).lower() in _WORDS_TO_AGENTS:
            return "it tells agents what to do"
        return ""

    @cached_property
    def _named(self) -> frozenset[str]:
        return named_judging_files(self.trees, self.base_tree)

    @cached_property
    def _neighbours(self) -> frozenset[str]:
        """Files of the base with an import from or to a file of the plan."""
        links = ImportGraph.read(FolderView(self.trees.folder(self.base_tree))).links
        tests = test_paths_of(self.known_good)
        # What a test imports is no neighbour: nearly every plan has tests, and they import anything.
        return _neighbours(
            {path: others for path, others in links.items() if not is_test_file(path, tests)}, self.scope
        )


def in_scope(path: str, scope: Sequence[str]) -> bool:
    """Whether a path matches one of the plan's patterns; a pattern that names a folder means all below it."""
    return any(
        fnmatchcase(path, pattern)
        or fnmatchcase(path, pattern.replace("**/", ""))
        or path.startswith(pattern.rstrip("/*") + "/")
        for pattern in scope
        if pattern
    )


def _misspelt(path: str) -> str:
    if set(path) & set("*?[]{}") or path.endswith("/"):
        return "it is a pattern or a folder; name single files"
    if not path or posixpath.normpath(path) != path or path.startswith(("/", "../")) or path in {".", ".."}:
        return "write it relative to the repository, without `.` and `..`"
    return ""


def _is_document(path: str) -> bool:
    *folders, name = path.lower().split("/")
    stem, end = posixpath.splitext(name)
    if stem in _DOCUMENT_NAMES and end in {"", ".txt", *_DOCUMENT_ENDS}:
        return True
    return end in _DOCUMENT_ENDS and (not folders or bool(_DOCUMENT_FOLDERS.intersection(folders)))


def _neighbours(links: Mapping[str, frozenset[str]], scope: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    for path, others in links.items():
        for other in others:
            if in_scope(path, scope):
                found.add(other)
            if in_scope(other, scope):
                found.add(path)
    return frozenset(found)
