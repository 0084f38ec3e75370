# tests/tools/docker/test_command_line.py — docker command lines: what is open, and what every other one is told
from pathlib import Path

import pytest

from python_coder.errors import EnvironmentLacksError, ToolRefusedError
from python_coder.tools.docker.command_line import run_docker
from python_coder.tools.docker.session import DockerSession
from python_coder.workspace.sandbox import make_runner

CLOSED = {
    "privileged": "docker compose run --privileged api sh",
    "volume": "docker compose run -v /:/host api sh",
    "volumes-on-down": "docker compose down --volumes",
    "volumes-in-short": "docker compose down -v",
    "images-on-down": "docker compose down --rmi all",
    "other-folder": "docker compose --project-directory / up",
    "other-env-file": "docker compose --env-file /etc/x up",
    "other-engine": "docker -H tcp://other ps",
    "other-engine-on-compose": "docker-compose -H tcp://other up",
    "exec": "docker compose exec api sh",
    "copy": "docker compose cp api:/etc/passwd .",
    "kill": "docker kill other",
    "remove": "docker rm -f other",
    "run": "docker run -v /:/host busybox sh",
    "prune": "docker system prune -af",
    "shortened": "docker compose up --buil",
    "follow": "docker compose logs --follow",
    "nothing": "docker",
    "bare": "docker compose",
    "variable-of-ours": "docker compose run -e HOME api env",
}
OPEN = {
    "up": "docker compose -f compose.yaml --profile test up -d --build --wait",
    "down": "docker compose down",
    "stop": "docker-compose stop -t 3",
    "ps": "docker compose -p two ps --all",
    "logs": "docker compose logs --tail 5 --since 10m api",
    "run": "docker compose --profile test run --rm -T -e A=b api alembic upgrade head --sql -e x",
    "docker-ps": "docker ps -a",
    "docker-logs": "docker logs --tail 20 shop-api-1",
}


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DockerSession:
    """A project on a machine without an engine."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    (tmp_path / "compose.yaml").write_text("services: {api: {image: app, profiles: [test], build: .}}\n")
    return DockerSession(root=tmp_path, runner=make_runner())


@pytest.mark.parametrize("line", CLOSED.values(), ids=CLOSED)
async def test_closed_lines_name_what_is_open(session: DockerSession, line: str) -> None:
    with pytest.raises(ToolRefusedError, match="Open are"):
        await run_docker(session, line.split())


@pytest.mark.parametrize("line", OPEN.values(), ids=OPEN)
async def test_open_lines_get_as_far_as_the_engine(session: DockerSession, line: str) -> None:
    with pytest.raises(EnvironmentLacksError, match="no Docker engine"):
        await run_docker(session, line.split())


async def test_config_needs_no_engine(session: DockerSession) -> None:
    text, record = await run_docker(session, ["docker", "compose", "config"])
    assert record.exit_code == 0
    assert record.argv == ("docker", "compose", "config")
    assert "image: app" not in text
    quiet, record = await run_docker(session, ["docker", "compose", "config", "--quiet"])
    assert (quiet, record.exit_code) == ("", 0)


async def test_a_refused_stack_fails_as_a_command_does(session: DockerSession) -> None:
    (session.root / "compose.yaml").write_text("services: {api: {image: app, privileged: true}}\n")
    for line in ("docker compose config -q", "docker compose run api true", "docker compose up"):
        text, record = await run_docker(session, line.split())
        assert record.exit_code == 1
        assert "services.api.privileged" in text
