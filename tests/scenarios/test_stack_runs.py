# tests/scenarios/test_stack_runs.py — runs on a service with a compose file: its stack has to come up
import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.agent.run_end import Finished
from python_coder.agent.verification import verify_contract
from python_coder.evidence.contract import ContractGate
from python_coder.settings import Settings
from python_coder.workspace.sandbox import make_runner
from scenarios.cheats import Script, good, write
from scenarios.pricing_service import FILES, write_service
from services.docker_engine import DockerEngine
from services.images import PYTHON

pytestmark = [pytest.mark.slow, pytest.mark.docker]

COMPOSE = """\
services:
  web:
    build: .
    profiles: [dev]
    ports: ["127.0.0.1:8080:8080"]
    healthcheck:
      test: [CMD, python, -c, "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/health')"]
      interval: 1s
      timeout: 2s
      retries: 3
"""
SERVE = '''\
"""The service for containers that have nothing but Python."""

from http.server import BaseHTTPRequestHandler, HTTPServer

from app.pricing import total


class Answers(BaseHTTPRequestHandler):
    """Answers one address."""

    def do_GET(self) -> None:
        """Say whether sums are right."""
        self.send_response(200 if self.path == "/health" and total([1, 2]) == 3 else 404)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("0.0.0.0", 8080), Answers).serve_forever()
'''
DOCKERFILE = f"""\
FROM {PYTHON}
WORKDIR /srv
COPY app app
USER nobody
CMD ["python", "-m", "app.serve"]
"""
STACKED = {**FILES, "compose.yaml": COMPOSE, "Dockerfile": DOCKERFILE, "app/serve.py": SERVE}
UNHEALTHY = COMPOSE.replace("/health'", "/healthz'")
SCOPE = ("app/**", "tests/**", "compose.yaml")
Run = Callable[..., Finished]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "pricing"
    folder.mkdir()
    return write_service(folder, STACKED)


@pytest.fixture(autouse=True)
def engine(docker_engine: DockerEngine, monkeypatch: pytest.MonkeyPatch) -> DockerEngine:
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    return docker_engine


def _stack(finished: Finished) -> ContractGate:
    return next(gate for gate in finished.contract.gates if gate.gate == "stack")


def _ours(engine: DockerEngine, kind: str) -> str:
    return engine.docker(kind, "ls", "--quiet", "--filter", "label=python-coder.owner")


def test_healthy_stack_is_part_of_the_proof_and_is_verified_again(
    run_script: Run, engine: DockerEngine, settings: Settings, tmp_path: Path
) -> None:
    finished = run_script(Script(good()))
    assert finished.contract.status == "proven", finished.contract.summary
    gate = _stack(finished)
    assert gate.verdict == "passed"
    assert "web" in gate.reason
    assert any("--profile dev" in step and "up" in step for step in finished.contract.verification.steps)
    assert not [line for line in finished.contract.not_judged if line.startswith("stack")]
    assert [_ours(engine, kind) for kind in ("container", "network", "volume")] == ["", "", ""]
    copied = shutil.copytree(
        finished.folder.folder, tmp_path / "copied", ignore=shutil.ignore_patterns("*.git", "trees")
    )
    verified = verify_contract(copied / "contract.json", repo=None, settings=settings, runner=make_runner("auto"))
    answers = {claim.claim: claim for claim in asyncio.run(verified).claims}
    assert answers["gate stack"].answer == "re-verified", answers["gate stack"]


def test_change_that_breaks_the_healthcheck_is_unproven_with_the_cause(run_script: Run, engine: DockerEngine) -> None:
    finished = run_script(Script([*good(), write("compose.yaml", UNHEALTHY)], scope=SCOPE))
    assert finished.contract.status == "unproven"
    gate = _stack(finished)
    assert gate.verdict == "failed"
    assert [finding.rule for finding in gate.findings] == ["failing-healthcheck"]
    assert _ours(engine, "container") == ""


def test_stack_that_was_broken_before_is_no_fault_of_the_change(
    tmp_path: Path, run_script: Run, repository: Path
) -> None:
    shutil.rmtree(repository)
    repository.mkdir()
    write_service(repository, {**STACKED, "compose.yaml": UNHEALTHY})
    finished = run_script(Script(good()))
    assert finished.contract.status == "proven", finished.contract.summary
    assert _stack(finished).verdict == "not_run"
    assert any(line.startswith("stack: ") and "base" in line for line in finished.contract.not_judged)


def test_no_stack_leaves_it_out_and_says_so(run_script: Run) -> None:
    finished = run_script(Script([*good(), write("compose.yaml", UNHEALTHY)], scope=SCOPE), brings_up_stack=False)
    assert finished.contract.status == "proven", finished.contract.summary
    assert _stack(finished).verdict == "not_run"
    assert any("--no-stack" in line for line in finished.contract.not_judged)
