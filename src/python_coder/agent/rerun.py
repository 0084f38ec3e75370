# src/python_coder/agent/rerun.py — judges a delivered tree once more, from nothing but git trees and a contract
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from python_coder.agent.dependencies import Dependencies
from python_coder.agent.stack import STACK_GATE, StackCheck
from python_coder.evidence.contract import RunFacts
from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.gates.baseline import Baseline, take_baseline
from python_coder.gates.context import ChangeKind, GateContext, UserPolicy
from python_coder.gates.known_good import KnownGood, find_known_good
from python_coder.gates.runner import all_gates, prepare_context, run_gates
from python_coder.gates.table import Decision, decide, required
from python_coder.settings import Settings
from python_coder.workspace.changes import Change
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.environment import ProjectEnvironment, prepare_environment
from python_coder.workspace.project import Project, find_project
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.trees import TreeStore


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """What was seen when everything was judged again."""

    environment: ProjectEnvironment
    tools: Mapping[str, str]
    """Version of each tool that judged now."""
    sandbox: str
    baseline: Baseline
    results: tuple[GateResult, ...]
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Judges a change again on this machine, with the inputs that the contract names."""

    trees: TreeStore
    change: Change
    run: RunFacts
    settings: Settings
    runner: CommandRunner
    scratch: Path
    env: Mapping[str, str]
    """Variables of the project's processes; the contract has their names only."""

    async def judge(self) -> Rerun:
        """Make the environment, take the baseline, run every gate.

        Raises:
            UsageError: No project is found in the base tree.
            EnvironmentLacksError: This machine cannot make the environment.
        """
        base = self.trees.folder(self.change.base_tree)
        project = find_project(base, hint=self._hint)
        environment = await self._environment(project, base)
        known_good = await find_known_good(
            project, environment, base, runner=self.runner, scratch=self.scratch, env=self.env
        )
        baseline = await take_baseline(
            folder=base,
            tree=self.change.base_tree,
            known_good=known_good,
            runner=self.runner,
            scratch=self.scratch,
            cache=self.settings.cache_folder,
            env=self.env,
        )
        context = await self._context(project, known_good, baseline)
        results = await run_gates(context, all_gates())
        tools = {tool.name: tool.version for tool in (known_good.ruff, known_good.mypy, known_good.bandit) if tool}
        return Rerun(
            environment=environment,
            tools=tools | ({"pytest": known_good.pytest_version} if known_good.pytest_version else {}),
            sandbox=self.runner.sandbox,
            baseline=baseline,
            results=results,
            decision=decide(results, required(context)),
        )

    async def stack(self, said: str) -> GateResult:
        """Bring the delivered tree's stack up again, if the run did; what it left out is left out here too.

        Args:
            said: The verdict in the contract.
        """
        if said == Verdict.NOT_RUN:
            return GateResult(gate=STACK_GATE, verdict=Verdict.NOT_RUN, reason="the run did not bring it up")
        check = StackCheck(
            trees=self.trees,
            base_tree=self.change.base_tree,
            project_root=self.run.project_root,
            key=self.run.id,
            place=self.scratch,
            runner=self.runner,
            env=self.env,
        )
        return await check.check(self.change.tree)

    async def _context(self, project: Project, known_good: KnownGood, baseline: Baseline) -> GateContext:
        """The delivered tree for the gates, under the policy that the run had."""
        dependencies = Dependencies(
            base=project,
            make=partial(self._environment, builds=False),
            runner=self.runner,
            scratch=self.scratch,
            env=self.env,
        )
        return await prepare_context(
            trees=self.trees,
            change=self.change,
            known_good=await dependencies.after(self.change, self.trees.folder(self.change.tree), known_good),
            baseline=baseline,
            runner=self.runner,
            scratch=self.scratch,
            policy=UserPolicy(
                may_change_tests=self.run.may_change_tests,
                coverage_threshold=self.run.coverage_threshold,
                may_migrate_unsafely=self.run.may_migrate_unsafely,
            ),
            kind=next((kind for kind in get_args(ChangeKind) if kind == self.run.kind), None),
            scope=self.run.scope if self.run.kind else None,
            widened=tuple(one.path for one in self.run.widened),
            env=self.env,
        )

    async def _environment(self, project: Project, folder: Path, *, builds: bool = True) -> ProjectEnvironment:
        return await prepare_environment(
            project, folder, cache=self.settings.cache_folder, runner=make_runner("none"), builds=builds
        )

    @property
    def _hint(self) -> str | None:
        return self.run.project_root if self.run.project_root not in {"", "."} else None
