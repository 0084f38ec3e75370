# tests/services/test_docker_command_line.py — `docker compose …` lines on a real engine, done by the docker tools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from python_coder.tools.docker.command_line import run_docker
from python_coder.tools.docker.session import DockerSession
from python_coder.workspace.sandbox import make_runner
from services.docker_engine import DockerEngine
from services.images import SMALL

pytestmark = pytest.mark.docker

STACK = f"""
services:
  api:
    build: {{context: ., dockerfile_inline: "FROM {SMALL}\\nRUN echo built > /built\\n"}}
    init: true
    command: [sh, -c, "echo started with $$API_TOKEN; exec sleep 60"]
    environment: {{API_TOKEN: not-to-be-seen}}
    volumes: [data:/data]
    profiles: [test]
volumes: {{data: {{}}}}
"""


@pytest.fixture
async def session(
    docker_engine: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DockerSession]:
    """A run's session: what it started goes with it, data included."""
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    (tmp_path / "compose.yaml").write_text(STACK)
    opened = DockerSession(root=tmp_path, runner=make_runner(), key="run/tools", ends_stacks=True)
    project = opened.stack("").project
    yield opened
    await opened.aclose()
    for kind, every in (("container", ["-a"]), ("network", []), ("volume", []), ("image", [])):
        assert docker_engine.docker(kind, "ls", "-q", *every, "--filter", f"label=python-coder.owner={project}") == ""


async def test_lines_do_what_the_tools_do(session: DockerSession) -> None:
    async def line(text: str) -> tuple[int, str]:
        said, record = await run_docker(session, text.split())
        assert record.argv == tuple(text.split())
        return record.exit_code, said

    assert (await line("docker compose --profile test build api"))[0] == 0
    code, said = await line("docker compose --profile test up -d --wait")
    assert (code, said.startswith("healthy: ")) == (0, True), said
    code, said = await line("docker compose ps")
    assert "api: running" in said
    name = said.split()[-1]
    for logs in ("docker compose logs", "docker compose logs --tail 5 api", f"docker logs {name}"):
        assert "started with [redacted]" in (await line(logs))[1]
    assert name in (await line("docker ps"))[1]
    assert await line("docker compose run --rm -T -e A=b api cat /built") == (0, "built")
    assert (await line("docker compose run --rm api cat /no-such-file"))[0] == 1
    assert (await line("docker compose run --rm nope true"))[0] == 1
    code, said = await line("docker compose down")
    assert (code, "volumes" in said) == (0, False)
    assert (await line("docker compose ps -a"))[1].startswith("There are no containers")


async def test_a_one_off_alone_leaves_nothing_of_a_run(session: DockerSession) -> None:
    said, record = await run_docker(session, "docker compose run --rm api env".split())  # noqa: SIM905 - as it is typed
    assert record.exit_code == 0
    assert "API_TOKEN=[redacted]" in said
