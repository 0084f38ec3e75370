# tests/services/written_service.py — a written service with its environment, as a user would set it up
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True)
class WrittenService:
    """A service in its folder, with `.venv` beside it."""

    folder: Path

    def run(self, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the service's environment. Output comes back as one text."""
        program = self.folder / ".venv/bin" / argv[0]
        return subprocess.run(
            [str(program), *argv[1:]],
            cwd=self.folder,
            env=self.environment(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )

    def environment(self, **env: str) -> dict[str, str]:
        """What a user's shell has, without what the tests around it have set."""
        dropped = ("UV_", "VIRTUAL_ENV", "PYTEST_", "COVERAGE_", "COV_", "DATABASE_URL", "TEST_DATABASE_URL")
        return {name: value for name, value in os.environ.items() if not name.startswith(dropped)} | env

    @contextmanager
    def serving(self, **env: str) -> Iterator[httpx.Client]:
        """Start the service under uvicorn, and give a client of it once it is healthy."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        argv = [str(self.folder / ".venv/bin/uvicorn"), "app.main:app", "--port", port]
        process = subprocess.Popen(
            argv, cwd=self.folder, env=self.environment(**env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                _wait_until_healthy(client, process)
                yield client
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_healthy(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/health").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the service did not become healthy; exit code {process.poll()}")
