# tests/services/test_docker_engine.py — the engine that tests share, and the guard that ends it
import fcntl
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from services.docker_engine import GUARD, DockerEngine
from services.images import POSTGRES, PYTHON, SMALL

pytestmark = pytest.mark.docker


def test_containers_reach_each_other_by_name_and_are_reached_on_loopback(docker_engine: DockerEngine) -> None:
    docker = docker_engine.docker
    network = docker("network", "create", "names").strip()
    serve = ["python", "-m", "http.server", "80", "--directory", "/etc"]
    server = docker(
        "run", "--detach", "--network", "names", "--name", "names-web", "--publish", "127.0.0.1::80", PYTHON, *serve
    ).strip()
    try:
        address = docker("port", server, "80").strip()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                answer = httpx.get(f"http://{address}/nsswitch.conf", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        assert "hosts: files dns" in answer.text
        ask = "from urllib.request import urlopen; print(urlopen('http://names-web/nsswitch.conf').status)"
        assert docker("run", "--rm", "--network", "names", PYTHON, "python", "-c", ask).strip() == "200"
    finally:
        docker("rm", "--force", server)
        docker("network", "rm", network)


@pytest.mark.parametrize("name", [SMALL, PYTHON, POSTGRES])
def test_base_image_is_there(docker_engine: DockerEngine, name: str) -> None:
    assert docker_engine.docker("run", "--rm", name, "sh", "-c", "id -u").strip() == "0"


def test_guard_ends_the_engine_when_its_last_user_has_gone(tmp_path: Path) -> None:
    lock, mark = tmp_path / "users.lock", tmp_path / "engine.runs"
    mark.touch()
    with lock.open("a") as first, lock.open("a") as second:
        fcntl.flock(first, fcntl.LOCK_SH)
        fcntl.flock(second, fcntl.LOCK_SH)
        guard = subprocess.Popen(["sh", "-c", GUARD, "guard", str(lock), str(mark), "sleep", "60"])
        first.close()
        time.sleep(0.3)
        assert guard.poll() is None
        assert mark.exists()
    guard.wait(timeout=5)
    assert not mark.exists()
