# tests/test_middleware.py — request ids, security headers, and the limit on bodies
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient

from app.main import create_app
from app.settings import Settings
from tests.conftest import Serve


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        pytest.param("order-42_a.b", True, id="plain"),
        pytest.param("x" * 64, True, id="longest"),
        pytest.param("x" * 65, False, id="too-long"),
        pytest.param("a b", False, id="space"),
        pytest.param('"}{', False, id="punctuation"),
        pytest.param("", False, id="empty"),
    ],
)
async def test_request_id(client: AsyncClient, given: str, is_kept: bool) -> None:
    answered = (await client.get("/health", headers={"x-request-id": given})).headers["x-request-id"]
    assert (answered == given) is is_kept
    assert 1 <= len(answered) <= 64


async def test_each_request_gets_its_own_id(client: AsyncClient) -> None:
    ids = {(await client.get("/health")).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("path", ["/v1/items", "/nowhere", "/docs"])
async def test_security_headers(client: AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    # The documentation page loads scripts; everything else may load nothing.
    assert ("content-security-policy" in headers) is (path != "/docs")


@pytest.mark.parametrize(("size", "status"), [(100, 422), (101, 413)])
@pytest.mark.parametrize("is_streamed", [False, True], ids=["announced", "streamed"])
async def test_body_limit(settings: Settings, serve: Serve, size: int, status: int, is_streamed: bool) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(size):
            yield b"1"

    app = create_app(settings.model_copy(update={"max_body_bytes": 100}))
    async with serve(app) as client:
        response = await client.post("/v1/items", content=stream() if is_streamed else b"1" * size)
    assert response.status_code == status
    assert response.json()["request_id"] == response.headers["x-request-id"]
