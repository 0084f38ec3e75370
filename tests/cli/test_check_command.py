# tests/cli/test_check_command.py — what `python-coder check` prints and ends with
import json
import subprocess
from pathlib import Path

import pytest

from python_coder.cli.main import main

MANIFEST = '[project]\nname = "shop"\nversion = "1"\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one commit, and a place for the program's own things."""
    monkeypatch.setenv("PYTHON_CODER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHON_CODER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "40")
    folder = tmp_path / "shop"
    (folder / "shop").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(MANIFEST)
    (folder / "shop/__init__.py").write_text("")
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    for words in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-q", "-m", "first")):
        subprocess.run(("git", *words), cwd=folder, check=True)
    return folder


def check(repository: Path, *args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["check", "--no-sandbox", "--repo", str(repository), *args])
    return int(ended.value.code or 0)


def test_says_in_one_line_that_nothing_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(repository) == 0
    assert capsys.readouterr().out.startswith("Nothing changed since ")


WRONG = {
    "unknown-gate": (("--gate", "speed"), "There is no gate speed"),
    "unknown-base": (("--base", "nowhere"), "There is no revision 'nowhere'"),
    "all-and-base": (("--all", "--base", "HEAD"), "--all judges every line"),
    "missing-env-file": (("--env-file", "/nowhere/.env"), "--env-file /nowhere/.env cannot be read"),
}


@pytest.mark.parametrize(("args", "words"), WRONG.values(), ids=WRONG)
def test_bad_usage(repository: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], words: str) -> None:
    assert check(repository, *args) == 2
    assert words in capsys.readouterr().err


def test_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path) == 2
    assert "git" in capsys.readouterr().err


@pytest.mark.slow
def test_prints_findings_and_verdicts_as_plain_lines(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "shop/new.py").write_text("import os\n")
    assert check(repository, "--gate", "ruff-check", "--gate", "bandit") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "shop/new.py:1: F401: `os` imported but unused"
    assert lines[1].startswith("ruff-check: failed: shop/new.py:1: F401")
    assert lines[2] == "bandit: passed: no new finding in 1 changed source files"
    assert lines[-1].endswith(": 1 passed, 1 failed.")


@pytest.mark.slow
def test_prints_one_document(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "shop/new.py").write_text("X = 1\n")
    assert check(repository, "--gate", "tests", "--json") == 3
    document = json.loads(capsys.readouterr().out)
    assert (document["status"], document["exit_code"], document["changed_files"]) == ("unproven", 3, 1)
    assert document["gates"][0]["verdict"] == "not_run"
    assert document["gates"][0]["mend"]
    assert document["not_judged"]
