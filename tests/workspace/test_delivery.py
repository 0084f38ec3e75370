# tests/workspace/test_delivery.py — the change as a branch or a patch, and taken back
import dataclasses
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.workspace.delivery import Delivered, deliver_branch, deliver_patch, slug_of, undo_delivery
from python_coder.workspace.worktree import Workspace

SLUGS = {
    "words": ("Add cursor pagination to GET /items", "add-cursor-pagination-to-get-items"),
    "punctuation": ("  Fix: `User.name`!?  ", "fix-user-name"),
    "accents": ("Füge Größe hinzu", "fuge-groe-hinzu"),
    "no-ascii": ("修正する", "task"),
    "empty": ("", "task"),
    "ref-syntax": ("a..b~1^{}@{0}.lock/../-x", "a-b-1-0-lock-x"),
    "cut-between-words": ("word " * 20, "word-word-word-word-word-word-word-word-word"),
    "one-long-word": ("x" * 80, "x" * 48),
    "newlines": ("first\nsecond\0third", "first-second-third"),
}


@pytest.mark.parametrize(("task", "slug"), SLUGS.values(), ids=SLUGS)
def test_slug(task: str, slug: str) -> None:
    assert slug_of(task) == slug
    assert slug_of(slug) == slug


@pytest.fixture
def tree(workspace: Workspace) -> str:
    (workspace.folder / "app/main.py").write_text("def main() -> int:\n    return 2\n")
    (workspace.folder / "x y.bin").write_bytes(b"\0\xff")
    (workspace.folder / "link.py").unlink()
    return workspace.checkpoint("an edit")


def test_a_branch_is_one_commit_on_the_base(workspace: Workspace, repository, tree: str) -> None:
    before = repository.state()
    delivered = deliver_branch(workspace, tree, slug="do-it", message="Do it\n\nAll of it.")
    assert delivered == Delivered(tree=tree, branch="python-coder/do-it", commit=delivered.commit)
    assert repository.git("rev-parse", "python-coder/do-it") == delivered.commit
    assert repository.git("rev-parse", f"{delivered.commit}^{{tree}}") == tree
    assert repository.git("rev-list", "main..python-coder/do-it") == delivered.commit
    assert repository.git("log", "-1", "--format=%an %ae %cn|%B", delivered.commit) == (
        "A User user@example.org A User|Do it\n\nAll of it."
    )
    after = repository.state()
    assert {name for name in before if before[name] != after[name]} == {"refs"}
    workspace.remove()
    assert repository.git("rev-parse", "python-coder/do-it") == delivered.commit
    repository.git("fsck", "--strict", "--no-dangling")


def test_uncommitted_work_is_a_commit_of_its_own_below(repository, tmp_path: Path) -> None:
    repository.write("app/draft.py", "draft\n")
    workspace = Workspace.create(repository.folder, tmp_path / "run", run_id="r", include_dirty=True)
    (workspace.folder / "app/new.py").write_text("x\n")
    delivered = deliver_branch(workspace, workspace.checkpoint("x"), slug="s", message="m")
    assert repository.git("rev-list", "--reverse", "main..python-coder/s").splitlines() == [
        workspace.base_commit,
        delivered.commit,
    ]
    assert repository.git("diff", "--name-only", delivered.commit + "^", delivered.commit) == "app/new.py"


def test_a_taken_name_gets_a_number(workspace: Workspace, repository, tree: str) -> None:
    repository.git("branch", "python-coder/s")
    repository.git("branch", "python-coder/s-2/below")
    names = [deliver_branch(workspace, tree, slug="s", message="m").branch for _ in range(2)]
    assert names == ["python-coder/s-3", "python-coder/s-4"]
    assert repository.git("rev-parse", "python-coder/s") == repository.git("rev-parse", "main")


def test_deliveries_at_the_same_time_get_names_of_their_own(workspace: Workspace, tree: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: deliver_branch(workspace, tree, slug="s", message="m").branch, range(8)))
    assert len(set(done)) == 8


def test_a_branch_in_the_way_is_named(workspace: Workspace, repository, tree: str) -> None:
    repository.git("branch", "python-coder")
    with pytest.raises(UsageError, match="git branch -m python-coder NAME"):
        deliver_branch(workspace, tree, slug="s", message="m")


def test_the_base_itself_is_no_change(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="no change to deliver"):
        deliver_branch(workspace, workspace.base_tree, slug="s", message="m")


MESSAGES = {"empty": ("", "No message"), "nul": ("a\0b", "ab"), "comment-like": ("# not a comment", "# not a comment")}


@pytest.mark.parametrize(("message", "kept"), MESSAGES.values(), ids=MESSAGES)
def test_any_message_will_do(workspace: Workspace, repository, tree: str, message: str, kept: str) -> None:
    delivered = deliver_branch(workspace, tree, slug="s", message=message)
    assert repository.git("log", "-1", "--format=%B", delivered.commit) == kept


def test_no_identity_no_hook_and_no_signature_is_needed(workspace: Workspace, repository, tree: str) -> None:
    for name in ("user.name", "user.email"):
        repository.git("config", "--unset", name)
    repository.git("config", "commit.gpgSign", "true")
    for hook in ("pre-commit", "commit-msg", "reference-transaction"):
        repository.write(f".git/hooks/{hook}", "#!/bin/sh\nexit 1\n").chmod(0o755)
    delivered = deliver_branch(workspace, tree, slug="s", message="m")
    assert repository.git("log", "-1", "--format=%an", delivered.commit) == "python-coder"


def test_a_patch_applies_to_the_users_tree(workspace: Workspace, repository, tree: str, tmp_path: Path) -> None:
    path = tmp_path / "out" / "change.patch"
    delivered = deliver_patch(workspace, tree, path)
    assert (delivered.patch, delivered.tree, delivered.branch) == (path, tree, "")
    repository.git("apply", "--binary", "--index", str(path))
    assert repository.git("write-tree") == tree
    assert [each.name for each in path.parent.iterdir()] == ["change.patch"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; run the tests as another user")
def test_a_patch_that_cannot_be_written_is_said(workspace: Workspace, tree: str, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(EnvironmentLacksError, match="Cannot write below"):
        deliver_patch(workspace, tree, tmp_path / "closed" / "change.patch")


def test_a_branch_is_taken_back(workspace: Workspace, repository, tree: str) -> None:
    before = repository.state()
    delivered = deliver_branch(workspace, tree, slug="s", message="m")
    undo_delivery(workspace.git, delivered)
    assert repository.state() == before
    undo_delivery(workspace.git, delivered)


def _build_on_it(repository, branch: str, tmp_path: Path) -> None:
    commit = repository.git("commit-tree", "-p", branch, "-m", "more", f"{branch}^{{tree}}")
    repository.git("update-ref", f"refs/heads/{branch}", commit)


def _check_it_out(repository, branch: str, tmp_path: Path) -> None:
    repository.git("checkout", "-q", branch)


def _check_it_out_elsewhere(repository, branch: str, tmp_path: Path) -> None:
    repository.git("worktree", "add", "-q", str(tmp_path / "else where"), branch)


KEPT = {
    "built-on": (_build_on_it, "has moved on"),
    "checked-out": (_check_it_out, "is checked out in"),
    "checked-out-elsewhere": (_check_it_out_elsewhere, "is checked out in .*else where"),
}


@pytest.mark.parametrize(("use", "sentence"), KEPT.values(), ids=KEPT)
def test_a_branch_that_is_used_stays(
    workspace: Workspace, repository, tree: str, tmp_path: Path, use, sentence: str
) -> None:
    delivered = deliver_branch(workspace, tree, slug="s", message="m")
    use(repository, delivered.branch, tmp_path)
    now = repository.git("rev-parse", delivered.branch)
    with pytest.raises(UsageError, match=sentence):
        undo_delivery(workspace.git, delivered)
    assert repository.git("rev-parse", delivered.branch) == now


def test_a_patch_is_taken_back_unless_it_was_changed(workspace: Workspace, tree: str, tmp_path: Path) -> None:
    delivered = deliver_patch(workspace, tree, tmp_path / "a.patch")
    (tmp_path / "a.patch").write_text("edited")
    with pytest.raises(UsageError, match="was changed since it was delivered"):
        undo_delivery(workspace.git, delivered)
    again = deliver_patch(workspace, tree, tmp_path / "a.patch")
    undo_delivery(workspace.git, again)
    assert not (tmp_path / "a.patch").exists()
    undo_delivery(workspace.git, again)


def test_a_delivery_survives_as_plain_values(workspace: Workspace, tree: str) -> None:
    delivered = deliver_branch(workspace, tree, slug="s", message="m")
    assert Delivered(**dataclasses.asdict(delivered)) == delivered


def test_a_clone_of_the_branch_is_the_tree(workspace: Workspace, repository, tree: str, tmp_path: Path) -> None:
    delivered = deliver_branch(workspace, tree, slug="s", message="m")
    words = ["clone", "-q", "--branch", delivered.branch, str(repository.folder), str(tmp_path / "clone")]
    subprocess.run(["git", *words], check=True, capture_output=True)
    assert (tmp_path / "clone" / "x y.bin").read_bytes() == b"\0\xff"
    assert not (tmp_path / "clone" / "link.py").exists()
