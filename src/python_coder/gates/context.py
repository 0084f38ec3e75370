# src/python_coder/gates/context.py — what every gate is given, and what a gate is
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from python_coder.evidence.verdict import GateResult
from python_coder.gates.known_good import KnownGood
from python_coder.gates.memo import Memo
from python_coder.workspace.changes import Change
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.trees import TreeStore

if TYPE_CHECKING:
    # At run time the baseline imports what makes it, and that imports this file.
    from python_coder.gates.baseline import Baseline

COVERAGE_THRESHOLD = 0.90
"""Source: specification, "Tests"."""

ChangeKind = Literal["behaviour", "refactor", "tests"]


@dataclass(frozen=True, kw_only=True)
class UserPolicy:
    """What the user allows beyond the rules: from the command line or the base revision, never from a model."""

    may_change_tests: tuple[str, ...] = ()
    """Glob patterns of base test ids that may stop passing or vanish, such as `tests/test_items.py::*`."""
    coverage_threshold: float = COVERAGE_THRESHOLD
    """Least covered share of the changed executable lines, a fraction in 0..1."""
    may_migrate_unsafely: tuple[str, ...] = ()
    """Glob patterns of `RULE:TABLE` for what migrations may do though it loses data or locks: `ban-drop-*:items`."""


@dataclass(frozen=True, kw_only=True)
class GateContext:
    """One change, and all that is needed to judge it. Built once and shared by all gates."""

    change: Change
    trees: TreeStore
    """Composes and materialises trees; see `workspace/trees.py`."""
    base_folder: Path
    """A clean copy of the base tree, at the git root."""
    judged_folder: Path
    """A clean copy of the delivered tree with the base revision's judging files put back over it, at the git root."""
    judged_tree: str = ""
    """Git tree id of `judged_folder`, as recorded with each process that ran on it."""
    scratch: Path
    """Where gates may write; never inside a tree."""
    runner: CommandRunner
    known_good: KnownGood
    baseline: "Baseline"
    type_cache: Path | None = None
    """Folder that `take_baseline` was given as `cache`, where mypy's caches are kept; makes the gate quick."""
    policy: UserPolicy = field(default_factory=UserPolicy)
    kind: ChangeKind | None = None
    """What the plan says the change is; `None` when nobody planned it (`python-coder check`)."""
    scope: tuple[str, ...] | None = None
    """Glob patterns of the paths that the plan may touch; `None` when nobody planned it."""
    widened: tuple[str, ...] = ()
    """Single files that were added to the scope once work had begun; the `scope` gate weighs them again."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment block of the project's processes, from the user; values are secret."""
    memo: Memo = field(default_factory=Memo, compare=False)
    """Test sessions that several gates of this check share."""

    def project(self, folder: Path) -> Path:
        """The project root inside a materialised tree."""
        return folder / self.known_good.project_root


class Gate(Protocol):
    """One thing that a change must pass. A gate keeps no state, edits nothing and never raises for a bad change."""

    @property
    def name(self) -> str:
        """Stable name, in lower case with dashes: `ruff-check`."""
        ...

    async def check(self, context: GateContext) -> GateResult:
        """Judge one change."""
        ...
