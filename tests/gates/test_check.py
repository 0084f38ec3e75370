# tests/gates/test_check.py — the gates on a working tree: against what, what is judged, what is left alone
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.evidence.verdict import Verdict
from python_coder.gates.check import CheckReport, CheckRequest, CheckWatcher, base_commit, check_working_tree
from python_coder.settings import Settings
from python_coder.workspace.git import open_repository
from python_coder.workspace.sandbox import make_runner

PROJECT = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
    ".gitignore": "ignored.py\n",
    "shop/__init__.py": "",
    "shop/a.py": "X = 1\n",
}


class Repository:
    """A git repository of a small project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "somebody")
        self.git("config", "user.email", "somebody@example.com")
        self.commit(PROJECT)

    def git(self, *args: str) -> str:
        done = subprocess.run(("git", *args), cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)

    def commit(self, files: Mapping[str, str]) -> str:
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "more")
        return self.git("rev-parse", "HEAD")

    def state(self) -> tuple[str, ...]:
        """All that a check must leave alone."""
        return tuple(
            self.git(*args)
            for args in (("status", "--porcelain"), ("for-each-ref",), ("stash", "list"), ("ls-files", "-s"))
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "shop")


def settings(repository: Repository) -> Settings:
    home = repository.folder.parent
    return Settings(state_folder=home / "state", cache_folder=home / "cache")


async def check(
    repository: Repository, *gates: str, base: str = "", is_whole: bool = False, watcher: CheckWatcher | None = None
) -> CheckReport:
    request = CheckRequest(repo=repository.folder, gates=gates, base=base, is_whole=is_whole)
    runner = make_runner("none")
    return await check_working_tree(request, settings=settings(repository), runner=runner, watcher=watcher)


def test_judges_a_branch_from_where_it_left_the_default_branch(repository: Repository) -> None:
    left = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "-q", "-b", "feature")
    repository.commit({"shop/b.py": "Y = 1\n"})
    repository.git("checkout", "-q", "main")
    newer = repository.commit({"shop/c.py": "Z = 1\n"})
    repository.git("checkout", "-q", "feature")
    git = open_repository(repository.folder)
    assert base_commit(git) == left
    assert base_commit(git, "main") == left
    repository.git("checkout", "-q", "main")
    assert base_commit(git) == newer


def test_judges_what_was_not_pushed_yet(repository: Repository) -> None:
    pushed = repository.git("rev-parse", "HEAD")
    repository.git("update-ref", "refs/remotes/origin/main", pushed)
    repository.commit({"shop/b.py": "Y = 1\n"})
    assert base_commit(open_repository(repository.folder)) == pushed


def test_takes_an_asked_revision_even_if_nothing_is_shared(repository: Repository) -> None:
    repository.git("checkout", "-q", "--orphan", "other")
    other = repository.commit({"shop/b.py": "Y = 1\n"})
    repository.git("checkout", "-q", "main")
    assert base_commit(open_repository(repository.folder), "other") == other


async def test_refuses_a_revision_that_is_not_there(repository: Repository) -> None:
    with pytest.raises(UsageError, match="no revision 'nowhere'"):
        await check(repository, base="nowhere")


async def test_refuses_a_gate_that_is_not_there(repository: Repository) -> None:
    with pytest.raises(UsageError, match=r"no gate speed\. There are: ruff-check"):
        await check(repository, "speed")


async def test_says_when_nothing_changed(repository: Repository) -> None:
    report = await check(repository)
    assert (report.changed_files, report.results, report.exit_code) == (0, (), 0)


async def test_says_when_the_cache_cannot_be_written(repository: Repository) -> None:
    settings(repository).cache_folder.write_text("a file is in the way")
    with pytest.raises(EnvironmentLacksError, match="PYTHON_CODER_CACHE"):
        await check(repository)


async def test_says_when_there_is_no_project(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "shop")
    repository.git("rm", "-q", "-r", ".")
    repository.commit({"notes.txt": "words"})
    repository.write({"notes.txt": "more words"})
    with pytest.raises(UsageError, match="No Python project"):
        await check(repository)


async def test_a_manifest_that_cannot_be_read_is_told_before_anything_is_set_up(repository: Repository) -> None:
    repository.write({"pyproject.toml": PROJECT["pyproject.toml"] + "[[[\n"})
    phases: list[str] = []
    watcher = CheckWatcher(phase=lambda name, _: phases.append(name))
    with pytest.raises(UsageError, match=r"^pyproject\.toml is not valid TOML: .* line 4"):
        await check(repository, watcher=watcher)
    assert phases == []


@pytest.mark.slow
async def test_judges_modified_and_untracked_files_and_changes_nothing(repository: Repository) -> None:
    repository.write({"shop/a.py": "import os\n", "shop/new.py": "import sys\n", "ignored.py": "import re\n"})
    before = repository.state()
    report = await check(repository, "ruff-check", "file-banner")
    assert [finding.path for finding in report.results[0].findings] == ["shop/a.py", "shop/new.py"]
    assert [result.verdict for result in report.results] == [Verdict.FAILED, Verdict.NOT_APPLICABLE]
    assert (report.exit_code, report.decision.status, report.sandbox) == (1, "unproven", "none")
    assert repository.state() == before
    assert list((settings(repository).cache_folder / "check").iterdir()) == []


@pytest.mark.slow
async def test_judges_every_line_as_new(repository: Repository) -> None:
    repository.commit({"shop/old.py": "import os\n"})
    report = await check(repository, "ruff-check", "base-tests", is_whole=True)
    assert (report.base, report.changed_files) == ("", 5)
    assert [finding.path for finding in report.results[0].findings] == ["shop/old.py"]
    assert report.results[1].verdict == Verdict.NOT_APPLICABLE


@pytest.mark.slow
async def test_keeps_the_baseline_for_the_next_check(repository: Repository) -> None:
    repository.write({"shop/a.py": 'X: int = "a"\n'})
    phases: list[str] = []
    watcher = CheckWatcher(phase=lambda name, detail: phases.append(f"{name} {detail}"))
    request = CheckRequest(repo=repository.folder, gates=("mypy",))
    for _ in range(2):
        runner = make_runner("none")
        report = await check_working_tree(request, settings=settings(repository), runner=runner, watcher=watcher)
        assert [finding.rule for finding in report.results[0].findings] == ["assignment"]
    assert [phase for phase in phases if phase.startswith("baseline")] == [
        "baseline the base revision's own tests and types",
        "baseline kept from an earlier check",
    ]


@pytest.mark.slow
async def test_takes_no_baseline_for_gates_that_never_look_at_it(repository: Repository) -> None:
    repository.write({"shop/a.py": "X = 2\n"})
    report = await check(repository, "ruff-format")
    assert report.results[0].verdict == Verdict.PASSED
    assert not (settings(repository).cache_folder / "baselines").exists()
