# tests/services/test_docker_tools.py — the docker tools on a real engine: stacks, one-offs, logs, watching, and no harm
import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from python_coder.compose.naming import FOLDER_LABEL, folder_digest
from python_coder.mcp_servers.docker import docker_server
from python_coder.mcp_servers.options import ServerOptions
from python_coder.mcp_servers.tool_server import Answer, ToolCalls
from python_coder.settings import Settings
from services.docker_engine import DockerEngine
from services.images import PYTHON, SMALL

pytestmark = pytest.mark.docker

STACK = f"""
services:
  db:
    image: {SMALL}
    command: [sh, -c, "trap exit TERM; echo ready > /data/mark; while true; do sleep 0.1; done"]
    healthcheck: {{test: [CMD, test, -f, /data/mark], interval: 500ms, retries: 20}}
    volumes: [data:/data]
  api:
    image: {PYTHON}
    container_name: shop-api
    command: [sh, -c, "echo password is $$DB_PASSWORD; exec python -u -m http.server 8000 --directory /srv"]
    init: true
    environment: {{DB_PASSWORD: correct-horse-battery}}
    ports: ["8000:8000"]
    healthcheck:
      test: [CMD, python, -c, "import socket; socket.create_connection(('127.0.0.1', 8000))"]
      interval: 500ms
      retries: 60
    volumes: ["./public:/srv"]
    depends_on: {{db: {{condition: service_healthy}}}}
  job: {{image: {SMALL}, profiles: [test], command: [echo, done]}}
volumes: {{data: {{}}}}
"""
WATCHED = f"""
services:
  web:
    image: {SMALL}
    init: true
    command: [sh, -c, "while true; do cat /code/a.txt; sleep 0.2; done"]
    build: {{context: ., dockerfile_inline: "FROM {SMALL}\\nCOPY public /code\\n"}}
    develop: {{watch: [{{path: ./public, action: sync, target: /code}}]}}
"""


EVERYTHING = (("container", ["-a"]), ("network", []), ("volume", []))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "public").mkdir(parents=True)
    (folder / "public/a.txt").write_text("first\n")
    (folder / "compose.yaml").write_text(STACK)
    return folder


@pytest.fixture
async def served(docker_engine: DockerEngine, root: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ToolCalls]:
    """The docker server of the project; what it brought up is gone afterwards."""
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    calls = server(root)
    try:
        yield calls
    finally:
        for name in ("", "two"):
            await calls.call("stop-compose", {"project_name": name})
        await calls.close()
        for volume in docker_engine.docker(
            "volume", "ls", "-q", "-f", f"label={FOLDER_LABEL}={folder_digest(root)}"
        ).split():
            docker_engine.docker("volume", "rm", volume)


def server(root: Path, *, is_read_only: bool = False) -> ToolCalls:
    settings = Settings(state_folder=root.parent / "state", cache_folder=root.parent / "cache")
    return ToolCalls(docker_server(ServerOptions(project=root, is_pinned=True, is_read_only=is_read_only), settings))


def mine(engine: DockerEngine, root: Path) -> list[str]:
    """What the engine holds of this project; other tests use it meanwhile."""
    label = f"label={FOLDER_LABEL}={folder_digest(root)}"
    return [engine.docker(kind, "ls", "-q", *every, "--filter", label) for kind, every in EVERYTHING]


def address(answer: Answer, inside: int = 8000) -> str:
    """Where the answer says that a port is open."""
    return next(word.split("->")[0] for word in answer.text.split() if word.rstrip(".,").endswith(f"->{inside}/tcp"))


async def test_a_stack_comes_up_is_asked_and_goes(served: ToolCalls, docker_engine: DockerEngine) -> None:
    up = await served.call("deploy-compose", {"timeout_seconds": 60})
    assert not up.is_error, up.text
    assert up.text.startswith("healthy: python-coder-shop-")
    assert "db: healthy" in up.text
    assert "services.api.container_name: shop-api" in up.text
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"http://{address(up)}/a.txt")).text == "first\n"

    listed = await served.call("list-containers", {})
    assert "db: healthy" in listed.text
    assert "job" not in listed.text
    logs = await served.call("get-logs", {"service": "api", "grep": "password"})
    assert logs.text.splitlines()[1:] == ["password is [redacted]"]
    assert "GET" in (await served.call("get-logs", {"service": "api", "tail": 1})).text
    assert (await served.call("get-logs", {"service": "nope"})).is_error
    assert "Nothing is wrong" in (await served.call("diagnose-stack", {})).text

    down = await served.call("stop-compose", {})
    assert "volumes" not in down.text
    assert "no containers" in (await served.call("list-containers", {})).text
    project = up.text.split()[1].rstrip(",")
    assert f"{project}_data" in docker_engine.docker("volume", "ls", "-q")
    assert (await served.call("stop-compose", {"remove_volumes": ["other"]})).is_error
    gone = await served.call("stop-compose", {"remove_volumes": ["data"]})
    assert f"{project}_data" in gone.text
    assert f"{project}_data" not in docker_engine.docker("volume", "ls", "-q")


async def test_what_stood_before_is_untouched(served: ToolCalls, docker_engine: DockerEngine, root: Path) -> None:
    """A stack of the same file, folder and fixed names, started by somebody else, and a container on the same port."""
    docker = docker_engine.docker
    docker("network", "create", "shop_default")
    docker("volume", "create", "shop_data")
    mark = ["sh", "-c", "trap exit TERM; while true; do sleep 0.1; done"]
    labels = ["--label", "com.docker.compose.project=shop", "--label", "com.docker.compose.service=api"]
    volume = ["--volume", "shop_data:/data", "--publish", "127.0.0.1:8000:8000"]
    docker("run", "-d", "--name", "shop-api", "--network", "shop_default", *labels, *volume, SMALL, *mark)
    things = ("container", "shop-api"), ("network", "shop_default"), ("volume", "shop_data")

    def seen() -> list[object]:
        return [json.loads(docker(kind, "inspect", name)) for kind, name in things]

    try:
        before = seen()
        assert not (await served.call("deploy-compose", {"timeout_seconds": 60})).is_error
        ran = await served.call("create-container", {"service": "api", "command": ["true"]})
        assert ran.text.startswith("exit code 0")
        assert "shop-api" not in (await served.call("list-containers", {})).text.replace("python-coder-shop-", "")
        assert (await served.call("get-logs", {"container": "shop-api"})).is_error
        assert (await served.call("stop-compose", {"remove_volumes": ["shop_data"]})).is_error
        await served.call("stop-compose", {"remove_volumes": ["data"]})
        assert seen() == before
    finally:
        docker("rm", "--force", "shop-api")
        docker("network", "rm", "shop_default")
        docker("volume", "rm", "shop_data")


async def test_names_that_others_took_are_left_alone(served: ToolCalls, docker_engine: DockerEngine) -> None:
    project = next(
        word.rstrip(".") for word in (await served.call("stop-compose", {})).text.split() if "python-coder-" in word
    )
    docker_engine.docker("volume", "create", f"{project}_data")
    try:
        refused = await served.call("deploy-compose", {"timeout_seconds": 30})
        assert refused.is_error
        assert "was not made here" in refused.text
    finally:
        docker_engine.docker("volume", "rm", f"{project}_data")


async def test_one_offs(served: ToolCalls, docker_engine: DockerEngine, root: Path) -> None:
    await served.call("deploy-compose", {"timeout_seconds": 60})
    before = mine(docker_engine, root)

    async def run(**given: object) -> Answer:
        return await served.call("create-container", given)

    failed = await run(
        service="api",
        command="sh -c 'echo $DB_PASSWORD $MORE $API_TOKEN; exit 3'",
        environment={"MORE": "a$b", "API_TOKEN": "not-to-be-seen"},
    )
    assert failed.text.splitlines()[0].startswith("exit code 3")
    assert failed.text.splitlines()[1:] == ["[redacted] a$b [redacted]"]
    asked = "from urllib.request import urlopen as u; print(u('http://api:8000/a.txt').read())"
    assert "b'first\\n'" in (await run(image=PYTHON, command=["python", "-c", asked])).text
    mounted = await run(image=SMALL, command="sh -c 'cat /m/a.txt; echo x > /m/a.txt'", mounts=["public:/m:ro"])
    assert "first" in mounted.text
    assert not mounted.text.startswith("exit code 0")
    assert (root / "public/a.txt").read_text() == "first\n"
    hungry = "x = bytearray(200_000_000); print(len(x))"
    assert "out of memory" in (await run(image=PYTHON, command=["python", "-c", hungry], memory_mb=64)).text
    assert "timed out" in (await run(image=SMALL, command="sleep 60", timeout_seconds=1)).text
    assert "timed out" in (await run(service="api", command="sleep 60", timeout_seconds=2)).text
    assert mine(docker_engine, root) == before


@pytest.mark.parametrize(
    "given",
    [
        {"image": SMALL, "mounts": ["/etc:/m"]},
        {"image": SMALL, "mounts": ["../:/m"]},
        {"image": SMALL, "mounts": ["/var/run/docker.sock:/m"]},
        {"image": SMALL, "mounts": ["public"]},
        {"image": SMALL, "mounts": ["nope:/m"]},
        {"image": "python-coder-no-such-image:1"},
        {"service": "nope"},
        {},
    ],
    ids=["outside", "above", "socket", "no-target", "missing", "no-image", "no-service", "nothing"],
)
async def test_one_offs_refused(
    served: ToolCalls, docker_engine: DockerEngine, root: Path, given: dict[str, object]
) -> None:
    before = mine(docker_engine, root)
    assert (await served.call("create-container", {"command": "true", **given})).is_error
    assert mine(docker_engine, root) == before


async def test_a_detached_container_ends_with_the_session(served: ToolCalls, docker_engine: DockerEngine) -> None:
    serve = ["python", "-m", "http.server", "80", "--directory", "/etc"]
    up = await served.call("create-container", {"image": PYTHON, "command": serve, "ports": {"0": "80"}})
    assert not up.is_error, up.text
    name = up.text.split(":")[0]
    assert name in docker_engine.docker("ps", "--format", "{{.Names}}")
    assert address(up, 80).startswith("127.0.0.1:")
    await served.close()
    assert name not in docker_engine.docker("ps", "-a", "--format", "{{.Names}}")


async def test_refused_stacks_never_reach_the_engine(
    served: ToolCalls, docker_engine: DockerEngine, root: Path
) -> None:
    before = mine(docker_engine, root)
    text = f"services: {{web: {{image: {SMALL}, privileged: true, volumes: ['/:/host']}}}}"
    for tool in ("deploy-compose", "compose-config"):
        answer = await served.call(tool, {"compose_yaml": text})
        assert answer.is_error is (tool == "deploy-compose")
        assert "services.web.privileged" in answer.text
        assert "outside the project" in answer.text
    assert mine(docker_engine, root) == before


async def test_a_container_cannot_lead_a_later_mount_astray(served: ToolCalls, root: Path) -> None:
    (root / "public/conf").mkdir()
    (root / "public/conf/b.txt").write_text("b\n")
    text = f"""
    services:
      api: {{image: {SMALL}, command: [sleep, '60'], init: true, volumes: ["./public:/app"]}}
      other: {{image: {SMALL}, command: [cat, /b], volumes: ["./public/conf/b.txt:/b"]}}
    """
    up = await served.call("deploy-compose", {"compose_yaml": text, "timeout_seconds": 60})
    assert not up.is_error, up.text
    for attempt in ("mv /app/conf /app/gone", "rm /app/conf/b.txt", "mv /app/conf/b.txt /app/conf/c.txt"):
        tried = await served.call("create-container", {"service": "api", "command": attempt})
        assert "exit code 1" in tried.text
    assert (root / "public/conf/b.txt").read_text() == "b\n"
    wrote = await served.call("create-container", {"service": "api", "command": "touch /app/new.txt"})
    assert wrote.text.startswith("exit code 0")


async def test_profiles_text_and_names(served: ToolCalls) -> None:
    assert "no profile 'tset'" in (await served.call("deploy-compose", {"profile": "tset"})).text
    text = "services: {say: {image: '${IMAGE}', command: [echo, hello], profiles: [test]}}"
    given = {"compose_yaml": text, "project_name": "two", "profiles": ["test"], "environment": {"IMAGE": SMALL}}
    up = await served.call("deploy-compose", given)
    assert not up.is_error, up.text
    assert "-two-" in up.text
    assert "say: exited (0)" in up.text
    assert "hello" in (await served.call("get-logs", {"service": "say", "project_name": "two"})).text
    again = await served.call("create-container", {"service": "say", "project_name": up.text.split()[1].rstrip(",")})
    assert "hello" in again.text


async def test_a_failed_start_is_an_error_with_its_cause(served: ToolCalls) -> None:
    text = f"services: {{web: {{image: {SMALL}, command: [no-such-program]}}}}"
    failed = await served.call("deploy-compose", {"compose_yaml": text, "timeout_seconds": 30})
    assert failed.is_error
    assert "web: bad command" in failed.text
    assert "web: bad command" in (await served.call("diagnose-stack", {})).text


async def test_what_failed_before_does_not_end_a_later_start(served: ToolCalls) -> None:
    """The failed container stands until the new image is built, which takes longer than a failed service is given."""
    failing = f"services: {{web: {{image: {SMALL}, command: [sh, -c, 'exit 3']}}}}"
    assert (await served.call("deploy-compose", {"compose_yaml": failing})).is_error
    text = f"""
    services:
      web:
        init: true
        command: [sleep, '60']
        build: {{context: ., no_cache: true, dockerfile_inline: "FROM {SMALL}\\nRUN sleep 6\\n"}}
    """
    mended = await served.call("deploy-compose", {"compose_yaml": text, "timeout_seconds": 100})
    assert not mended.is_error, mended.text


async def test_watching_carries_changes_over_and_ends_with_the_server(served: ToolCalls, root: Path) -> None:
    assert (await served.call("watch-compose", {})).is_error
    (root / "compose.yaml").write_text(WATCHED)
    up = await served.call("deploy-compose", {"timeout_seconds": 60})
    assert not up.is_error, up.text
    assert "Watching now" in (await served.call("watch-compose", {})).text
    (root / "public/a.txt").write_text("second\n")
    for _ in range(50):
        if "second" in (await served.call("get-logs", {"service": "web", "tail": 1})).text:
            break
        await asyncio.sleep(0.2)
    else:
        pytest.fail("the change never reached the container")
    assert "Still watching" in (await served.call("watch-compose", {})).text
    assert watchers(root)
    await served.close()
    assert not watchers(root)


async def test_a_stack_outlives_its_server_and_is_found_again(served: ToolCalls, root: Path) -> None:
    first = server(root)
    await first.call("deploy-compose", {"timeout_seconds": 60})
    await first.close()
    assert "db: healthy" in (await served.call("list-containers", {})).text
    (root / "compose.yaml").unlink()
    assert "password is [redacted]" in (await served.call("get-logs", {"service": "api"})).text


async def test_a_reading_server_starts_nothing(served: ToolCalls, root: Path) -> None:
    names = await server(root, is_read_only=True).offered_names()
    assert names == [
        f"mcp__docker__{name}" for name in ("list-containers", "get-logs", "compose-config", "diagnose-stack")
    ]


def watchers(root: Path) -> list[str]:
    """Command lines of watching processes of this project."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"watch" in words and str(root).encode() in words:
            found.append(str(path))
    return found
