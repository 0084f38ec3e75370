# tests/scenarios/conftest.py — whole runs: one cache of environments for the session, one state folder a test
import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from python_coder.agent.options import RunOptions
from python_coder.agent.progress import Silence
from python_coder.agent.run import start_run
from python_coder.agent.run_end import Finished
from python_coder.agent.thinker import choose_thinker
from python_coder.settings import Settings
from scenarios.cheats import TASK, Script
from scenarios.pricing_service import write_service
from scenarios.scripted_server import scripted_model, url_of
from scenarios.wire import Play, player

ROOT = Path(__file__).parents[2]
Coder = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def cache(environments: Path) -> Path:
    """Where runs find environments that another run has made."""
    return environments


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "pricing"
    folder.mkdir()
    return write_service(folder)


@pytest.fixture
def play(repository: Path, tmp_path: Path) -> Iterator[Play]:
    """Runs the loop on a script for the Messages API; tells what the provider was sent."""
    with player(repository, tmp_path / "run") as play:
        yield play


@pytest.fixture
def settings(tmp_path: Path, cache: Path) -> Settings:
    return Settings(state_folder=tmp_path / "state", cache_folder=cache)


@pytest.fixture
def run_script(repository: Path, settings: Settings) -> Callable[[Script], Finished]:
    """Carry out a run whose model plays a script, over real HTTP."""

    def run(script: Script, **options: object) -> Finished:
        with scripted_model(script.answer) as server:
            environ = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url_of(server)}
            thinker = choose_thinker("anthropic:claude-sonnet-5-5", environ)
            asked = RunOptions.model_validate({"task": TASK, "repository": repository, **options})
            started = start_run(asked, settings=settings, thinker=thinker, progress=Silence())
            return asyncio.run(started.execute())

    return run


@pytest.fixture
def coder(tmp_path: Path, cache: Path) -> Coder:
    """The real program, in a process of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "PYTHON_CODER_"))}
    env |= {"PYTHON_CODER_STATE": str(tmp_path / "state"), "PYTHON_CODER_CACHE": str(cache)}

    def run(*args: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "python_coder.cli.main", *map(str, args)]
        return subprocess.run(
            program, capture_output=True, text=True, env={**env, **more}, cwd=tmp_path, timeout=300, check=False
        )

    return run
