# tests/services/test_left_stacks.py — stacks that the tools of a killed run started go with the run, and nobody else's
import asyncio
from pathlib import Path

import pytest

from python_coder.agent.left_stacks import expect_stacks, remove_left_stacks
from python_coder.agent.run_store import RunFolder
from python_coder.agent.taking_back import undo_run
from python_coder.compose.source import StackSource
from python_coder.compose.stack import Stack
from python_coder.tools.docker.session import DockerSession
from python_coder.workspace.sandbox import make_runner
from services.docker_engine import DockerEngine
from services.images import SMALL
from services.stacks import left_of

COMPOSE = f"""\
services:
  web: {{image: '{SMALL}', command: [sleep, '300'], volumes: ['kept:/kept']}}
volumes: {{kept: }}
"""


@pytest.fixture
def engine(docker_engine: DockerEngine, monkeypatch: pytest.MonkeyPatch) -> DockerEngine:
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    return docker_engine


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path / "20260101-000000-abcdef")
    for folder in (run.scratch, run.worktree / "service"):
        folder.mkdir(parents=True)
    return run


def _up(root: Path, key: str, name: str) -> Stack:
    """A stack that nobody takes down."""
    (root / "compose.yaml").write_text(COMPOSE)
    session = DockerSession(root=root, runner=make_runner("auto"), key=key)
    stack = session.opened(name, StackSource(root=root))
    asyncio.run(stack.up(wait=False))
    return stack


@pytest.mark.docker
@pytest.mark.parametrize("root", ["", "service"])
def test_undo_removes_what_tools_of_a_killed_run_started(engine: DockerEngine, run: RunFolder, root: str) -> None:
    stacks = [_up(run.worktree / root, f"{run.run_id}/tools", name) for name in ("", "second")]
    expect_stacks(run.scratch)
    (run.folder.parent / "other").mkdir()
    other = _up(run.folder.parent / "other", "", "")
    try:
        assert all({"container", "network", "volume"} <= left_of(engine, stack.project).keys() for stack in stacks)
        before = left_of(engine, other.project)
        if root:
            assert remove_left_stacks(run, root) == len(stacks)
        else:
            assert undo_run(run).removed == ("containers of an interrupted run",)
        assert [left_of(engine, stack.project) for stack in stacks] == [{}, {}]
        assert left_of(engine, other.project) == before
        assert remove_left_stacks(run, root) == 0
    finally:
        asyncio.run(other.down(volumes=["kept"]))


def test_no_engine_is_asked_without_a_sign_and_the_sign_stays_without_an_engine(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{run.folder}/absent.sock")
    assert remove_left_stacks(run, ".") == 0
    expect_stacks(run.scratch)
    signs = list(run.scratch.iterdir())
    assert (remove_left_stacks(run, "."), list(run.scratch.iterdir())) == (0, signs)
