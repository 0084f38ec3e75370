# tests/test_health.py — health of the process, readiness of what it needs
import asyncio
import threading
from pathlib import Path

import pytest
from httpx import AsyncClient
from pydantic import SecretStr

from app.db import Database
from app.main import create_app
from app.settings import Settings
from tests.conftest import Serve


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_answers_while_all_is_well(client: AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("sqlite:///{folder}/missing/app.db", id="no-file"),
        pytest.param("postgresql://app@127.0.0.1:1/app", id="no-server"),
    ],
)
async def test_database_away(settings: Settings, serve: Serve, tmp_path: Path, address: str) -> None:
    url = SecretStr(address.format(folder=tmp_path))
    async with serve(create_app(settings.model_copy(update={"database_url": url}))) as client:
        health, ready = await client.get("/health"), await client.get("/ready")
    await _end_of_drivers()
    assert (health.status_code, ready.status_code) == (200, 503)
    assert ready.json()["message"] == "The database does not answer."


async def test_database_too_slow(settings: Settings, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_database: Database) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(Database, "ping", hang)
    async with serve(create_app(settings.model_copy(update={"ready_timeout_seconds": 0.01}))) as client:
        assert (await client.get("/ready")).status_code == 503


async def _end_of_drivers() -> None:
    # A connection that could not be made ends a thread of the driver's, which must not outlive this test's loop.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 10)
