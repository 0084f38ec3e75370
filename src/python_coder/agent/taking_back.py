# src/python_coder/agent/taking_back.py — takes back what a run delivered; the user's own work is never touched
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder.agent.left_stacks import remove_left_stacks
from python_coder.agent.run_overview import UNDONE, is_running
from python_coder.agent.run_store import RunFolder
from python_coder.errors import UsageError
from python_coder.evidence.canonical import mapping_at, text_at
from python_coder.evidence.entries import EntryKind
from python_coder.evidence.facts import last
from python_coder.evidence.ledger import read_ledger
from python_coder.workspace.delivery import Delivered, undo_delivery
from python_coder.workspace.files import remove_folder
from python_coder.workspace.git import open_repository
from python_coder.workspace.worktree import Workspace


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What was taken away, and what stays."""

    run_id: str
    removed: Sequence[str]
    """In words, such as `branch python-coder/add-product`."""
    kept: str
    """Folder of the evidence; empty when it was purged."""


def undo_run(run: RunFolder, *, purges: bool = False) -> Undone:
    """Remove the delivered branch, the worktree and the private refs of a run. Undoing twice is no error.

    Args:
        run: Which run.
        purges: Whether the run's evidence goes too.

    Raises:
        UsageError: The run is still going, or the branch has moved on or is checked out; then nothing is removed.
        EvidenceError: The ledger is damaged, so that nobody knows what was delivered.
    """
    if is_running(run):
        raise UsageError(f"Run {run.run_id} is still going. Interrupt it first, with Ctrl-C in its terminal.")
    removed = _take_back(run)
    entries = read_ledger(run.ledger) if run.ledger.exists() else ()
    if remove_left_stacks(run, text_at(last(entries, EntryKind.KNOWN_GOOD), "project_root")):
        removed.append("containers of an interrupted run")
    if (run.folder / "workspace.json").exists():
        Workspace.load(run.folder).remove()
        removed.append("worktree and private refs")
    for folder in (run.trees, run.scratch):
        remove_folder(folder)
    if purges:
        remove_folder(run.folder)
        return Undone(run_id=run.run_id, removed=(*removed, "evidence"), kept="")
    run.write_state({**run.read_state(), "phase": UNDONE})
    return Undone(run_id=run.run_id, removed=tuple(removed), kept=str(run.folder))


def _take_back(run: RunFolder) -> list[str]:
    delivered = last(read_ledger(run.ledger), EntryKind.DELIVERED) if run.ledger.exists() else {}
    branch = text_at(delivered, "branch")
    repository = Path(text_at(mapping_at(run.read_state(), "options"), "repository"))
    # A repository that is gone took the branch with it.
    if not branch or not repository.is_dir():
        return []
    git = open_repository(repository)
    was_there = bool(git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", ok=(0, 1)))
    undo_delivery(git, Delivered(tree=text_at(delivered, "tree"), branch=branch, commit=text_at(delivered, "commit")))
    return [f"branch {branch}"] if was_there else []
