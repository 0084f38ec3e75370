# tests/scenarios/test_bad_input.py — bad input: a clear sentence, the right exit code, nothing lost
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.conftest import Coder
from scenarios.pricing_service import FILES, git, state_of, write_service

TASK = "Add resource Product with name: str"


def _empty(folder: Path) -> None:
    folder.mkdir()


def _no_commits(folder: Path) -> None:
    folder.mkdir()
    git(folder, "init", "-q")


def _not_python(folder: Path) -> None:
    folder.mkdir()
    write_service(folder, {"main.go": "package main\n"})


def _dirty(folder: Path) -> None:
    folder.mkdir()
    write_service(folder)
    (folder / "app" / "pricing.py").write_text("half an idea\n")
    (folder / "notes.txt").write_text("mine\n")


def _clean(folder: Path) -> None:
    folder.mkdir()
    write_service(folder)


CASES: dict[str, tuple[Callable[[Path], None], str, int, str]] = {
    "not-a-repository": (_empty, TASK, 2, "not in a git repository"),
    "no-commits": (_no_commits, TASK, 2, "commit"),
    "no-python-project": (_not_python, TASK, 2, "pyproject.toml"),
    "dirty-tree": (_dirty, TASK, 2, "--include-dirty"),
    "not-understood": (_clean, "Make it faster", 2, "Add resource"),
    "says-how-to-set-a-model": (_clean, "Make it faster", 2, "ANTHROPIC_API_KEY"),
    "no-such-type": (_clean, "Add resource Product with name: frob", 2, "Decimal"),
    "keyword": (_clean, "Add resource Product with class: str", 2, "class"),
    "unreadable-conventions": (_clean, TASK, 2, "looked"),
}


@pytest.mark.parametrize(("make", "task", "code", "says"), CASES.values(), ids=CASES)
def test_bad_input(tmp_path: Path, coder: Coder, make: Callable[[Path], None], task: str, code: int, says: str) -> None:
    folder = tmp_path / "repo"
    make(folder)
    before = state_of(folder) if (folder / ".git").exists() and make is not _no_commits else None
    done = coder("run", task, "--repo", folder, "--json")
    assert done.returncode == code, done.stderr
    contract = json.loads(done.stdout)
    assert contract["status"] == "refused"
    assert says in contract["summary"], contract["summary"]
    assert "Traceback" not in done.stderr
    if before:
        assert state_of(folder) == before
        assert git(folder, "worktree", "list").count("\n") == 1
        assert git(folder, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; run the tests as another user to see this")
def test_an_unwritable_state_folder(tmp_path: Path, coder: Coder) -> None:
    folder = tmp_path / "repo"
    _clean(folder)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    done = coder("run", TASK, "--repo", folder, PYTHON_CODER_STATE=str(locked / "state"))
    assert done.returncode == 3
    assert "PYTHON_CODER_STATE" in done.stderr


def test_a_state_folder_that_is_a_file(tmp_path: Path, coder: Coder) -> None:
    folder = tmp_path / "repo"
    _clean(folder)
    (tmp_path / "file").write_text("")
    done = coder("run", TASK, "--repo", folder, PYTHON_CODER_STATE=str(tmp_path / "file"))
    assert done.returncode == 3
    assert "PYTHON_CODER_STATE" in done.stderr


@pytest.mark.slow
def test_a_project_that_does_not_import_is_never_proven(tmp_path: Path, coder: Coder) -> None:
    folder = tmp_path / "repo"
    folder.mkdir()
    write_service(folder, {**FILES, "app/__init__.py": "import no_such_module\n"})
    (folder / "app" / "pricing.py").write_text(FILES["app/pricing.py"].replace("sum(prices)", "sum(prices, 0)"))
    done = coder("check", "--repo", folder, "--json")
    assert done.returncode in {1, 3}, done.stderr
    assert "Traceback" not in done.stderr
