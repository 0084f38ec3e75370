# tests/services/docker_engine.py — a Docker engine of the tests' own, shared by all test processes of this machine
import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.images import base_images, import_image

GIVEN_HOST = "PYTHON_CODER_TEST_DOCKER_HOST"
"""Variable with the address of an engine that the tests may use instead of one of their own."""

_SYSTEM_SOCKET = Path("/var/run/docker.sock")
_PROGRAMS = ("dockerd", "containerd", "runc", "docker", "iptables")
_MEND = "sudo apt-get install docker.io iptables"
_WAYS: tuple[tuple[str, ...], ...] = (
    (),
    ("--storage-driver=vfs",),
    ("--storage-driver=vfs", "--iptables=false", "--ip6tables=false"),
)
"""What an engine is started with, best first: some kernels have no overlay file system, or no packet filter."""
_START_SECONDS = 30

GUARD = """
lock=$1 mark=$2; shift 2
"$@" & engine=$!
( exec 9<> "$lock"
  flock -x 9
  kill "$engine"
  for _ in $(seq 300); do kill -0 "$engine" 2> /dev/null || exit; sleep 0.1; done
  kill -9 "$engine" ) &
wait "$engine"
rm -f "$mark"
"""
"""Runs an engine until no process holds the lock file shared any more, so that a killed test run leaves none."""


class NoEngineError(Exception):
    """Tests cannot have an engine here. The message says why, and what mends it."""


@dataclass(frozen=True)
class DockerEngine:
    """A running engine that has the base images of `images.py`."""

    host: str
    """Its address, such as `unix:///path/engine.sock`."""

    @property
    def environment(self) -> dict[str, str]:
        """What `docker` and python-coder need in their environment to find this engine."""
        return {"DOCKER_HOST": self.host, "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}

    def docker(self, *argv: str) -> str:
        """Run the Docker client. Returns its output.

        Raises:
            AssertionError: It failed; the message has its words.
        """
        done = subprocess.run(
            ["docker", *argv], env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )
        if done.returncode != 0:
            raise AssertionError(f"docker {' '.join(argv)}: {done.stderr}")
        return done.stdout

    @property
    def answers(self) -> bool:
        """Whether it is up."""
        argv = ["docker", "version", "--format", "{{.Server.Version}}"]
        return subprocess.run(argv, env=self.environment, capture_output=True, check=False).returncode == 0


@contextmanager
def shared_engine(folder: Path) -> Iterator[DockerEngine]:
    """The engine that the user named, else our own in `folder`: the first user starts it, it ends after the last.

    Args:
        folder: Where the engine keeps its images between runs.

    Raises:
        NoEngineError: There can be none here.
    """
    if host := os.environ.get(GIVEN_HOST):
        yield _given(DockerEngine(host))
        return
    _refuse_where_impossible()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users.lock").open("a") as users:
        with (folder / "start.lock").open("a") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            # Held until the end of the session; an engine that is just ending is waited for.
            fcntl.flock(users, fcntl.LOCK_SH)
            engine = DockerEngine(f"unix://{folder / 'engine.sock'}")
            if not engine.answers:
                _start(engine, folder)
            for image in base_images():
                import_image(image, engine.docker)
        yield engine


def default_folder() -> Path:
    """Where the engine of this user's tests lives."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "python-coder-tests/engine"


def _given(engine: DockerEngine) -> DockerEngine:
    if not engine.answers:
        raise NoEngineError(f"No Docker engine answers at {engine.host}. Unset {GIVEN_HOST}, or start the engine.")
    for image in base_images():
        # A registry's own image is left as it is; where there is no registry, ours stands in.
        have = [["image", "inspect", image.name], ["pull", "--quiet", image.name]]
        if all(_fails(engine, argv) for argv in have):
            import_image(image, engine.docker)
    return engine


def _fails(engine: DockerEngine, argv: list[str]) -> bool:
    return subprocess.run(["docker", *argv], env=engine.environment, capture_output=True, check=False).returncode != 0


def _refuse_where_impossible() -> None:
    name_one = f"name an engine that tests may use in {GIVEN_HOST}"
    if absent := [name for name in _PROGRAMS if shutil.which(name) is None]:
        raise NoEngineError(f"{', '.join(absent)} is missing. Install it: {_MEND}, or {name_one}.")
    if os.geteuid() != 0:
        raise NoEngineError(f"Only root can start a Docker engine. Run the tests as root, or {name_one}.")
    if _SYSTEM_SOCKET.exists() and DockerEngine(f"unix://{_SYSTEM_SOCKET}").answers:
        # Two engines would share one bridge and one set of packet filter rules.
        raise NoEngineError(
            f"This machine has an engine already. Let the tests use it: {GIVEN_HOST}=unix://{_SYSTEM_SOCKET}"
        )


def _start(engine: DockerEngine, folder: Path) -> None:
    for way in _WAYS:
        if _comes_up(engine, folder, way):
            _remove_leftovers(engine)
            return
    log = (folder / "engine.log").read_text(errors="replace").splitlines()
    raise NoEngineError(f"dockerd does not come up here: {' '.join(log[-3:])}")


def _comes_up(engine: DockerEngine, folder: Path, way: tuple[str, ...]) -> bool:
    mark = folder / "engine.runs"
    (folder / "engine.pid").unlink(missing_ok=True)
    mark.touch()
    argv = [
        "dockerd",
        f"--host={engine.host}",
        f"--data-root={folder / 'data'}",
        f"--exec-root={folder / 'exec'}",
        f"--pidfile={folder / 'engine.pid'}",
        "--log-level=warn",
        "--shutdown-timeout=1",
        *way,
    ]
    guard = ["setsid", "--fork", "sh", "-c", GUARD, "guard", str(folder / "users.lock"), str(mark), *argv]
    with (folder / "engine.log").open("w") as log:
        subprocess.run(guard, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and mark.exists():
        if engine.answers:
            return True
        time.sleep(0.1)
    return False


def _remove_leftovers(engine: DockerEngine) -> None:
    """What killed test runs left. Nobody else uses this engine, or it would have been up."""
    for kind in ("container", "volume"):
        listed = engine.docker(kind, "ls", "--quiet", *(["--all"] if kind == "container" else [])).split()
        if listed:
            engine.docker(kind, "rm", "--force", *listed)
    engine.docker("network", "prune", "--force")
    engine.docker("image", "prune", "--force")
    engine.docker("builder", "prune", "--force", "--keep-storage=4GB")
