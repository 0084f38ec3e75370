# src/python_coder/gates/runner.py — puts the judged tree on disk and runs the gates side by side
import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.gates.bandit import BanditGate
from python_coder.gates.base_tests import BaseTestsGate
from python_coder.gates.baseline import Baseline
from python_coder.gates.changed_coverage import ChangedCoverageGate
from python_coder.gates.compose import ComposeGate
from python_coder.gates.context import ChangeKind, Gate, GateContext, UserPolicy
from python_coder.gates.docstrings import DocstringsGate
from python_coder.gates.file_banner import FileBannerGate
from python_coder.gates.hard_coded import HardCodedGate
from python_coder.gates.judge_untouched import JudgeUntouchedGate
from python_coder.gates.judging_files import judged_tree
from python_coder.gates.known_good import KnownGood
from python_coder.gates.migration import MigrationGate
from python_coder.gates.mypy import MypyGate
from python_coder.gates.new_tests import NewTestsGate
from python_coder.gates.ruff_check import RuffCheckGate
from python_coder.gates.ruff_format import RuffFormatGate
from python_coder.gates.scope import ScopeGate
from python_coder.gates.suppressions import SuppressionsGate
from python_coder.gates.test_tampering import TestTamperingGate
from python_coder.gates.tests_gate import TestsGate
from python_coder.workspace.changes import Change
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.trees import TreeStore

log = structlog.get_logger(__name__)

_HEAVY_FIRST = (
    "tests",
    "base-tests",
    "new-tests",
    "changed-coverage",
    "mypy",
    "migration",
    "ruff-check",
    "bandit",
)
_FEWEST_WORKERS = 2


def all_gates() -> tuple[Gate, ...]:
    """Every gate there is, in the order of the table and of reports."""
    return (
        RuffCheckGate(),
        RuffFormatGate(),
        MypyGate(),
        TestsGate(),
        BaseTestsGate(),
        NewTestsGate(),
        ChangedCoverageGate(),
        JudgeUntouchedGate(),
        SuppressionsGate(),
        TestTamperingGate(),
        HardCodedGate(),
        ScopeGate(),
        BanditGate(),
        FileBannerGate(),
        DocstringsGate(),
        MigrationGate(),
        ComposeGate(),
    )


async def prepare_context(  # noqa: PLR0913 - the one place where all that a gate needs comes together
    *,
    trees: TreeStore,
    change: Change,
    known_good: KnownGood,
    baseline: Baseline,
    runner: CommandRunner,
    scratch: Path,
    policy: UserPolicy | None = None,
    kind: ChangeKind | None = None,
    scope: tuple[str, ...] | None = None,
    widened: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    type_cache: Path | None = None,
) -> GateContext:
    """Compose the judged tree and lay it out beside the base tree, as clean folders.

    Args:
        trees: Store of the repository's trees.
        change: From the base tree to the delivered one.
        known_good: How the project's tools run.
        baseline: What the base revision said.
        runner: The sandbox.
        scratch: Where gates may write; made if absent.
        policy: What the user allows beyond the rules.
        kind: What the plan says the change is.
        scope: Glob patterns of the paths that the plan may touch.
        widened: Files that were added to the scope later.
        env: Environment block of the project's processes.
        type_cache: Folder that `take_baseline` was given as `cache`; it makes mypy quick.

    Raises:
        EnvironmentLacksError: The disk is full or not writable.
    """
    judged = judged_tree(trees, change.base_tree, change.tree)
    base_folder, judged_folder = await asyncio.gather(
        asyncio.to_thread(trees.folder, change.base_tree), asyncio.to_thread(trees.folder, judged)
    )
    await asyncio.to_thread(scratch.mkdir, parents=True, exist_ok=True)
    return GateContext(
        change=change,
        trees=trees,
        base_folder=base_folder,
        judged_folder=judged_folder,
        judged_tree=judged,
        scratch=scratch,
        runner=runner,
        known_good=known_good,
        baseline=baseline,
        policy=policy or UserPolicy(),
        kind=kind,
        scope=scope,
        widened=widened,
        env=env or {},
        type_cache=type_cache,
    )


async def run_gates(
    context: GateContext,
    gates: Sequence[Gate],
    *,
    on_start: Callable[[str], None] | None = None,
    on_result: Callable[[GateResult], None] | None = None,
    workers: int | None = None,
) -> tuple[GateResult, ...]:
    """Run gates in parallel, the heavy ones first. Cancelling this cancels all of them.

    Args:
        context: The change and what is needed to judge it.
        gates: Which gates; see `all_gates`.
        on_start: Called with a gate's name when it starts.
        on_result: Called with each result as it comes.
        workers: Most gates at a time; the number of processors when `None`, at least 2.

    Returns:
        One result for each gate, in the order of `gates`. A gate that breaks is `not_run`.
    """
    places = asyncio.Semaphore(workers or max(_FEWEST_WORKERS, os.cpu_count() or 1))

    async def one(gate: Gate) -> GateResult:
        async with places:
            if on_start:
                on_start(gate.name)
            result = await _check(gate, context)
        if on_result:
            on_result(result)
        return result

    async with asyncio.TaskGroup() as group:
        tasks = {gate.name: group.create_task(one(gate)) for gate in sorted(gates, key=_weight)}
    return tuple(tasks[gate.name].result() for gate in gates)


async def _check(gate: Gate, context: GateContext) -> GateResult:
    started = time.monotonic()
    try:
        result = await gate.check(context)
    except EnvironmentLacksError as error:
        what, _, mend = str(error).partition(". ")
        result = GateResult(gate=gate.name, verdict=Verdict.NOT_RUN, reason=what, mend=mend or what)
    except Exception as error:
        # A broken gate must not look like a pass, nor take the other gates' results with it.
        log.exception("gate_broke", gate=gate.name)
        reason = f"the gate itself broke: {type(error).__name__}: {error}"
        mend = f"run `python-coder check --gate {gate.name}` again, and report this if it stays"
        result = GateResult(gate=gate.name, verdict=Verdict.NOT_RUN, reason=reason, mend=mend)
    return replace(result, gate=gate.name, seconds=time.monotonic() - started)


def _weight(gate: Gate) -> int:
    return _HEAVY_FIRST.index(gate.name) if gate.name in _HEAVY_FIRST else len(_HEAVY_FIRST)
