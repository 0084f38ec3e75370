# tests/gates/courtroom.py — small repositories, and one function that judges a change of them
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from environment_bytecode import BYTECODE
from python_coder.evidence.verdict import GateResult
from python_coder.gates.baseline import Baseline
from python_coder.gates.context import Gate, GateContext, UserPolicy
from python_coder.gates.judging_files import EMPTY_TREE, judged_tree
from python_coder.gates.known_good import KnownGood
from python_coder.gates.test_run import TestRun, run_tests
from python_coder.workspace.changes import change_between
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
    python_version="3.11",
    test_paths=("tests",),
    pytest_version=pytest.__version__,
    bytecode=BYTECODE,
    pytest_options=("-q", "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:anyio"),
)


_FIRST_RUNS: dict[tuple[object, str], TestRun] = {}


@dataclass
class Court:
    """Judges changes of small repositories, as the runner of gates does."""

    folder: Path

    def __post_init__(self) -> None:
        self.git = private_repository(self.folder / "repository")
        self.trees = TreeStore(self.git, self.folder / "trees")
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir()

    def tree(self, files: Files) -> str:
        return self.trees.compose(EMPTY_TREE, put={path: text.encode() for path, text in files.items()})

    async def run(self, files: Files, **options: Any) -> TestRun:
        tree = self.tree(files)
        return await run_tests(
            folder=self.trees.folder(tree),
            tree=tree,
            known_good=options.pop("known_good", KNOWN_GOOD),
            runner=make_runner("none"),
            scratch=self.scratch,
            env={},
            **options,
        )

    async def _first(self, base: Files, known_good: KnownGood) -> TestRun:
        """The session on the base, which many tests share."""
        key = (tuple(sorted(base.items())), repr(known_good))
        if key not in _FIRST_RUNS:
            _FIRST_RUNS[key] = await self.run(base, known_good=known_good)
        return _FIRST_RUNS[key]

    async def context(self, base: Files, changed: Mapping[str, str | None], **options: Any) -> GateContext:
        """A context for `base` with `changed` put over it; `None` deletes a file."""
        known_good = options.pop("known_good", KNOWN_GOOD)
        before = self.tree(base)
        put = {path: text.encode() for path, text in changed.items() if text is not None}
        after = self.trees.compose(before, put=put, drop=[path for path, text in changed.items() if text is None])
        first = await self._first(base, known_good) if options.pop("with_baseline", True) else None
        judged = judged_tree(self.trees, before, after)
        baseline = Baseline(tree=before)
        if first is not None:
            baseline = replace(
                baseline,
                tests=first.outcomes,
                marks=tuple(first.marks),
                test_files=first.files,
                collection_errors=tuple(first.collection_errors),
                tests_problem=first.problem,
            )
        return GateContext(
            change=change_between(self.git, before, after),
            trees=self.trees,
            base_folder=self.trees.folder(before),
            judged_folder=self.trees.folder(judged),
            judged_tree=judged,
            scratch=self.scratch,
            runner=make_runner("none"),
            known_good=known_good,
            baseline=baseline,
            policy=options.pop("policy", UserPolicy()),
            **options,
        )

    async def judge(self, gate: Gate, base: Files, changed: Mapping[str, str | None], **options: Any) -> GateResult:
        return await gate.check(await self.context(base, changed, **options))
