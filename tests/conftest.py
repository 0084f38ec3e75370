# tests/conftest.py — what all tests share: their order and spread, environments, one Docker engine
import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer

sys.path.insert(0, str(Path(__file__).parent))

from environment_bytecode import make_bytecode
from python_coder.errors import EnvironmentLacksError
from python_coder.postgres.embedded_lease import leased_postgres
from services.docker_engine import DockerEngine, NoEngineError, default_folder, shared_engine
from spreading import Spread, in_order, workers


def pytest_sessionstart(session: pytest.Session) -> None:
    # Once, before the processes of xdist start.
    if not hasattr(session.config, "workerinput"):
        make_bytecode()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return workers()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Spread:
    return Spread(config, log)


@pytest.fixture(scope="module")
def kept_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the embedded server up while the tests of a module lease it one after another."""
    with asyncio.Runner() as runner:
        lease = leased_postgres(tmp_path_factory.mktemp("postgres"))
        try:
            runner.run(lease.__aenter__())
        except EnvironmentLacksError:
            # Each test says so itself, or does without.
            yield
            return
        yield
        runner.run(lease.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder of python-coder for all test processes: each project's environment is made once."""
    folder = tmp_path_factory.getbasetemp()
    return (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "environments"


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
