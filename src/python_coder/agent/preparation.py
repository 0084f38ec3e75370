# src/python_coder/agent/preparation.py — everything before the first model turn: workspace, environment, baseline
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from python_coder.agent.options import RunOptions
from python_coder.agent.progress import Progress
from python_coder.agent.run_store import RunFolder
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.gates.baseline import Baseline, take_baseline
from python_coder.gates.known_good import KnownGood, find_known_good
from python_coder.settings import Settings
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.environment import ProjectEnvironment, prepare_environment
from python_coder.workspace.project import Project, find_project
from python_coder.workspace.relayed import with_relays
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.worktree import Workspace

_BASELINE = TypeAdapter(Baseline)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A run that is ready for its first model turn."""

    workspace: Workspace
    project: Project
    environment: ProjectEnvironment
    known_good: KnownGood
    baseline: Baseline
    runner: CommandRunner
    scratch: Path
    env: Mapping[str, str]
    """Variables that the user gave for the project. Secret."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Prepares one run, and puts each step on record. Doing it again after a kill changes nothing."""

    options: RunOptions
    settings: Settings
    folder: RunFolder
    ledger: Ledger
    progress: Progress
    env: Mapping[str, str]

    async def prepare(self, workspace: Workspace) -> Prepared:
        """Make the environment, find what works, and take the baseline.

        Raises:
            UsageError: There is no Python project here, or the options do not fit it.
            EnvironmentLacksError: Something is missing on this machine.
        """
        self.progress.phase("environment")
        runner = with_relays(make_runner(self.options.sandbox), self.options.relays)
        base = workspace.trees.folder(workspace.base_tree)
        project = find_project(base, hint=self.options.project or None)
        environment = await self.environment(project, base)
        self.progress.phase("known good", f"Python {environment.python_version}")
        known_good = await find_known_good(
            project, environment, base, runner=runner, scratch=self.folder.scratch, env=self.env
        )
        self._record_known_good(known_good, environment)
        prepared = Prepared(
            workspace=workspace,
            project=project,
            environment=environment,
            known_good=known_good,
            baseline=Baseline(tree=workspace.base_tree),
            runner=runner,
            scratch=self.folder.scratch,
            env=self.env,
        )
        return replace(prepared, baseline=await self._baseline(prepared, base))

    async def environment(self, project: Project, tree_folder: Path, *, builds: bool = True) -> ProjectEnvironment:
        """The environment that a tree's manifest asks for, made by set-up commands outside of the sandbox."""
        return await prepare_environment(
            project, tree_folder, cache=self.settings.cache_folder, runner=make_runner("none"), builds=builds
        )

    def _record_known_good(self, known_good: KnownGood, environment: ProjectEnvironment) -> None:
        tools = {tool.name: tool.version for tool in (known_good.ruff, known_good.mypy, known_good.bandit) if tool}
        tools |= {"pytest": known_good.pytest_version} if known_good.pytest_version else {}
        self.ledger.append(
            EntryKind.ENVIRONMENT_READY,
            python=environment.python_version,
            digest=environment.digest,
            tools=tools,
            commands=environment.how,
        )
        self.ledger.append(
            EntryKind.KNOWN_GOOD,
            project_root=known_good.project_root,
            python_version=known_good.python_version,
            pytest_version=known_good.pytest_version,
            test_paths=known_good.test_paths,
            packages=known_good.packages,
            problems=known_good.problems,
            commands=known_good.commands,
        )

    async def _baseline(self, prepared: Prepared, base: Path) -> Baseline:
        """The recorded baseline of this run, else a new one."""
        kept = self.folder.folder / "baseline.json"
        if kept.exists():
            return _BASELINE.validate_json(kept.read_bytes())
        self.progress.phase("baseline", "the base revision's own tests and types")
        baseline = await take_baseline(
            folder=base,
            tree=prepared.workspace.base_tree,
            known_good=prepared.known_good,
            runner=prepared.runner,
            scratch=prepared.scratch,
            env=prepared.env,
            cache=self.settings.cache_folder,
        )
        self.ledger.append(
            EntryKind.BASELINE,
            tree=baseline.tree,
            counts=dict(Counter(baseline.tests.values())),
            tests_problem=baseline.tests_problem,
            types_problem=baseline.types_problem,
            commands=baseline.commands,
            seconds=round(baseline.seconds, 2),
        )
        temporary = kept.with_suffix(".part")
        temporary.write_text(json.dumps(asdict(baseline)))
        temporary.replace(kept)
        return baseline
