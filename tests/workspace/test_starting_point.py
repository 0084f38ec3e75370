# tests/workspace/test_starting_point.py — what a run starts from when the user's work is not committed
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.errors import UsageError
from python_coder.workspace.git import open_repository
from python_coder.workspace.starting_point import StartingPoint, find_starting_point
from python_coder.workspace.trees import TreeStore


def _start(repository, *, include_dirty: bool = True) -> StartingPoint:
    return find_starting_point(open_repository(repository.folder), include_dirty=include_dirty)


def _edit(repository) -> None:
    repository.write("app/main.py", "edited\n")


def _stage(repository) -> None:
    _edit(repository)
    repository.git("add", "app/main.py")


def _stage_then_edit(repository) -> None:
    _stage(repository)
    repository.write("app/main.py", "edited again\n")


def _delete(repository) -> None:
    (repository.folder / "app/main.py").unlink()


def _rename_staged(repository) -> None:
    repository.git("mv", "app/main.py", "app/start.py")


def _add_untracked(repository) -> None:
    repository.write("app/néw [x] *.py", "new\n")
    repository.write(":odd\n.py", "new\n")


def _intend_to_add(repository) -> None:
    repository.write("app/soon.py", "soon\n")
    repository.git("add", "-N", "app/soon.py")


def _make_executable(repository) -> None:
    (repository.folder / "app/main.py").chmod(0o755)


def _file_to_folder(repository) -> None:
    _delete(repository)
    repository.write("app/main.py/inner.py", "inner\n")


def _folder_to_link(repository) -> None:
    shutil.rmtree(repository.folder / "app")
    (repository.folder / "app").symlink_to("/etc")


def _untrack_but_keep(repository) -> None:
    repository.git("rm", "-q", "--cached", "run.sh")
    repository.write(".gitignore", "run.sh\n")


DIRTY: dict[str, tuple[Callable[..., None], set[str], set[str]]] = {
    "edited": (_edit, {"app/main.py"}, set()),
    "staged": (_stage, {"app/main.py"}, set()),
    "staged-then-edited": (_stage_then_edit, {"app/main.py"}, set()),
    "deleted": (_delete, set(), {"app/main.py"}),
    "rename-staged": (_rename_staged, {"app/start.py"}, {"app/main.py"}),
    "untracked": (_add_untracked, {"app/néw [x] *.py", ":odd\n.py"}, set()),
    "intent-to-add": (_intend_to_add, {"app/soon.py"}, set()),
    "mode": (_make_executable, {"app/main.py"}, set()),
    "file-to-folder": (_file_to_folder, {"app/main.py/inner.py"}, {"app/main.py"}),
    "folder-to-link": (_folder_to_link, {"app"}, {"app/main.py", "app/models.py"}),
    "untracked-and-ignored-now": (_untrack_but_keep, {".gitignore"}, {"run.sh"}),
}


@pytest.mark.parametrize(("make", "put", "gone"), DIRTY.values(), ids=DIRTY)
def test_uncommitted_work_is_refused_or_taken_whole(repository, tmp_path: Path, make, put, gone) -> None:
    make(repository)
    before = repository.state()
    with pytest.raises(UsageError, match="--include-dirty"):
        _start(repository, include_dirty=False)
    start = _start(repository)
    assert repository.state() == before
    assert (
        start.head_commit == repository.git("rev-parse", "HEAD") == repository.git("rev-parse", f"{start.base_commit}^")
    )
    store = TreeStore(open_repository(repository.folder), tmp_path)
    old, new = (
        store.entries(repository.git("rev-parse", f"{commit}^{{tree}}")) for commit in ("HEAD", start.base_commit)
    )
    assert {path for path in new if new[path] != old.get(path)} == put
    assert set(old) - set(new) == gone


def test_the_refusal_names_up_to_five_files(repository) -> None:
    for number in range(8):
        repository.write(f"new_{number}.py", "x")
    sentence = r"uncommitted changes: new_0\.py, new_1\.py, new_2\.py, new_3\.py, new_4\.py and 3 more\. Commit"
    with pytest.raises(UsageError, match=sentence):
        _start(repository, include_dirty=False)


def _ignored_file(repository) -> None:
    repository.write("a.log", "x")
    repository.write(".env", "SECRET=1")


def _caches(repository) -> None:
    repository.write("app/__pycache__/main.cpython-311.pyc", "x")
    repository.write(".venv/lib/x.py", "x")


def _touched(repository) -> None:
    os.utime(repository.folder / "app/main.py", (1_600_000_000, 1_600_000_000))


def _repository_inside(repository) -> None:
    subprocess.run(["git", "init", "-q", str(repository.folder / "inner")], check=True)
    repository.write("inner/x.py", "x")


def _hidden_by_configuration(repository) -> None:
    repository.git("config", "status.showUntrackedFiles", "no")
    repository.git("config", "status.relativePaths", "false")


CLEAN = {
    "untouched": lambda _: None,
    "ignored-files": _ignored_file,
    "caches-that-nobody-ignores": _caches,
    "memories-that-nobody-committed": lambda repository: repository.write(".serena/memories/a/b.md", "x"),
    "only-touched": _touched,
    "another-repository-inside": _repository_inside,
    "configured": _hidden_by_configuration,
}


@pytest.mark.parametrize("make", CLEAN.values(), ids=CLEAN)
def test_a_clean_tree_starts_at_head(repository, make) -> None:
    make(repository)
    before = repository.state()
    for include_dirty in (False, True):
        start = _start(repository, include_dirty=include_dirty)
        assert start.base_commit == start.head_commit == repository.git("rev-parse", "HEAD")
        assert start.base_tree == repository.git("rev-parse", "HEAD^{tree}")
    assert repository.state() == before


def test_untracked_files_count_though_the_user_does_not_list_them(repository) -> None:
    _hidden_by_configuration(repository)
    repository.write("new.py", "x")
    with pytest.raises(UsageError, match=r"new\.py"):
        _start(repository, include_dirty=False)


def test_line_endings_are_turned_as_the_users_git_does(repository) -> None:
    repository.write(".gitattributes", "*.txt text eol=crlf\n")
    repository.write("note.txt", "a\r\n")
    repository.commit()
    repository.write("note.txt", "a\r\nb\r\n")
    start = _start(repository)
    assert repository.git("cat-file", "blob", f"{start.base_commit}:note.txt") == "a\nb"


def test_an_edit_of_the_same_size_right_after_git_add_is_noticed(repository, tmp_path: Path) -> None:
    for number in range(5):
        repository.write("app/main.py", f"x = {number}\n")
        repository.git("add", "app/main.py")
        repository.write("app/main.py", f"x = {number + 1}\n")
        start = _start(repository)
        assert repository.git("cat-file", "blob", f"{start.base_commit}:app/main.py") == f"x = {number + 1}"


def test_an_edit_that_only_the_age_of_the_index_gives_away_is_taken(repository) -> None:
    # As when a file is saved twice within a second: size and time stamps are those of the index.
    repository.git("config", "core.trustctime", "false")
    second = 1_600_000_000
    file, index = repository.folder / "app/main.py", repository.folder / ".git/index"
    for content in ("x = 1\n", "x = 2\n"):
        file.write_text(content)
        os.utime(file, (second, second))
        if content == "x = 1\n":
            repository.git("add", "app/main.py")
            os.utime(index, (second, second))
    start = _start(repository)
    assert repository.git("cat-file", "blob", f"{start.base_commit}:app/main.py") == "x = 2"


def test_a_submodule_with_uncommitted_work_is_tolerated(repository, make_repository) -> None:
    library = make_repository("library")
    library.write("lib.py", "x")
    library.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.folder), "vendor/lib")
    tree = repository.commit()
    repository.write("vendor/lib/lib.py", "edited inside the submodule")
    assert _start(repository, include_dirty=False).base_tree == tree
    words = ["-c", "user.name=U", "-c", "user.email=u@x", "commit", "-qam", "moved on"]
    subprocess.run(["git", *words], cwd=repository.folder / "vendor/lib", check=True)
    with pytest.raises(UsageError, match="vendor/lib"):
        _start(repository, include_dirty=False)
    assert repository.git("diff", "--name-only", "HEAD", _start(repository).base_commit) == "vendor/lib"


def test_the_snapshot_needs_no_identity(repository) -> None:
    repository.git("config", "--unset", "user.name")
    repository.git("config", "--unset", "user.email")
    repository.git("config", "commit.gpgSign", "true")
    _edit(repository)
    assert repository.git("log", "-1", "--format=%an", _start(repository).base_commit) == "python-coder"


def test_the_snapshot_is_the_users_own_commit(repository) -> None:
    _edit(repository)
    assert (
        repository.git("log", "-1", "--format=%an <%ae>", _start(repository).base_commit) == "A User <user@example.org>"
    )


def _conflict(repository) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.write("app/main.py", "side\n")
    repository.commit("side")
    repository.git("checkout", "-q", "main")
    repository.write("app/main.py", "main\n")
    repository.commit("main")


def _merge(repository) -> None:
    _conflict(repository)
    subprocess.run(["git", "merge", "side"], cwd=repository.folder, check=False, capture_output=True)


def _rebase(repository) -> None:
    _conflict(repository)
    subprocess.run(["git", "rebase", "side"], cwd=repository.folder, check=False, capture_output=True)


def _cherry_pick(repository) -> None:
    _conflict(repository)
    subprocess.run(["git", "cherry-pick", "side"], cwd=repository.folder, check=False, capture_output=True)


def _stash_pop(repository) -> None:
    repository.write("app/main.py", "stashed\n")
    repository.git("stash", "-q")
    repository.write("app/main.py", "main\n")
    repository.commit("main")
    subprocess.run(["git", "stash", "pop"], cwd=repository.folder, check=False, capture_output=True)


UNFINISHED = {
    "merge": (_merge, "A merge is in progress"),
    "rebase": (_rebase, "A rebase is in progress"),
    "cherry-pick": (_cherry_pick, "A cherry-pick is in progress"),
    "stash-pop": (_stash_pop, r"unresolved conflicts: app/main\.py"),
}


@pytest.mark.parametrize(("make", "sentence"), UNFINISHED.values(), ids=UNFINISHED)
def test_half_done_work_is_no_starting_point(repository, make, sentence: str) -> None:
    make(repository)
    before = repository.state()
    with pytest.raises(UsageError, match=sentence):
        _start(repository)
    assert repository.state() == before


def test_a_held_index_does_not_matter(repository) -> None:
    _edit(repository)
    (repository.folder / ".git/index.lock").touch()
    assert _start(repository).base_commit != repository.git("rev-parse", "HEAD")


def test_a_lost_index_does_not_matter(repository) -> None:
    _edit(repository)
    (repository.folder / ".git/index").unlink()
    start = _start(repository)
    assert repository.git("diff", "--name-only", "HEAD", start.base_commit) == "app/main.py"
    assert not (repository.folder / ".git/index").exists()


def test_a_thousand_files_are_quick(repository) -> None:
    for number in range(1000):
        repository.write(f"many/file_{number}.py", "x = 1\n")
    start = time.process_time()
    assert _start(repository).base_tree
    assert time.process_time() - start < 0.3
