# tests/workspace/test_bundles.py — the base's tree in one file
import shutil
import subprocess
from pathlib import Path

import pytest

from python_coder.errors import EvidenceError
from python_coder.workspace.bundles import restore_bundle
from python_coder.workspace.trees import TreeStore
from python_coder.workspace.worktree import Workspace


def test_the_base_travels_in_a_bundle(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.folder / "app/main.py").write_text("x = 2\n")
    tree = workspace.checkpoint("an edit")
    patch = workspace.change(tree).patch_bytes
    workspace.base_bundle(tmp_path / "far" / "base.bundle")
    shutil.rmtree(workspace.repository)
    git, base_tree = restore_bundle(tmp_path / "far" / "base.bundle", tmp_path / "far" / "base.git")
    assert base_tree == workspace.base_tree
    store = TreeStore(git, tmp_path / "far" / "trees")
    assert (store.folder(base_tree) / "link.py").is_symlink()
    assert store.apply(base_tree, patch) == tree
    assert git.text("rev-list", "--count", "--all") == "1"


BROKEN = {
    "absent": None,
    "empty": b"",
    "text": b"no bundle\n",
    "cut": -200,
    "header-only": b"# v2 git bundle\n\n",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_bundle_is_evidence_of_nothing(workspace: Workspace, tmp_path: Path, broken) -> None:
    path = tmp_path / "base.bundle"
    workspace.base_bundle(path)
    whole = path.read_bytes()
    path.unlink()
    if broken is not None:
        path.write_bytes(whole[:broken] if isinstance(broken, int) else broken)
    with pytest.raises(EvidenceError, match="bundle"):
        restore_bundle(path, tmp_path / "base.git")


def test_a_bundle_with_holes_is_found_out(repository, tmp_path: Path) -> None:
    commit, tree = repository.git("rev-parse", "HEAD", "HEAD^{tree}").split()
    words = ["git", "pack-objects", "--stdout", "--quiet"]
    objects = f"{commit}\n{tree}\n".encode()
    pack = subprocess.run(words, cwd=repository.folder, input=objects, check=True, capture_output=True).stdout
    path = tmp_path / "base.bundle"
    path.write_bytes(f"# v2 git bundle\n{commit} refs/heads/base\n\n".encode() + pack)
    with pytest.raises(EvidenceError, match="damaged"):
        restore_bundle(path, tmp_path / "base.git")
