# tests/services/test_broken_stacks.py — each kind of broken stack gets its named cause; what stood before is untouched
import asyncio
import socket
import textwrap
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from python_coder.compose.causes import Cause
from python_coder.compose.stack import Stack
from python_coder.errors import ToolRefusedError
from services.docker_engine import DockerEngine
from services.images import PYTHON, SMALL
from services.stacks import left_of, stack_of, standing

pytestmark = pytest.mark.docker

RUNS = f"image: {SMALL}, stop_signal: SIGKILL, command: [sleep, '300']"
SICK = "healthcheck: {test: [CMD, 'false'], interval: 0.2s, retries: 2}"
WELL = "healthcheck: {test: [CMD, 'true'], interval: 0.2s}"


@dataclass(frozen=True)
class Broken:
    """One stack that does not come up, and why."""

    text: str
    causes: Mapping[str, Cause]
    """By service; the empty name stands for the whole stack. The first one is named first."""
    said: str = ""
    """Word that the explanation must have."""


BROKEN: dict[str, Broken] = {
    "bad-command": Broken(
        f"services: {{web: {{image: '{SMALL}', command: [no-such-program]}}}}",
        {"web": Cause.BAD_COMMAND},
        "no-such-program",
    ),
    "failing-healthcheck": Broken(
        f"services: {{web: {{{RUNS}, {SICK}}}}}", {"web": Cause.FAILING_HEALTHCHECK}, "probes"
    ),
    "port-taken": Broken(
        f"services: {{web: {{{RUNS}, ports: ['127.0.0.1:{{port}}:80']}}}}", {"web": Cause.PORT_TAKEN}, "{port}"
    ),
    "missing-variable-of-the-file": Broken(
        f"services: {{web: {{{RUNS}, environment: {{TOKEN: '${{TOKEN:?set it}}'}}}}}}", {"": Cause.MISSING_ENV}, "TOKEN"
    ),
    "missing-variable-of-the-program": Broken(
        f"""services: {{web: {{image: '{PYTHON}', command: [python, -c, "import os; os.environ['TOKEN']"]}}}}""",
        {"web": Cause.MISSING_ENV},
    ),
    "dependency-never-healthy": Broken(
        f"services: {{web: {{{RUNS}, depends_on: {{db: {{condition: service_healthy}}}}}}, db: {{{RUNS}, {SICK}}}}}",
        {"db": Cause.FAILING_HEALTHCHECK, "web": Cause.DEPENDENCY},
    ),
    "crash-loop": Broken(
        f"services: {{web: {{image: '{SMALL}', restart: always, command: [sh, -c, 'echo boom; exit 3']}}}}",
        {"web": Cause.CRASH_LOOP},
        "3",
    ),
    "missing-image": Broken(
        "services: {web: {image: 'absent:1.0', pull_policy: never}}", {"web": Cause.MISSING_IMAGE}, "absent"
    ),
    "image-that-cannot-be-pulled": Broken(
        "services: {web: {image: 'registry.invalid/absent:1.0'}}", {"web": Cause.NOT_PULLED}, "registry.invalid"
    ),
    "mount-of-nothing": Broken(
        f"services: {{web: {{{RUNS}, volumes: "
        "[{type: bind, source: ./absent, target: /in, bind: {create_host_path: false}}]}}",
        {"web": Cause.BAD_MOUNT},
        "absent",
    ),
    "mount-of-a-file-on-a-folder": Broken(
        f"services: {{web: {{{RUNS}, volumes: ['./compose.yaml:/etc']}}}}", {"web": Cause.BAD_MOUNT}
    ),
    "invalid-yaml": Broken(f"services:\n  web:\n    image: {SMALL}\n   command: x\n", {"": Cause.INVALID_YAML}, "line"),
    "cycle": Broken(
        f"services: {{web: {{{RUNS}, depends_on: [db]}}, db: {{{RUNS}, depends_on: [web]}}}}", {"": Cause.CYCLE}, "db"
    ),
}


@dataclass(frozen=True)
class Before:
    """A stack of somebody else, that stood on the engine before."""

    engine: DockerEngine
    project: str
    told: dict[str, str] = field(default_factory=dict)

    @property
    def network(self) -> str:
        return f"{self.project}_default"

    @property
    def volume(self) -> str:
        return f"{self.project}_data"

    @property
    def container(self) -> str:
        return f"{self.project}-web-1"

    def remember(self) -> None:
        self.told.update(self._now())

    def assert_untouched(self) -> None:
        assert self._now() == self.told

    def _now(self) -> dict[str, str]:
        things = (("network", self.network), ("volume", self.volume), ("container", self.container))
        return {kind: standing(self.engine, kind, name) for kind, name in things}


@pytest.fixture(scope="module")
def before(docker_engine: DockerEngine) -> Iterator[Before]:
    docker, project = docker_engine.docker, f"shop{uuid.uuid4().hex[:8]}"
    before = Before(docker_engine, project)
    mine = ["--label", f"com.docker.compose.project={project}"]
    docker("network", "create", *mine, before.network)
    docker("volume", "create", *mine, before.volume)
    try:
        write = "mkdir /data/orders; echo 1 > /data/orders/1; echo secret > /data/key; chmod 600 /data/key"
        docker("run", "--rm", "--volume", f"{before.volume}:/data", SMALL, "sh", "-c", write)
        where = ["--name", before.container, "--network", before.network, "--volume", f"{before.volume}:/data"]
        service = ["--label", "com.docker.compose.service=web", "--stop-signal", "SIGKILL"]
        docker("run", "--detach", *where, *mine, *service, SMALL, "sleep", "3600")
        before.remember()
        yield before
    finally:
        docker("container", "rm", "--force", before.container)
        docker("volume", "rm", before.volume)
        docker("network", "rm", before.network)


@pytest.fixture
def port() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


def _written(folder: Path, text: str) -> Path:
    (folder / "compose.yaml").write_text(textwrap.dedent(text))
    return folder


def _gone(stack: Stack, volumes: tuple[str, ...] = ()) -> None:
    asyncio.run(stack.down(volumes=volumes, images=True))


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_cause_is_named(tmp_path: Path, docker_engine: DockerEngine, before: Before, port: str, broken: Broken) -> None:
    root = _written(tmp_path, broken.text.replace("{port}", port))
    stack = stack_of(docker_engine, root, has_fixed_ports=True)
    try:
        report = asyncio.run(stack.up(timeout_seconds=30))
        assert not report.is_healthy
        found = report.diagnosis.services
        assert {one.service: one.cause for one in found} == broken.causes
        assert found[0].service == next(iter(broken.causes))
        assert broken.said.replace("{port}", port) in found[0].why, found[0]
        before.assert_untouched()
    finally:
        _gone(stack)
    assert left_of(docker_engine, stack.project) == {}
    before.assert_untouched()


def test_what_stood_before_is_untouched_by_a_stack_that_claims_its_names(
    tmp_path: Path, docker_engine: DockerEngine, before: Before
) -> None:
    text = f"""\
        name: {before.project}
        services:
          web:
            image: {SMALL}
            stop_signal: SIGKILL
            container_name: {before.container}
            command: [sh, -c, "echo 2 > /data/orders; sleep 300"]
            volumes: ["data:/data"]
            {WELL}
        volumes: {{data: {{name: {before.volume}}}}}
        networks: {{default: {{name: {before.network}}}}}
        """
    stack = stack_of(docker_engine, _written(tmp_path, text))
    try:
        report = asyncio.run(stack.up(timeout_seconds=30))
        assert report.is_healthy, report
        assert [state.name for state in report.services] == [f"{stack.project}-web-1"]
        before.assert_untouched()
    finally:
        _gone(stack)
    assert list(left_of(docker_engine, stack.project)) == ["volume"], "a volume goes only when it is named"
    _gone(stack, ("data",))
    assert left_of(docker_engine, stack.project) == {}
    before.assert_untouched()


def test_a_stack_that_wants_the_volume_of_another_is_refused(
    tmp_path: Path, docker_engine: DockerEngine, before: Before
) -> None:
    text = f"services: {{web: {{{RUNS}, volumes: ['data:/data']}}}}\n"
    text += f"volumes: {{data: {{name: {before.volume}, external: true}}}}\n"
    stack = stack_of(docker_engine, _written(tmp_path, text))
    with pytest.raises(ToolRefusedError, match="external"):
        asyncio.run(stack.up(timeout_seconds=30))
    before.assert_untouched()
