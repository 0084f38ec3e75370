# tests/workspace/test_worktree.py — a run's worktree: made, saved, restored, mended, removed
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from python_coder.errors import ToolRefusedError, UsageError
from python_coder.workspace.worktree import Workspace


def _files(folder: Path) -> dict[str, bytes]:
    """Content by path of all files and symlinks but the worktree's own `.git`."""
    return {
        str(path.relative_to(folder)): os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if (path.is_symlink() or path.is_file()) and path != folder / ".git"
    }


def _create(repository, tmp_path: Path, **options) -> Workspace:
    return Workspace.create(repository.folder, tmp_path / "run", run_id="run-1", **options)


def test_the_worktree_holds_the_base_and_the_user_keeps_all(repository, tmp_path: Path) -> None:
    before = repository.state()
    workspace = _create(repository, tmp_path)
    assert _files(workspace.folder) == _files_of(repository)
    assert os.access(workspace.folder / "run.sh", os.X_OK)
    assert workspace.base_commit == workspace.head_commit == repository.git("rev-parse", "HEAD")
    assert workspace.snapshot() == workspace.base_tree == repository.git("rev-parse", "HEAD^{tree}")
    assert workspace.repository == repository.folder.resolve()
    status = subprocess.run(["git", "status", "--porcelain"], cwd=workspace.folder, check=True, capture_output=True)
    assert status.stdout == b""
    workspace.remove()
    assert repository.state() == before


def _files_of(repository) -> dict[str, bytes]:
    return {path: content for path, content in _files(repository.folder).items() if not path.startswith(".git/")}


WHERE = {"subfolder": "app", "file": "app/main.py", "top": "."}


@pytest.mark.parametrize("where", WHERE.values(), ids=WHERE)
def test_any_place_in_the_repository_will_do(repository, tmp_path: Path, where: str) -> None:
    workspace = Workspace.create(repository.folder / where, tmp_path / "run", run_id="r")
    assert (workspace.folder / "app/main.py").is_file()


def test_the_users_repository_may_be_a_linked_worktree(repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    (tmp_path / "linked" / "side.py").write_text("side")
    subprocess.run(["git", "add", "-A"], cwd=tmp_path / "linked", check=True)
    workspace = Workspace.create(tmp_path / "linked", tmp_path / "run", run_id="r", include_dirty=True)
    assert (workspace.folder / "side.py").read_text() == "side"
    workspace.checkpoint("one")
    workspace.remove()
    assert repository.git("for-each-ref", "refs/python-coder") == ""
    assert len(repository.git("worktree", "list").splitlines()) == 2


def test_two_runs_do_not_meet(repository, tmp_path: Path) -> None:
    first = Workspace.create(repository.folder, tmp_path / "a", run_id="a")
    second = Workspace.create(repository.folder, tmp_path / "b", run_id="b")
    (first.folder / "first.py").write_text("1")
    first.checkpoint("first")
    assert second.snapshot() == second.base_tree
    assert second.checkpoints() == []
    first.remove()
    assert second.snapshot() == second.base_tree
    assert Workspace.open(tmp_path / "b").run_id == "b"


REFUSED_IDS = ["", "a b", "../x", "a..b", "x.lock", "-x", "a/b", "x.", "a~1", "é"]


@pytest.mark.parametrize("run_id", REFUSED_IDS, ids=repr)
def test_a_run_id_must_be_able_to_name_a_ref(repository, tmp_path: Path, run_id: str) -> None:
    with pytest.raises(UsageError, match="cannot name a run"):
        Workspace.create(repository.folder, tmp_path / "run", run_id=run_id)


def test_a_run_folder_inside_the_repository_is_refused(repository) -> None:
    with pytest.raises(UsageError, match="lies inside the repository"):
        Workspace.create(repository.folder, repository.folder / ".state/run", run_id="r")
    assert not (repository.folder / ".state").exists()


def test_a_run_is_made_once(workspace: Workspace, repository) -> None:
    with pytest.raises(UsageError, match="exists already"):
        Workspace.create(repository.folder, workspace.folder.parent, run_id="run-1")


def test_contents_are_bytes_whatever_attributes_and_settings_say(make_repository, tmp_path: Path) -> None:
    repository = make_repository("attributes")
    repository.write("unix.txt", b"a\nb\n")
    repository.write("dos.txt", b"a\r\nb\r\n")
    repository.write("pointer.bin", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    repository.commit()
    repository.write(".gitattributes", "*.txt text eol=crlf\n*.bin filter=lfs diff=lfs -text\n")
    repository.git("update-index", "--add", ".gitattributes")
    repository.git("update-index", "--assume-unchanged", "unix.txt", "dos.txt", "pointer.bin")
    repository.git("commit", "-q", "-m", "attributes")
    for name, value in {"smudge": "false", "clean": "false", "required": "true"}.items():
        repository.git("config", f"filter.lfs.{name}", value)
    repository.git("config", "core.autocrlf", "true")
    workspace = _create(repository, tmp_path)
    assert (workspace.folder / "unix.txt").read_bytes() == b"a\nb\n"
    assert (workspace.folder / "dos.txt").read_bytes() == b"a\r\nb\r\n"
    (workspace.folder / "dos.txt").write_bytes(b"a\r\nc\r\n")
    change = workspace.change()
    assert [(file.path, file.added_lines) for file in change.files] == [("dos.txt", {2})]


def test_an_edit_of_same_size_and_time_is_noticed(workspace: Workspace) -> None:
    file = workspace.folder / "app/main.py"
    before = file.stat()
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [file.path for file in workspace.change().files] == ["app/main.py"]


def test_a_snapshot_sees_every_kind_of_edit(workspace: Workspace) -> None:
    folder = workspace.folder
    (folder / "app/main.py").chmod(0o755)
    (folder / "app/models.py").rename(folder / "app/items.py")
    (folder / "link.py").unlink()
    (folder / "link.py").symlink_to("/etc/passwd")
    (folder / "run.sh").unlink()
    (folder / "run.sh").mkdir()
    (folder / "run.sh/inner.py").write_text("x")
    (folder / "Grüße\n.py").write_text("y")
    (folder / "empty").mkdir()
    entries = workspace.trees.entries(workspace.snapshot())
    assert {path: entry.mode for path, entry in entries.items()} == {
        ".gitignore": "100644",
        "Grüße\n.py": "100644",
        "app/items.py": "100644",
        "app/main.py": "100755",
        "link.py": "120000",
        "run.sh/inner.py": "100644",
        "tests/test_main.py": "100644",
    }


def test_no_symlink_is_followed(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.py").write_text("keep")
    shutil.rmtree(workspace.folder / "app")
    (workspace.folder / "app").symlink_to(outside)
    tree = workspace.checkpoint("a folder became a link")
    assert workspace.trees.entries(tree)["app"].mode == "120000"
    workspace.restore(workspace.base_tree)
    assert (workspace.folder / "app/main.py").is_file()
    assert not (workspace.folder / "app").is_symlink()
    assert (outside / "precious.py").read_text() == "keep"
    assert [path.name for path in outside.iterdir()] == ["precious.py"]


def test_too_much_new_content_is_refused(workspace: Workspace) -> None:
    with (workspace.folder / "huge.bin").open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(ToolRefusedError, match=r"huge\.bin among it"):
        workspace.snapshot()


def test_forbidden_modes_do_not_stop_a_snapshot_or_a_restore(workspace: Workspace) -> None:
    (workspace.folder / "app/main.py").write_text("x")
    (workspace.folder / "app/main.py").chmod(0)
    (workspace.folder / "app").chmod(0o500)
    (workspace.folder / "tests").chmod(0)
    assert [file.path for file in workspace.change().files] == ["app/main.py"]
    workspace.restore(workspace.base_tree)
    assert workspace.snapshot() == workspace.base_tree


def test_checkpoints_are_private_and_in_order(workspace: Workspace, repository, tmp_path: Path) -> None:
    trees = []
    for number in range(1, 12):
        (workspace.folder / "app/main.py").write_text(f"x = {number}\n")
        trees.append(workspace.checkpoint(f"edit {number}\nmore"))
    done = workspace.checkpoints()
    assert [(each.number, each.label, each.tree) for each in done] == [
        (number, f"edit {number} more", tree) for number, tree in enumerate(trees, 1)
    ]
    assert repository.git("log", "-1", "--format=%an <%ae>", done[0].commit) == "python-coder <python-coder@localhost>"
    assert repository.git("rev-parse", f"{done[0].commit}^") == workspace.base_commit
    assert repository.git("branch", "--all", "--format=%(refname)") == "refs/heads/main"
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    repository.git("push", "-q", str(remote), "--all")
    repository.git("push", "-q", str(remote), "--tags")
    refs = subprocess.run(["git", "for-each-ref"], cwd=remote, check=True, capture_output=True, text=True)
    assert "python-coder" not in refs.stdout


def test_a_checkpoint_asks_for_no_identity_and_no_signature(workspace: Workspace, repository) -> None:
    repository.git("config", "--unset", "user.name")
    repository.git("config", "--unset", "user.email")
    repository.git("config", "user.useConfigOnly", "true")
    repository.git("config", "commit.gpgSign", "true")
    repository.git("config", "gpg.program", "false")
    workspace.checkpoint("no questions")
    assert len(workspace.checkpoints()) == 1


def test_restore_makes_exactly_the_tree(workspace: Workspace) -> None:
    folder = workspace.folder
    before = _files(folder)
    (folder / "app/main.py").write_text("edited")
    (folder / "run.sh").chmod(0o644)
    (folder / "link.py").unlink()
    (folder / "link.py").write_text("a file now")
    shutil.rmtree(folder / "tests")
    (folder / "tests").write_text("a file now")
    (folder / "new/deep/folder").mkdir(parents=True)
    (folder / "new/deep/x.py").write_text("x")
    (folder / "kept.log").write_text("ignored")
    saved = workspace.checkpoint("a mess")
    mess = _files(folder)
    workspace.restore(workspace.base_tree)
    assert _files(folder) == before | {"kept.log": b"ignored"}
    assert not (folder / "new").exists()
    assert workspace.snapshot() == workspace.base_tree
    workspace.restore(saved)
    assert _files(folder) == mess
    assert workspace.snapshot() == saved


def test_restore_takes_composed_trees_and_checkpoints_them(workspace: Workspace) -> None:
    composed = workspace.trees.compose(workspace.base_tree, put={"app/new.py": b"x\r\n"}, drop=["link.py"])
    workspace.restore(composed)
    assert workspace.checkpoint("composed") == composed
    assert workspace.git.text("cat-file", "-t", composed) == "tree"


def test_composed_trees_leave_no_object_in_the_users_repository(workspace: Workspace, repository) -> None:
    before = repository.git("count-objects")
    tree = workspace.trees.compose(workspace.base_tree, put={"app/new.py": b"x", "y/z.py": b"y"})
    workspace.trees.folder(tree)
    assert repository.git("count-objects") == before


def test_a_deleted_worktree_is_an_empty_one(workspace: Workspace) -> None:
    shutil.rmtree(workspace.folder)
    assert workspace.trees.entries(workspace.snapshot()) == {}
    workspace.restore(workspace.base_tree)
    assert workspace.snapshot() == workspace.base_tree


def test_a_link_in_place_of_the_worktree_is_not_followed(workspace: Workspace, repository) -> None:
    before = repository.state()
    shutil.rmtree(workspace.folder)
    workspace.folder.symlink_to(repository.folder)
    repository.write("only/here.py", "x")
    workspace.restore(workspace.trees.compose(workspace.base_tree, put={"app/main.py": b"overwritten"}))
    assert (repository.folder / "only/here.py").is_file()
    shutil.rmtree(repository.folder / "only")
    assert {name: value for name, value in repository.state().items() if name != "worktrees"} == {
        name: value for name, value in before.items() if name != "worktrees"
    }


def _shallow(repository, tmp_path: Path) -> Path:
    repository.commit("a second")
    words = ["clone", "-q", "--depth=1", f"file://{repository.folder}", str(tmp_path / "shallow")]
    subprocess.run(["git", *words], check=True)
    return tmp_path / "shallow"


def _separate_git_folder(repository, tmp_path: Path) -> Path:
    repository.git("init", "-q", "--separate-git-dir", str(tmp_path / "elsewhere.git"))
    return repository.folder


def _submodule(repository, tmp_path: Path) -> Path:
    outer = tmp_path / "outer"
    subprocess.run(["git", "init", "-q", str(outer)], check=True)
    words = ["-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repository.folder), "inner"]
    subprocess.run(["git", *words], cwd=outer, check=True)
    return outer / "inner"


def _shared_objects(repository, tmp_path: Path) -> Path:
    words = ["clone", "-q", "--shared", str(repository.folder), str(tmp_path / "shared")]
    subprocess.run(["git", *words], check=True)
    return tmp_path / "shared"


def _through_a_link(repository, tmp_path: Path) -> Path:
    (tmp_path / "link").symlink_to(repository.folder)
    return tmp_path / "link" / "app"


def _detached_and_packed(repository, tmp_path: Path) -> Path:
    repository.git("checkout", "-q", "--detach")
    repository.git("gc", "-q")
    return repository.folder


KINDS = {
    "shallow": _shallow,
    "separate-git-folder": _separate_git_folder,
    "submodule": _submodule,
    "shared-objects": _shared_objects,
    "through-a-link": _through_a_link,
    "detached-and-packed": _detached_and_packed,
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_every_kind_of_repository_will_do(repository, tmp_path: Path, make) -> None:
    folder = make(repository, tmp_path)
    workspace = Workspace.create(folder, tmp_path / "run", run_id="r")
    (workspace.folder / "app/main.py").write_text("x\n")
    tree = workspace.checkpoint("an edit")
    assert [file.path for file in workspace.change(tree).files] == ["app/main.py"]
    workspace.base_bundle(tmp_path / "base.bundle")
    opened = Workspace.open(tmp_path / "run")
    assert opened.snapshot() == tree
    opened.remove()
    done = subprocess.run(["git", "worktree", "list"], cwd=folder, check=True, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 1


def test_submodules_are_tolerated(repository, make_repository, tmp_path: Path) -> None:
    library = make_repository("library")
    library.write("lib.py", "x")
    library.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.folder), "vendor/lib")
    repository.commit()
    workspace = _create(repository, tmp_path)
    assert workspace.snapshot() == workspace.base_tree
    assert list((workspace.folder / "vendor/lib").iterdir()) == []
    workspace.restore(workspace.base_tree)
    (workspace.folder / "vendor/lib/planted.py").write_text("x")
    assert "vendor/lib/planted.py" in workspace.trees.paths(workspace.snapshot())
    workspace.restore(workspace.base_tree)
    assert workspace.snapshot() == workspace.base_tree


def test_a_sparse_checkout_gives_a_whole_worktree(repository, tmp_path: Path) -> None:
    repository.git("sparse-checkout", "set", "--sparse-index", "tests")
    assert not (repository.folder / "app").exists()
    workspace = _create(repository, tmp_path)
    assert (workspace.folder / "app/main.py").is_file()
    assert workspace.change().files == ()


def test_a_whole_worktree_keeps_its_content(workspace: Workspace) -> None:
    (workspace.folder / "app/main.py").write_text("not saved yet")
    opened = Workspace.open(workspace.folder.parent)
    assert (opened.folder / "app/main.py").read_text() == "not saved yet"


def test_a_moved_repository_is_found_again(workspace: Workspace, repository, tmp_path: Path) -> None:
    tree = workspace.checkpoint("one")
    moved = repository.folder.rename(tmp_path / "moved")
    with pytest.raises(UsageError, match="There is no folder"):
        Workspace.open(workspace.folder.parent)
    opened = Workspace.open(workspace.folder.parent, repository=moved)
    assert opened.repository == moved
    assert opened.snapshot() == tree
    assert Workspace.open(workspace.folder.parent) == opened


def _another_run(workspace: Workspace, _: Path) -> Workspace:
    return Workspace.open(workspace.folder.parent, run_id="other")


def _empty_folder(_: Workspace, tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def _garbled(workspace: Workspace, _: Path) -> Workspace:
    (workspace.folder.parent / "workspace.json").write_text('{"repository": 1')
    return Workspace.open(workspace.folder.parent)


def _another_repository(workspace: Workspace, tmp_path: Path) -> Workspace:
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    words = ["-c", "user.name=U", "-c", "user.email=u@x", "commit", "-q", "--allow-empty", "-m", "x"]
    subprocess.run(["git", *words], cwd=other, check=True)
    return Workspace.open(workspace.folder.parent, repository=other)


NOT_OPENED = {
    "another-run": (_another_run, "belongs to run run-1"),
    "no-workspace": (_empty_folder, "holds no workspace"),
    "garbled-record": (_garbled, "cannot be read"),
    "another-repository": (_another_repository, "is not in"),
}


@pytest.mark.parametrize(("attempt", "sentence"), NOT_OPENED.values(), ids=NOT_OPENED)
def test_what_cannot_be_opened_is_said(workspace: Workspace, tmp_path: Path, attempt, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        attempt(workspace, tmp_path)


def test_remove_leaves_only_the_runs_evidence(workspace: Workspace, repository) -> None:
    run_folder = workspace.folder.parent
    (run_folder / "ledger.jsonl").write_text("{}")
    workspace.checkpoint("one")
    (workspace.folder / "app").chmod(0o500)
    Workspace.load(run_folder).remove()
    assert [path.name for path in run_folder.iterdir()] == ["ledger.jsonl"]
    assert repository.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert not (repository.folder / ".git/worktrees").exists()
    workspace.remove()


@pytest.mark.parametrize("delay_seconds", [0.0, 0.02, 0.05, 0.1])
def test_a_kill_at_any_moment_of_create_can_be_opened_or_was_never_there(
    repository, tmp_path: Path, delay_seconds: float
) -> None:
    for number in range(300):
        repository.write(f"many/file_{number}.py", "x = 1\n")
    tree = repository.commit()
    code = (
        "import sys; from pathlib import Path; from python_coder.workspace.worktree import Workspace;"
        "print('go', flush=True); Workspace.create(Path(sys.argv[1]), Path(sys.argv[2]), run_id='r')"
    )
    run_folder = tmp_path / "run"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(repository.folder), str(run_folder)], stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(delay_seconds)
        child.send_signal(signal.SIGKILL)
    try:
        opened = Workspace.open(run_folder)
    except UsageError:
        opened = Workspace.create(repository.folder, run_folder, run_id="r")
    assert opened.snapshot() == tree
    assert not opened.trees.damage(tree) or opened.trees.folder(tree)
    opened.remove()
    assert repository.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert len(repository.git("worktree", "list").splitlines()) == 1
