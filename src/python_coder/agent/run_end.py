# src/python_coder/agent/run_end.py — how a run ends: the change delivered, the contract written, what is left removed
from dataclasses import dataclass

from python_coder.agent.loop import Outcome
from python_coder.agent.options import RunOptions
from python_coder.agent.plan_file import PLANNED, keep_plan
from python_coder.agent.progress import Progress
from python_coder.agent.run_store import RunFolder
from python_coder.agent.session import Session
from python_coder.errors import ProviderError
from python_coder.evidence.conclusion import Ending, end_run
from python_coder.evidence.contract import Contract, write_contract
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.gates.table import Decision
from python_coder.workspace.delivery import Delivered, deliver_branch, deliver_patch, find_branch, slug_of
from python_coder.workspace.worktree import Workspace

EXIT_PROVEN, EXIT_UNPROVEN, EXIT_REFUSED = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a run handed back."""

    contract: Contract
    folder: RunFolder
    exit_code: int
    """0 proven, 1 unproven, 2 refused, 3 environment lacks something, 4 provider failed."""


@dataclass(frozen=True, kw_only=True)
class RunEnd:
    """Ends a run as far as it has come; what was never reached is `None`."""

    folder: RunFolder
    options: RunOptions
    progress: Progress
    workspace: Workspace | None
    session: Session | None
    decision: Decision | None
    """What the gates led to in the last round."""

    def finish(self, ledger: Ledger, outcome: Outcome) -> Finished:
        """Hand back what a loop came to."""
        if outcome.ended_because in {"refused", "over_budget"}:
            contract = self.stop(ledger, outcome.ended_because, outcome.refusal, is_refused=True)
            return Finished(contract=contract, folder=self.folder, exit_code=EXIT_REFUSED)
        if outcome.ended_because == PLANNED and outcome.plan is not None:
            path = keep_plan(self.folder, outcome.plan)
            contract = self.stop(ledger, PLANNED, f"Planned only, nothing was changed. The plan is in {path.name}.")
            return Finished(contract=contract, folder=self.folder, exit_code=EXIT_PROVEN)
        if outcome.ended_because == "proven":
            self._deliver(ledger)
        contract = self.stop(ledger, outcome.ended_because, "")
        return Finished(contract=contract, folder=self.folder, exit_code=exit_code_of(contract.status))

    def stop(self, ledger: Ledger, because: str, reason: str, *, is_refused: bool = False) -> Contract:
        """Write the contract of a run that ends here."""
        session, decision = self.session, self.decision
        change = session.workspace.change(session.tree) if session else None
        if session and change and change.files:
            deliver_patch(session.workspace, session.tree, self.folder.patch)
        is_proven = because == "proven" and decision is not None and decision.status == "proven"
        contract = end_run(
            ledger,
            Ending(
                status="refused" if is_refused else "proven" if is_proven else "unproven",
                ended_because=because,
                reason=reason,
                tree=session.tree if session and change and change.files else "",
                files=change.files if change else (),
                not_judged=decision.not_judged if decision else (),
                budget_limit=session.budget.limit if session else self.options.budget,
                budget_used=session.budget.used if session else 0,
                budget_extensions=len(session.budget.causes) if session else 0,
            ),
        )
        write_contract(self.folder.contract, contract)
        if self.workspace is not None and contract.status in {"proven", "refused"}:
            # The bundle and the patch hold all that is needed from here on.
            self.workspace.remove()
        return contract

    def _deliver(self, ledger: Ledger) -> None:
        session, workspace = self.session, self.workspace
        if session is None or workspace is None:
            raise ProviderError("Nothing was built, so nothing can be delivered. Resume the run.")
        self.progress.phase("deliver", self.options.deliver)
        if self.options.deliver == "patch":
            delivered = deliver_patch(workspace, session.tree, self.folder.patch)
        else:
            delivered = self._deliver_branch(workspace, session.tree)
        ledger.append(
            EntryKind.DELIVERED,
            how=self.options.deliver,
            branch=delivered.branch,
            patch=self.folder.patch.name,
            commit=delivered.commit,
            tree=delivered.tree,
        )

    def _deliver_branch(self, workspace: Workspace, tree: str) -> Delivered:
        """The branch of this run: one that a kill left unrecorded, else a new one."""
        state = self.folder.read_state()
        left = find_branch(workspace, tree, slug=slug_of(self.options.task)) if state.get("delivers") else None
        self.folder.write_state({**state, "delivers": True})
        return left or deliver_branch(workspace, tree, slug=slug_of(self.options.task), message=self.options.task)


def exit_code_of(status: str) -> int:
    """The exit code that a finished contract's status stands for."""
    return {"proven": EXIT_PROVEN, "refused": EXIT_REFUSED}.get(status, EXIT_UNPROVEN)
