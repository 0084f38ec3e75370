# tests/gates/change_bench.py — a change between two small trees in a real git repository, ready to be judged
import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from environment_bytecode import BYTECODE
from python_coder.evidence.verdict import GateResult, Severity
from python_coder.gates.baseline import Baseline
from python_coder.gates.context import Gate, GateContext, UserPolicy
from python_coder.gates.judging_files import EMPTY_TREE
from python_coder.gates.known_good import KnownGood
from python_coder.gates.runner import prepare_context
from python_coder.workspace.changes import change_between
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.git import private_repository
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.trees import TreeStore

Files = Mapping[str, str]

KNOWN_GOOD = KnownGood(
    project_root=".",
    import_roots=(".",),
    packages=("app",),
    python=Path(sys.executable),
    environment=Path(sys.prefix),
    python_version=".".join(map(str, sys.version_info[:3])),
    test_paths=("tests",),
    bytecode=BYTECODE,
)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Two trees and what is known of them. `base=None` is a check of the whole repository."""

    folder: Path
    base: Files | None = None
    delivered: Files
    known_good: KnownGood = KNOWN_GOOD
    baseline: Baseline = field(default_factory=lambda: Baseline(tree=""))
    env: Mapping[str, str] = field(default_factory=dict)
    runner: CommandRunner = field(default_factory=lambda: make_runner("none"))
    policy: UserPolicy = field(default_factory=UserPolicy)
    cache: Path | None = None
    """Keeps what is made once, such as an empty PostgreSQL cluster."""

    async def context(self) -> GateContext:
        git = private_repository(self.folder / "repository")
        trees = TreeStore(git, self.folder / "trees")
        base, delivered = (
            EMPTY_TREE if files is None else tree_of(trees, files) for files in (self.base, self.delivered)
        )
        return await prepare_context(
            trees=trees,
            change=change_between(git, base, delivered),
            known_good=self.known_good,
            baseline=self.baseline,
            runner=self.runner,
            scratch=self.folder / "scratch",
            env=self.env,
            policy=self.policy,
            type_cache=self.cache,
        )

    def check(self, gate: Gate) -> GateResult:
        """The verdict of one gate."""

        async def judge() -> GateResult:
            return await gate.check(await self.context())

        return asyncio.run(judge())


def tree_of(trees: TreeStore, files: Files) -> str:
    """A tree with these files."""
    return trees.compose(EMPTY_TREE, put={path: text.encode() for path, text in files.items()})


def blocking(result: GateResult) -> list[str]:
    """The blocking findings as `path:line rule`."""
    found = [finding for finding in result.findings if finding.severity is Severity.BLOCKING]
    return [f"{finding.path}:{finding.line} {finding.rule}" for finding in found]


def notes(result: GateResult) -> list[str]:
    """The rules of the findings that only tell."""
    return [finding.rule for finding in result.findings if finding.severity is Severity.NOTE]
