# tests/conftest.py — a migrated database for each test, and a client of the running application
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import URL

from app.main import create_app
from app.settings import Settings
from tests.databases import emptied, migrate, new_database

Serve = Callable[[FastAPI], AbstractAsyncContextManager[AsyncClient]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[URL]:
    """A database with all migrations applied."""
    async with new_database(tmp_path_factory.mktemp("database")) as url:
        await migrate(url)
        yield url


@pytest.fixture
async def database_url(migrated: URL, tmp_path: Path) -> URL:
    """The test's own database, migrated and empty."""
    return await emptied(migrated, tmp_path)


@pytest.fixture
def settings(database_url: URL) -> Settings:
    """Settings that take nothing from the developer's `.env`."""
    return Settings(
        _env_file=None,
        environment="test",
        log_level="INFO",
        database_url=SecretStr(database_url.render_as_string(hide_password=False)),
        otel_exporter_otlp_endpoint="",
    )


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """An application of the test's own, not yet started; for tests that add endpoints to it."""
    return create_app(settings)


@pytest.fixture(scope="session")
def shared_app() -> FastAPI:
    """One application for all tests that leave it as it is: building its endpoints takes longer than most tests."""
    return create_app(Settings(_env_file=None, environment="test", otel_exporter_otlp_endpoint=""))


@pytest.fixture
def serve() -> Serve:
    """Starts an application and gives a client of it. Unexpected errors become answers, as on a real server."""

    @asynccontextmanager
    async def start(app: FastAPI) -> AsyncIterator[AsyncClient]:
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with app.router.lifespan_context(app), AsyncClient(transport=transport, base_url="http://test") as client:
            yield client

    return start


@pytest.fixture
async def client(shared_app: FastAPI, settings: Settings, serve: Serve) -> AsyncIterator[AsyncClient]:
    """A client of the running application, on the test's own database."""
    shared_app.state.settings = settings
    async with serve(shared_app) as client:
        yield client


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    # The application takes over the root logger, also that of pytest.
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()
