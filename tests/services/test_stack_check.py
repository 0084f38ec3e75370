# tests/services/test_stack_check.py — what a stack proves of a change, and that nothing of it is left
import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from python_coder.agent.left_stacks import remove_left_stacks
from python_coder.agent.run_store import RunFolder
from python_coder.agent.stack import StackCheck
from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.workspace.git import open_repository
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.trees import TreeStore
from scenarios.pricing_service import git, write_service
from services.docker_engine import DockerEngine
from services.images import SMALL

needs_docker = pytest.mark.docker
OWNED = "label=python-coder.owner"


def _compose(*, probe: str = "'true'", image: str = SMALL, more: str = "") -> str:
    health = f"healthcheck: {{test: [CMD, {probe}], interval: 0.2s, retries: 2}}"
    return f"services: {{web: {{image: '{image}', command: [sleep, '300'], {health}{more}}}}}\n"


WELL, SICK = {"compose.yaml": _compose()}, {"compose.yaml": _compose(probe="'false'")}
BUILT = {
    "compose.yaml": _compose(more=", build: ., ports: ['80']").replace(f"image: '{SMALL}', ", ""),
    "alembic.ini": "[alembic]\n",
    "alembic": '#!/bin/sh\necho "upgrading to $2"\n',
    "Dockerfile": f"FROM {SMALL}\nCOPY alembic /usr/bin/alembic\nRUN chmod +x /usr/bin/alembic\n",
}
NONE: Mapping[str, str] = {"README.md": "no stack\n"}


@dataclass(frozen=True)
class Case:
    base: Mapping[str, str]
    change: Mapping[str, str]
    verdict: Verdict
    says: str
    """Part of the reason."""
    rules: tuple[str, ...] = ()
    drops: str = ""


CASES: dict[str, Case] = {
    "comes-up": Case(WELL, {"README.md": "x"}, Verdict.PASSED, "web healthy"),
    "change-breaks-it": Case(
        WELL, SICK, Verdict.FAILED, "failing healthcheck; on the base revision web healthy", ("failing-healthcheck",)
    ),
    "change-mends-it": Case(SICK, WELL, Verdict.PASSED, "web healthy"),
    "was-broken-before": Case(
        SICK, {"README.md": "x"}, Verdict.NOT_RUN, "base revision's own stack does not come up either"
    ),
    "new-and-broken": Case(NONE, SICK, Verdict.FAILED, "there is no stack", ("failing-healthcheck",)),
    "new-with-an-image-out-of-reach": Case(
        NONE, {"compose.yaml": _compose(image="registry.invalid/a:1")}, Verdict.NOT_RUN, "image cannot be pulled"
    ),
    "taken-away": Case(WELL, {}, Verdict.FAILED, "there is no compose file", ("stack-removed",), drops="compose.yaml"),
    "asks-for-the-host": Case(
        WELL, {"compose.yaml": _compose(more=", privileged: true")}, Verdict.FAILED, "may not be started", ("refused",)
    ),
    "cannot-be-read": Case(WELL, {"compose.yaml": "services: ["}, Verdict.FAILED, "cannot be read", ("invalid-YAML",)),
    "serves-neither-test-nor-dev": Case(
        NONE, {"compose.yaml": _compose(more=", profiles: [prod]")}, Verdict.NOT_APPLICABLE, "neither test nor dev"
    ),
    "migrates": Case(BUILT, {"README.md": "x"}, Verdict.PASSED, "alembic upgrade head in web ended with 0"),
    "migration-fails": Case(
        BUILT,
        {"alembic": "#!/bin/sh\necho no such table\nexit 3\n"},
        Verdict.FAILED,
        "alembic upgrade head in web ended with 3",
        ("migrations-failed",),
    ),
}


def _check_of(
    tmp_path: Path, base: Mapping[str, str], change: Mapping[str, str], drops: str = ""
) -> tuple[StackCheck, str]:
    repository = write_service(tmp_path / "repository", dict(base))
    base_tree = git(repository, "rev-parse", "HEAD^{tree}").strip()
    for name, text in change.items():
        (repository / name).write_text(text)
    if drops:
        (repository / drops).unlink()
    git(repository, "add", "-A")
    check = StackCheck(
        trees=TreeStore(open_repository(repository), tmp_path / "trees"),
        base_tree=base_tree,
        project_root=".",
        key="run",
        place=tmp_path / "scratch",
        runner=make_runner("auto"),
        env={},
    )
    return check, git(repository, "write-tree").strip()


@pytest.fixture
def engine(docker_engine: DockerEngine, monkeypatch: pytest.MonkeyPatch) -> DockerEngine:
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    return docker_engine


def _of_run(engine: DockerEngine, tmp_path: Path) -> list[str]:
    """Folders of this test's stacks whose containers are there."""
    names = '{{.Label "com.docker.compose.project.working_dir"}}'
    listed = engine.docker("ps", "--all", "--filter", OWNED, "--format", names)
    return [line for line in listed.splitlines() if str(tmp_path) in line]


def _wait_for_containers(engine: DockerEngine, tmp_path: Path) -> None:
    deadline = time.monotonic() + 60
    while not _of_run(engine, tmp_path):
        assert time.monotonic() < deadline, "no stack came up"
        time.sleep(0.1)


@needs_docker
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_verdict(tmp_path: Path, engine: DockerEngine, case: Case) -> None:
    check, tree = _check_of(tmp_path, case.base, case.change, case.drops)
    result = asyncio.run(check.check(tree))
    assert (result.verdict, case.says in result.reason) == (case.verdict, True), result
    assert tuple(finding.rule for finding in result.findings) == case.rules
    assert bool(result.mend) == (case.verdict is Verdict.NOT_RUN)
    assert _of_run(engine, tmp_path) == []
    assert not list((tmp_path / "scratch").glob("stacks/*"))


@needs_docker
def test_an_interrupted_check_leaves_nothing(tmp_path: Path, engine: DockerEngine) -> None:
    check, tree = _check_of(tmp_path, {"compose.yaml": _compose(probe="sleep, '60'")}, {"README.md": "x"})

    async def interrupted() -> None:
        task = asyncio.create_task(check.check(tree))
        await asyncio.to_thread(_wait_for_containers, engine, tmp_path)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    assert _of_run(engine, tmp_path) == []


KILLED = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {services!r}]
from test_stack_check import _check_of, _compose
check, tree = _check_of(Path({place!r}), {{"compose.yaml": _compose(probe="sleep, '60'")}}, {{"README.md": "x"}})
asyncio.run(check.check(tree))
"""


@needs_docker
def test_what_a_killed_run_left_is_removed_later(tmp_path: Path, engine: DockerEngine) -> None:
    here = Path(__file__).parent
    program = KILLED.format(tests=str(here.parent), services=str(here), place=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "DOCKER_HOST": engine.host})
    _wait_for_containers(engine, tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert _of_run(engine, tmp_path) != []
    assert remove_left_stacks(RunFolder(tmp_path), ".") == 1
    assert _of_run(engine, tmp_path) == []
    assert remove_left_stacks(RunFolder(tmp_path), ".") == 0


def _without_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]) -> GateResult:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    check, tree = _check_of(tmp_path, files, {"notes.md": "x"})
    return asyncio.run(check.check(tree))


def test_without_an_engine_it_does_not_run_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = _without_engine(tmp_path, monkeypatch, WELL)
    assert result.verdict is Verdict.NOT_RUN
    assert "Docker engine" in result.reason
    assert "--no-stack" in result.mend


@needs_docker
def test_a_compose_file_that_is_a_link_out_of_the_tree_may_not_be_started(tmp_path: Path, engine: DockerEngine) -> None:
    (tmp_path / "elsewhere.yaml").write_text(_compose())
    check, _ = _check_of(tmp_path, WELL, {"README.md": "x"}, drops="compose.yaml")
    (tmp_path / "repository/compose.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    git(tmp_path / "repository", "add", "-A")
    result = asyncio.run(check.check(git(tmp_path / "repository", "write-tree").strip()))
    assert (result.verdict, [finding.rule for finding in result.findings]) == (Verdict.FAILED, ["refused"])


def test_without_a_compose_file_no_engine_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _without_engine(tmp_path, monkeypatch, NONE).verdict is Verdict.NOT_APPLICABLE
