# tests/agent/test_run_store.py — run folders: made, found, kept out of the repository
import stat
from pathlib import Path

import pytest

from agent.delivered_run import git
from python_coder.agent.run_overview import overview
from python_coder.agent.run_store import RunFolder, create, find_run, list_runs
from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.evidence.conclusion import Ending, end_run
from python_coder.evidence.contract import write_contract
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "svc"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "base")
    return folder


def finish(run: RunFolder) -> None:
    with Ledger.open(run.ledger) as ledger:
        ledger.append(EntryKind.RUN_STARTED, run_id=run.run_id, task="Add it", repository="svc")
        write_contract(run.contract, end_run(ledger, Ending(status="refused", ended_because="refused")))


def test_run_folder_is_private_and_named_by_time(settings: Settings) -> None:
    runs = [create(settings, "Add it") for _ in range(3)]
    assert len({run.run_id for run in runs}) == 3
    assert all(stat.S_IMODE(run.folder.stat().st_mode) == 0o700 for run in runs)
    assert runs[0].read_state()["task"] == "Add it"
    assert runs[0].run_id[:8].isdecimal()


def test_runs_are_listed_newest_first(settings: Settings) -> None:
    assert list_runs(settings) == ()
    for name in ("20260101-000000-aaaaaa", "20260102-000000-bbbbbb"):
        (settings.runs_folder / name).mkdir(parents=True)
    (settings.runs_folder / "note.txt").write_text("no run")
    assert [run.run_id[:8] for run in list_runs(settings)] == ["20260102", "20260101"]


@pytest.fixture
def three_runs(settings: Settings) -> Settings:
    for name in ("20260101-000000-aaaaaa", "20260102-000000-bbbbbb", "20260102-000000-bbbbbb2"):
        (settings.runs_folder / name).mkdir(parents=True)
    return settings


FOUND = {
    "last": ("last", "20260102-000000-bbbbbb2"),
    "prefix": ("20260101", "20260101-000000-aaaaaa"),
    "whole-id-that-starts-another": ("20260102-000000-bbbbbb", "20260102-000000-bbbbbb"),
}


@pytest.mark.parametrize(("asked", "run_id"), FOUND.values(), ids=FOUND)
def test_finds_a_run(three_runs: Settings, asked: str, run_id: str) -> None:
    assert find_run(three_runs, asked).run_id == run_id


LOST = {
    "none": ("2019", "No run '2019'"),
    "empty": ("", "No run ''"),
    "several": ("20260102", "start of 2 runs"),
    "a-path": ("../state", "No run"),
}


@pytest.mark.parametrize(("asked", "why"), LOST.values(), ids=LOST)
def test_says_why_no_run_is_found(three_runs: Settings, asked: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        find_run(three_runs, asked)


def test_last_of_no_runs_is_refused(settings: Settings) -> None:
    with pytest.raises(UsageError, match="Start one: python-coder run TASK"):
        find_run(settings, "last")


def test_state_inside_the_repository_is_refused_unless_ignored(repository: Path, tmp_path: Path) -> None:
    inside = Settings(state_folder=repository / ".state", cache_folder=tmp_path / "cache")
    with pytest.raises(UsageError, match="committed by accident"):
        create(inside, "Add it", repository=repository)
    assert not inside.state_folder.exists()
    (repository / ".gitignore").write_text(".state/\n")
    assert create(inside, "Add it", repository=repository).folder.is_dir()


def test_state_beside_the_named_folder_is_refused_too(repository: Path, tmp_path: Path) -> None:
    (repository / "backend").mkdir()
    beside = Settings(state_folder=repository / ".state", cache_folder=tmp_path / "cache")
    with pytest.raises(UsageError, match="committed by accident"):
        create(beside, "Add it", repository=repository / "backend")


def test_state_reached_by_a_link_into_the_repository_is_refused(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repository)
    linked = Settings(state_folder=tmp_path / "link" / "state", cache_folder=tmp_path / "cache")
    with pytest.raises(UsageError, match="PYTHON_CODER_STATE"):
        create(linked, "Add it", repository=repository)


def test_folder_without_git_is_left_to_the_workspace(tmp_path: Path, settings: Settings) -> None:
    assert create(settings, "Add it", repository=tmp_path).folder.is_dir()


def test_place_that_cannot_be_written_names_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blocked = Settings(state_folder=tmp_path / "file", cache_folder=tmp_path / "cache")
    with pytest.raises(EnvironmentLacksError, match="set PYTHON_CODER_STATE"):
        create(blocked, "Add it")


def test_state_is_replaced_in_one_step(settings: Settings) -> None:
    run = create(settings, "Add it")
    run.write_state({"task": "Add it", "phase": "act"})
    assert run.read_state() == {"task": "Add it", "phase": "act"}
    assert [path.name for path in run.folder.iterdir() if path.name.startswith(".")] == []


def test_damaged_state_is_named(settings: Settings) -> None:
    run = create(settings, "Add it")
    run.state.write_text("{")
    with pytest.raises(EnvironmentLacksError, match=run.run_id):
        run.read_state()
    run.state.unlink()
    assert run.read_state() == {}


def test_overview_tells_where_a_run_stands(settings: Settings) -> None:
    run = create(settings, "Add it")
    assert overview(run).status == "unfinished"
    with Ledger.open(run.ledger):
        assert overview(run).status == "running"
    assert overview(run).status == "unfinished"
    finish(run)
    seen = overview(run)
    assert (seen.status, seen.ended_because, seen.repository) == ("refused", "refused", "svc")
    run.write_state({**run.read_state(), "phase": "undone"})
    assert overview(run).status == "undone"
    run.write_state({"task": "Add it"})
    run.contract.write_text(run.contract.read_text().replace('"refused"', '"proven"'))
    assert overview(run).status == "damaged"
