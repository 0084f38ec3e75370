# tests/conftest.py — what all tests share: the slow ones come last; one Docker engine for all
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from environment_bytecode import make_bytecode
from services.docker_engine import DockerEngine, NoEngineError, default_folder, shared_engine


def pytest_sessionstart(session: pytest.Session) -> None:
    # Once, before the processes of xdist start.
    if not hasattr(session.config, "workerinput"):
        make_bytecode()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerEngine]:
    """A real engine with the base images, shared by all test processes; it ends after the last of them."""
    try:
        with shared_engine(default_folder()) as engine:
            yield engine
    except NoEngineError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
