# tests/workspace/test_registration.py — a worktree that was damaged is made again; other worktrees are spared
import shutil
import subprocess
from pathlib import Path

import pytest

from python_coder.workspace.worktree import Workspace


def _drop_link(workspace: Workspace) -> None:
    (workspace.folder / ".git").unlink()


def _turn_link(workspace: Workspace) -> None:
    (workspace.folder / ".git").write_text("gitdir: /somewhere/else\n")


def _own_repository(workspace: Workspace) -> None:
    _drop_link(workspace)
    subprocess.run(["git", "init", "-q", "."], cwd=workspace.folder, check=True)


def _drop_worktree(workspace: Workspace) -> None:
    shutil.rmtree(workspace.folder)


def _drop_and_prune(workspace: Workspace) -> None:
    _drop_worktree(workspace)
    subprocess.run(["git", "worktree", "prune"], cwd=workspace.repository, check=True)


def _drop_private_parts(workspace: Workspace) -> None:
    for name in ("worktree", "trees", "store.git", "rules"):
        shutil.rmtree(workspace.folder.parent / name)


def _drop_rules(workspace: Workspace) -> None:
    shutil.rmtree(workspace.folder.parent / "rules")


DAMAGES = {
    "no-rules": _drop_rules,
    "no-link": _drop_link,
    "link-elsewhere": _turn_link,
    "repository-of-its-own": _own_repository,
    "no-worktree": _drop_worktree,
    "pruned": _drop_and_prune,
    "only-the-record-left": _drop_private_parts,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_worktree_is_made_again_at_the_last_checkpoint(workspace: Workspace, repository, damage) -> None:
    (workspace.folder / "app/main.py").write_text("x = 1\n")
    tree = workspace.checkpoint("an edit")
    workspace.trees.folder(tree)
    damage(workspace)
    opened = Workspace.open(workspace.folder.parent, repository=repository.folder, run_id="run-1")
    assert opened == workspace
    assert opened.snapshot() == tree
    assert opened.checkpoint("the next") == tree
    assert [each.number for each in opened.checkpoints()] == [1, 2]
    assert opened.trees.damage(tree)
    opened.trees.folder(tree)
    assert not opened.trees.damage(tree)
    opened.remove()
    assert len(repository.git("worktree", "list").splitlines()) == 1


def test_remove_spares_other_worktrees_and_works_without_the_repository(
    workspace: Workspace, repository, tmp_path: Path
) -> None:
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "unmounted"))
    shutil.rmtree(tmp_path / "unmounted")
    workspace.remove()
    assert "unmounted" in repository.git("worktree", "list")
    second = Workspace.create(repository.folder, tmp_path / "second", run_id="second")
    shutil.rmtree(repository.folder)
    second.remove()
    assert list((tmp_path / "second").iterdir()) == []
