# tests/skeleton/test_write.py — a service is written whole, or not at all
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.skeleton.write import WrittenService, write_service

pytestmark = pytest.mark.usefixtures("no_index", "git_config")


def git(folder: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def write(target: Path, *, is_nested_git: bool = False) -> WrittenService:
    return write_service(target, "shop", defaults=True, is_nested_git=is_nested_git)


def test_writes_files_and_first_commit(tmp_path: Path) -> None:
    written = write(tmp_path / "shop")
    assert written.folder == tmp_path / "shop"
    assert git(written.folder, "rev-parse", "HEAD") == written.commit
    assert git(written.folder, "rev-list", "--count", "HEAD") == "1"
    assert sorted(git(written.folder, "ls-files").splitlines()) == list(written.files)
    assert git(written.folder, "status", "--porcelain", "--ignored") == ""
    assert git(written.folder, "branch", "--show-current") == "main"
    assert git(written.folder, "log", "-1", "--format=%an <%ae> %cn <%ce>") == " ".join(["Ada <ada@example.org>"] * 2)
    assert {"app/main.py", ".gitignore", ".github/workflows/ci.yml", "pyproject.toml"} <= set(written.files)


def _missing_parents(tmp_path: Path) -> Path:
    return tmp_path / "a" / "b" / "shop"


def _empty_folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


def _link_to_empty_folder(tmp_path: Path) -> Path:
    (tmp_path / "real").mkdir()
    (tmp_path / "shop").symlink_to("real")
    return tmp_path / "shop"


def _dots_in_path(tmp_path: Path) -> Path:
    return tmp_path / "nowhere" / ".." / "shop"


@pytest.mark.parametrize("place", [_missing_parents, _empty_folder, _link_to_empty_folder, _dots_in_path])
def test_writes_into_new_or_empty_folder(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    target = place(tmp_path)
    before = target.stat().st_ino if target.exists() else None
    written = write(target)
    assert (written.folder / "app/main.py").is_file()
    assert before in {None, written.folder.stat().st_ino}
    assert [path.name for path in written.folder.parent.iterdir() if path.name.startswith(".shop")] == []


def _filled_folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/.keep").touch()
    return tmp_path / "shop"


def _file(tmp_path: Path) -> Path:
    (tmp_path / "shop").touch()
    return tmp_path / "shop"


def _link_to_nothing(tmp_path: Path) -> Path:
    (tmp_path / "shop").symlink_to("nothing")
    return tmp_path / "shop"


def _below_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").touch()
    return tmp_path / "file/sub/shop"


@pytest.mark.parametrize("place", [_filled_folder, _file, _link_to_nothing, _below_a_file])
def test_refuses_taken_place_and_touches_nothing(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    target = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=r"\. (Choose|.*Choose)"):
        write(target)
    assert sorted(tmp_path.rglob("*")) == before


def test_refuses_place_that_cannot_be_made() -> None:
    with pytest.raises(EnvironmentLacksError, match="cannot be written"):
        write(Path("/proc/no-such-folder/shop"))


def test_full_disk_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path; from python_coder.skeleton.write import write_service\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "write_service(Path(sys.argv[1]), 'shop', defaults=True)\n"
    )
    place = tmp_path / "full"
    place.mkdir()
    argv = [sys.executable, "-c", program, str(place / "new/shop")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert "EnvironmentLacksError" in done.stderr
    assert "File too large" in done.stderr
    assert list(place.iterdir()) == []


def test_without_index_the_folder_is_kept_and_the_mend_told(tmp_path: Path) -> None:
    written = write(tmp_path / "shop")
    (problem,) = written.problems
    assert "uv could not write the lock file" in problem
    assert f"Mend: cd {tmp_path / 'shop'} && uv lock" in problem
    assert "uv.lock" not in written.files
    assert written.commit


def test_without_git_the_folder_is_kept_and_the_mend_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    written = write(tmp_path / "shop")
    assert written.commit == ""
    assert not (written.folder / ".git").exists()
    assert any("git is not installed" in problem and "git init" in problem for problem in written.problems)


def test_broken_git_configuration_costs_only_the_commit(tmp_path: Path, git_config: Path) -> None:
    git_config.write_text("[broken\n")
    written = write(tmp_path / "shop")
    assert written.commit == ""
    assert not (written.folder / ".git").exists()
    assert (written.folder / "app/main.py").is_file()


def test_unknown_user_gets_a_neutral_identity(tmp_path: Path, git_config: Path) -> None:
    git_config.write_text("")
    written = write(tmp_path / "shop")
    assert git(written.folder, "log", "-1", "--format=%an <%ae>") == "python-coder <python-coder@localhost>"
    assert "python-coder" not in (written.folder / ".git/config").read_text()


def test_users_git_habits_do_not_get_in_the_way(tmp_path: Path, git_config: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "commit-msg", "post-commit", "prepare-commit-msg"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    (tmp_path / "template/hooks").mkdir(parents=True)
    (tmp_path / "template/hooks/pre-commit").symlink_to(hooks / "pre-commit")
    (tmp_path / "ignore").write_text("*.lock\n*.example\ntests/\n.github/\n")
    git_config.write_text(
        "[user]\nname = Ada\nemail = ada@example.org\n[commit]\ngpgsign = true\n[gpg]\nprogram = false\n"
        f"[core]\nhooksPath = {hooks}\nexcludesFile = {tmp_path}/ignore\n"
        f"[init]\ntemplateDir = {tmp_path}/template\ndefaultBranch = trunk\n"
    )
    written = write(tmp_path / "shop")
    assert sorted(git(written.folder, "ls-files").splitlines()) == list(written.files)
    assert not (tmp_path / "hook-ran").exists()


def test_git_variables_of_a_hook_are_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    written = write(tmp_path / "shop")
    monkeypatch.undo()
    assert git(written.folder, "rev-parse", "HEAD") == written.commit
    assert not (other / ".git/index").exists()


@pytest.mark.parametrize("is_nested_git", [False, True], ids=["files-only", "nested-on-request"])
@pytest.mark.parametrize("marker", ["folder", "file"])
def test_inside_another_repository(tmp_path: Path, is_nested_git: bool, marker: str) -> None:
    if marker == "folder":
        git(tmp_path, "init", "-q")
    else:
        # A worktree or a submodule has a file there.
        (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    written = write(tmp_path / "services/shop", is_nested_git=is_nested_git)
    assert (written.folder / ".git").exists() is is_nested_git
    assert bool(written.commit) is is_nested_git
    assert written.outer_repository == (None if is_nested_git else tmp_path)


def test_same_name_gives_same_service_whatever_the_user_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(tmp_path / "one")
    settings = tmp_path / "copier.yml"
    settings.write_text("defaults:\n  purpose: Something else\n  python_version: '3.11'\n")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
    monkeypatch.chdir(tmp_path)
    second = write(Path("two"))
    assert git(first.folder, "rev-parse", "HEAD^{tree}") == git(second.folder, "rev-parse", "HEAD^{tree}")


def test_folder_is_as_open_as_any_new_folder(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert oct(write(tmp_path / "shop").folder.stat().st_mode) == oct((tmp_path / "plain").stat().st_mode)
