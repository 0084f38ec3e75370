# src/python_coder/agent/run_start.py — how a run begins: its first ledger entries and its worktree
from collections.abc import Mapping
from dataclasses import dataclass

from python_coder.agent.definition_lookup import ChosenAgent
from python_coder.agent.options import RunOptions
from python_coder.agent.progress import Progress
from python_coder.agent.run_store import RunFolder
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.gates.context import COVERAGE_THRESHOLD
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.worktree import Workspace


@dataclass(frozen=True, kw_only=True)
class RunStart:
    """Begins a run, or takes up one that was begun. Each step is done once, whatever kills come between."""

    folder: RunFolder
    options: RunOptions
    agent: ChosenAgent
    model: str
    env: Mapping[str, str]
    """Environment block of the project's processes; its names alone are put on record."""
    progress: Progress

    def open_workspace(self, ledger: Ledger) -> Workspace:
        """The run's worktree: made now, or opened again."""
        if any(entry.kind is EntryKind.WORKSPACE_READY for entry in ledger.entries):
            return Workspace.open(self.folder.folder, run_id=self.folder.run_id)
        self._record_start(ledger)
        self.progress.phase("workspace", "a git worktree outside your checkout")
        workspace = Workspace.create(
            self.options.repository,
            self.folder.folder,
            run_id=self.folder.run_id,
            include_dirty=self.options.includes_dirty,
        )
        workspace.base_bundle(self.folder.bundle)
        ledger.append(
            EntryKind.WORKSPACE_READY,
            base_commit=workspace.base_commit,
            base_tree=workspace.base_tree,
            is_dirty=self.options.includes_dirty,
        )
        return workspace

    def _record_start(self, ledger: Ledger) -> None:
        if any(entry.kind is EntryKind.RUN_STARTED for entry in ledger.entries):
            return
        ledger.append(
            EntryKind.RUN_STARTED,
            run_id=self.folder.run_id,
            task=self.options.task,
            repository=self.options.repository.name,
            project_root=self.options.project or ".",
            model=self.model,
            agent=self.agent.facts,
            approve=self.options.approve,
            rules=self.options.policy,
            sandbox=make_runner(self.options.sandbox).sandbox,
            budget_limit=self.options.budget,
            env_names=sorted(self.env),
            policy={
                "may_change_tests": self.options.may_change_tests,
                "may_migrate_unsafely": self.options.may_migrate_unsafely,
                "coverage_threshold": COVERAGE_THRESHOLD,
                "brings_up_stack": self.options.brings_up_stack,
            },
        )
