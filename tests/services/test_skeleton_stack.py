# tests/services/test_skeleton_stack.py — a written service's own stack: up with PostgreSQL, migrated, gone
import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from python_coder.agent.stack import StackCheck
from python_coder.compose.stack import Stack, StackReport
from python_coder.evidence.verdict import Verdict
from python_coder.skeleton.write import write_service
from python_coder.workspace.git import open_repository
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.trees import TreeStore
from services.docker_engine import DockerEngine
from services.stacks import left_of, stack_of

pytestmark = [pytest.mark.slow, pytest.mark.docker]

SECRET = "secrets/database_password.txt"


@dataclass(frozen=True)
class Running:
    """The service's stack of profile dev while it is up."""

    stack: Stack
    report: StackReport

    @property
    def url(self) -> str:
        (api,) = (state for state in self.report.services if state.service == "api-dev")
        address, _, inside = api.ports[0].partition("->")
        assert inside == "8000/tcp"
        return f"http://{address}"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_service(tmp_path_factory.mktemp("written") / "desk", "desk", defaults=True).folder


@pytest.fixture(scope="module")
def running(service: Path, docker_engine: DockerEngine) -> Iterator[Running]:
    shutil.copy(service / f"{SECRET}.example", service / SECRET)
    stack = stack_of(docker_engine, service)
    try:
        yield Running(stack, asyncio.run(stack.up(("dev",), build=True, timeout_seconds=400)))
    finally:
        asyncio.run(stack.down(volumes=["database"], images=True))
        assert left_of(docker_engine, stack.project) == {}


def test_comes_up_healthy_with_postgresql(running: Running) -> None:
    report = running.report
    assert report.is_healthy, report
    told = {state.service: state.told().partition(",")[0] for state in report.services}
    assert told == {"api-dev": "healthy", "database": "healthy", "migrate-dev": "exited (0)"}


@pytest.mark.parametrize("path", ["/health", "/ready", "/v1/items"])
def test_answers_on_loopback(running: Running, path: str) -> None:
    assert running.url.startswith("http://127.0.0.1:")
    assert httpx.get(f"{running.url}{path}", trust_env=False).status_code == 200


def test_migrations_run_as_a_one_off(running: Running) -> None:
    migrated = asyncio.run(running.stack.run_one_off("api-dev", ["alembic", "upgrade", "head"]))
    assert migrated.exit_code == 0, migrated.output
    current = asyncio.run(running.stack.run_one_off("api-dev", ["alembic", "current"]))
    assert current.output.strip().endswith("(head)"), current.output


def test_counts_as_evidence_from_a_clean_tree(
    running: Running, service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docker_engine: DockerEngine
) -> None:
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    git = open_repository(service)
    tree = git.text("rev-parse", "HEAD^{tree}")
    check = StackCheck(
        trees=TreeStore(git, tmp_path / "trees"),
        base_tree=tree,
        project_root=".",
        key="run",
        place=tmp_path / "scratch",
        runner=make_runner("auto"),
        env={},
    )
    result = asyncio.run(check.check(tree))
    assert result.verdict is Verdict.PASSED, result
    assert result.facts == {"profile": "dev", "services": 3, "migrations": 0}
    assert [command.exit_code for command in result.commands] == [0, 0]
    # The stack that stood beside it still stands.
    assert all(state.is_ready for state in asyncio.run(running.stack.states()))
