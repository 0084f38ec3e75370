# tests/workspace/test_git.py — git without hooks, prompts or inherited surprises
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.errors import EnvironmentLacksError, PythonCoderError, UsageError
from python_coder.workspace.git import (
    OUR_IDENTITY,
    Git,
    open_repository,
    private_repository,
    user_identity,
    write_blobs,
)

INSIDE = {"top": ".", "subfolder": "app", "file": "app/main.py", "through-dots": "app/../tests"}


@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
def test_finds_the_top_of_the_work_tree(repository, inside: str) -> None:
    git = open_repository(repository.folder / inside)
    assert git.folder == repository.folder.resolve()
    assert git.git_dir == git.folder / ".git"


def test_a_relative_path_is_enough(repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.folder / "app")
    assert open_repository(Path()).folder == repository.folder.resolve()


def test_the_top_may_be_a_linked_worktree(repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    git = open_repository(tmp_path / "linked")
    assert git.folder == (tmp_path / "linked").resolve()
    assert git.common_dir() == repository.folder.resolve() / ".git"


def _nothing_there(folder: Path) -> Path:
    return folder / "absent"


def _plain_folder(folder: Path) -> Path:
    return folder


def _bare(folder: Path) -> Path:
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)
    return folder


def _without_commits(folder: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def _inside_git_folder(folder: Path) -> Path:
    return _without_commits(folder) / ".git"


UNUSABLE = {
    "no-such-folder": (_nothing_there, "There is no folder"),
    "no-repository": (_plain_folder, "is not in a git repository"),
    "bare": (_bare, "is a bare git repository"),
    "no-commits": (_without_commits, "has no commits yet"),
    "inside-git-folder": (_inside_git_folder, "inside a .git folder"),
}


@pytest.mark.parametrize(("make", "sentence"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_folder_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Path], sentence: str
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match=sentence):
        open_repository(make(tmp_path))


def test_a_missing_git_is_the_environments_fault(repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentLacksError, match="git is not installed"):
        open_repository(repository.folder)


def test_a_repository_of_another_owner_gets_the_command_that_mends_it(
    repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("python_coder.workspace.git._FIXED", {"LC_ALL": "C", "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    with pytest.raises(UsageError, match=r"--add safe\.directory"):
        open_repository(repository.folder)


def test_variables_of_a_hook_do_not_leak_in(repository, make_repository, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_repository("other")
    other.commit("other")
    for name, value in {
        "GIT_DIR": str(other.folder / ".git"),
        "GIT_WORK_TREE": str(other.folder),
        "GIT_INDEX_FILE": str(other.folder / "no-index"),
        "GIT_OBJECT_DIRECTORY": str(other.folder / "no-objects"),
        "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
    }.items():
        monkeypatch.setenv(name, value)
    git = open_repository(repository.folder)
    assert git.folder == repository.folder.resolve()
    assert "app/main.py" in git.text("ls-files").splitlines()


def test_no_hook_runs(repository, tmp_path: Path) -> None:
    hook = repository.write(".git/hooks/reference-transaction", f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    hook.chmod(0o755)
    git = open_repository(repository.folder)
    git.run("update-ref", "refs/heads/new", "HEAD")
    assert not (tmp_path / "ran").exists()
    repository.git("update-ref", "refs/heads/newer", "HEAD")
    assert (tmp_path / "ran").exists(), "the hook itself must be able to run, or this test shows nothing"


def test_replaced_objects_are_seen_as_they_are(repository) -> None:
    old = repository.git("rev-parse", "HEAD:app/main.py")
    other = repository.git("rev-parse", "HEAD:app/models.py")
    repository.git("replace", old, other)
    assert open_repository(repository.folder).run("cat-file", "blob", old).startswith(b"def main")


FAILURES = {
    "held-lock": ("index.lock", UsageError, "Another git command holds"),
    "bad-object": ("", PythonCoderError, "git rm failed in"),
}


@pytest.mark.parametrize(("lock", "error", "sentence"), FAILURES.values(), ids=FAILURES)
def test_a_failure_becomes_a_sentence(repository, lock: str, error: type[Exception], sentence: str) -> None:
    git = open_repository(repository.folder)
    if lock:
        (repository.folder / ".git" / lock).touch()
    with pytest.raises(error, match=sentence) as caught:
        git.run("rm", "--cached", "app/main.py" if lock else "no/such")
    assert type(caught.value) is error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; run the tests as another user")
def test_an_unwritable_repository_is_the_environments_fault(repository) -> None:
    git = open_repository(repository.folder)
    objects = repository.folder / ".git" / "objects"
    for folder in (objects, *objects.iterdir()):
        folder.chmod(0o500)
    try:
        with pytest.raises(EnvironmentLacksError, match="cannot write"):
            write_blobs(git, [b"new content"])
    finally:
        for folder in (objects, *objects.iterdir()):
            folder.chmod(0o700)


@pytest.mark.parametrize("count", [0, 1, 7, 250], ids=["none", "one", "some", "many"])
def test_blobs_arrive_byte_for_byte(repository, count: int) -> None:
    git = open_repository(repository.folder)
    repository.write(".gitattributes", "* text eol=crlf\n")
    contents = [b"line %d\r\nother\n\0\xff" % number for number in range(count)]
    write_blobs(git, contents)
    for content in contents[:3]:
        blob = git.run("hash-object", "--stdin", "--no-filters", stdin=content).decode().strip()
        assert git.run("cat-file", "blob", blob) == content


def test_identity_is_the_users_when_there_is_one(repository) -> None:
    git = open_repository(repository.folder)
    assert user_identity(git) == {}
    repository.git("config", "--unset", "user.email")
    assert user_identity(git) == OUR_IDENTITY


def test_a_private_repository_reads_another_ones_objects(repository, tmp_path: Path) -> None:
    objects = repository.folder / ".git" / "objects"
    git = private_repository(tmp_path / 'a "strange" #name' / "store.git", objects=objects)
    assert b"def main" in git.run("cat-file", "blob", repository.git("rev-parse", "HEAD:app/main.py"))
    write_blobs(git, [b"private"])
    blob = git.run("hash-object", "--stdin", stdin=b"private").decode().strip()
    assert not (objects / blob[:2] / blob[2:]).exists()


def test_ctrl_c_does_not_reach_git(repository) -> None:
    shown = Git(repository.folder).run(
        "-c", f"alias.sid=!'{sys.executable}' -c 'import os; print(os.getsid(0))'", "sid"
    )
    assert int(shown) != os.getsid(0)


def test_importing_does_nothing_slow() -> None:
    code = "import sys, python_coder.workspace.delivery; print('asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"
