# tests/workspace/test_scan.py — what belongs to a snapshot, and that no edited rule hides a file
import os
import socket
import subprocess
from pathlib import Path

import pytest

from python_coder.workspace.worktree import Workspace

HIDING = {
    "gitignore-edited": {".gitignore": "*\n"},
    "gitignore-below": {"app/.gitignore": "*\n"},
    "attributes": {".gitattributes": "*.py export-ignore binary filter=none\n"},
}


@pytest.mark.parametrize("edits", HIDING.values(), ids=HIDING)
def test_an_edited_rule_hides_nothing(workspace: Workspace, edits: dict[str, str]) -> None:
    for path, text in edits.items():
        (workspace.folder / path).write_text(text)
    (workspace.folder / "app/hidden.py").write_text("x")
    assert set(workspace.trees.paths(workspace.snapshot())) >= {"app/hidden.py", *edits}


def test_a_rule_outside_the_tree_hides_nothing(
    workspace: Workspace, repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.write(".git/info/exclude", "*\n")
    (tmp_path / "git").mkdir()
    (tmp_path / "git/ignore").write_text("*\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (workspace.folder / "hidden.py").write_text("x")
    assert "hidden.py" in workspace.trees.paths(workspace.snapshot())


def test_a_repository_made_inside_hides_nothing(workspace: Workspace) -> None:
    inner = workspace.folder / "app"
    subprocess.run(["git", "init", "-q", "."], cwd=inner, check=True)
    (inner / "hidden.py").write_text("x")
    tree = workspace.snapshot()
    assert "app/hidden.py" in workspace.trees.paths(tree)
    assert not any(".git/" in path for path in workspace.trees.paths(tree))
    workspace.restore(workspace.base_tree)
    assert not (inner / ".git").exists()


def test_what_the_base_ignores_is_left_out(repository, tmp_path: Path) -> None:
    repository.write(".git/info/exclude", "/private/\n")
    (tmp_path / "excludes").write_text("*.swp\n")
    repository.git("config", "core.excludesFile", str(tmp_path / "excludes"))
    workspace = Workspace.create(repository.folder, tmp_path / "run", run_id="run-1")
    ignored = ["a.log", "build/x.py", ".env", "private/x.py", "x.swp", "app/__pycache__/m.pyc", ".venv/lib/x.py"]
    kept = ["app/build/x.py", "log.py", ":x.py", "private.py"]
    for path in (*ignored, *kept):
        (workspace.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace.folder / path).write_text("x")
    tree = workspace.snapshot()
    assert set(workspace.trees.paths(tree)) - set(workspace.trees.paths(workspace.base_tree)) == set(kept)
    assert workspace.ignored([*ignored[:5], *kept, "app/main.py"]) == set(ignored[:5])
    workspace.restore(workspace.base_tree)
    assert all((workspace.folder / path).is_file() for path in ignored)
    assert not any((workspace.folder / path).exists() for path in kept)
    assert not (workspace.folder / "app/build").exists()


def test_a_tracked_file_is_kept_though_a_rule_names_it(repository, tmp_path: Path) -> None:
    repository.write("tracked.log", "x")
    repository.write("lib/.venv/tracked.py", "x")
    repository.git("add", "-f", "tracked.log", "lib")
    repository.commit()
    workspace = Workspace.create(repository.folder, tmp_path / "run", run_id="run-1")
    (workspace.folder / "tracked.log").write_text("edited")
    (workspace.folder / "lib/.venv/tracked.py").write_text("edited")
    assert [file.path for file in workspace.change().files] == ["lib/.venv/tracked.py", "tracked.log"]


def test_a_rule_that_the_change_drops_brings_files_into_view(workspace: Workspace) -> None:
    (workspace.folder / "a.log").write_text("x")
    (workspace.folder / ".gitignore").write_text("")
    assert "a.log" in workspace.trees.paths(workspace.snapshot())


def test_what_git_cannot_hold_is_left_out_and_goes(workspace: Workspace) -> None:
    os.mkfifo(workspace.folder / "pipe")
    for name in ("git~1", "GIT~1", ".git ", "a\\.git", ".Git:x"):
        (workspace.folder / name).write_text("x")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(workspace.folder)
        server.bind("socket")
        os.chdir(here)
    assert workspace.snapshot() == workspace.base_tree
    workspace.restore(workspace.base_tree)
    names = {".git", ".gitignore", "app", "link.py", "run.sh", "tests"}
    assert {path.name for path in workspace.folder.iterdir()} == names
