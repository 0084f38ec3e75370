# tests/agent/test_taking_back.py — taking a delivery back, without touching the user's own work
import shutil
from pathlib import Path

import pytest

from agent.delivered_run import DeliveredRun, deliver, git
from python_coder.agent.taking_back import undo_run
from python_coder.errors import UsageError
from python_coder.evidence.ledger import Ledger

BRANCH = "python-coder/add-least"


@pytest.fixture
def run(tmp_path: Path) -> DeliveredRun:
    return deliver(tmp_path)


def refs(run: DeliveredRun) -> list[str]:
    return git(run.repository, "for-each-ref", "--format=%(refname)").split()


def test_branch_worktree_and_private_refs_go_and_evidence_stays(run: DeliveredRun) -> None:
    (run.repository / "prices" / "sums.py").write_text("# my own edit\n")
    undone = undo_run(run.folder)
    assert undone.removed == (f"branch {BRANCH}", "worktree and private refs")
    assert undone.kept == str(run.folder.folder)
    assert refs(run) == ["refs/heads/main"]
    assert git(run.repository, "worktree", "list").count("\n") == 0
    assert not run.folder.worktree.exists()
    assert run.folder.contract.exists()
    assert run.folder.ledger.exists()
    assert (run.repository / "prices" / "sums.py").read_text() == "# my own edit\n"


def test_undoing_twice_is_no_error(run: DeliveredRun) -> None:
    undo_run(run.folder)
    assert undo_run(run.folder).removed == ()


def test_purge_removes_the_evidence_too(run: DeliveredRun) -> None:
    undone = undo_run(run.folder, purges=True)
    assert undone.kept == ""
    assert not run.folder.folder.exists()


def test_branch_that_the_user_built_on_stays_and_so_does_all_else(run: DeliveredRun) -> None:
    before = refs(run)
    git(run.repository, "checkout", "-q", BRANCH)
    git(run.repository, "commit", "-q", "--allow-empty", "-m", "mine")
    git(run.repository, "checkout", "-q", "main")
    with pytest.raises(UsageError, match="has moved on"):
        undo_run(run.folder)
    assert refs(run) == before
    assert run.folder.worktree.exists()


def test_branch_that_is_checked_out_stays(run: DeliveredRun) -> None:
    git(run.repository, "checkout", "-q", BRANCH)
    with pytest.raises(UsageError, match="checked out"):
        undo_run(run.folder)
    assert f"refs/heads/{BRANCH}" in refs(run)


def test_run_that_is_still_going_is_not_undone(run: DeliveredRun) -> None:
    with Ledger.open(run.folder.ledger), pytest.raises(UsageError, match="still going"):
        undo_run(run.folder)
    assert f"refs/heads/{BRANCH}" in refs(run)


def test_repository_that_is_gone_leaves_nothing_to_take_back(run: DeliveredRun) -> None:
    shutil.rmtree(run.repository)
    assert undo_run(run.folder, purges=True).removed[-1] == "evidence"
    assert not run.folder.folder.exists()
