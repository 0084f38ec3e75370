# tests/test_errors.py — every error has the same safe body
import pytest
from fastapi import FastAPI, HTTPException
from httpx import AsyncClient

from app.errors import MAX_FIELD_ERRORS, conflict, not_found, unavailable
from app.schemas.error import ErrorRead
from tests.conftest import Serve


@pytest.mark.parametrize(
    ("error", "status", "code", "message"),
    [
        pytest.param(not_found("Item", 7), 404, "not_found", "Item 7 does not exist.", id="not-found"),
        pytest.param(conflict("Shipped already."), 409, "conflict", "Shipped already.", id="conflict"),
        pytest.param(unavailable("The bank"), 503, "unavailable", "The bank does not answer.", id="unavailable"),
        pytest.param(HTTPException(418), 418, "http_418", "I'm a Teapot", id="other-status"),
        pytest.param(RuntimeError("hunter2"), 500, "internal_error", "Something went wrong on our side.", id="bug"),
        pytest.param(KeyError("hunter2"), 500, "internal_error", "Something went wrong on our side.", id="lookup-bug"),
    ],
)
async def test_raised_error_becomes_safe_body(
    app: FastAPI, serve: Serve, error: Exception, status: int, code: str, message: str
) -> None:
    @app.get("/raise")
    async def raise_error() -> None:
        raise error

    async with serve(app) as client:
        response = await client.get("/raise", headers={"x-request-id": "r1"})
    assert response.status_code == status
    assert response.json() == {"code": code, "message": message, "request_id": "r1", "fields": []}
    assert response.headers["x-request-id"] == "r1"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/nowhere", 404, id="no-such-path"),
        pytest.param("GET", "/v1/items/", 404, id="trailing-slash"),
        pytest.param("PUT", "/v1/items", 405, id="no-such-method"),
    ],
)
async def test_routing_error_has_same_body(client: AsyncClient, method: str, path: str, status: int) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert ErrorRead.model_validate(response.json()).request_id == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"", 422, id="empty"),
        pytest.param(b"{", 422, id="not-json"),
        pytest.param(b'{"name": "\xff"}', 400, id="not-text"),
        pytest.param(b"[" * 100_000, 400, id="endless-nesting"),
        pytest.param(b'{"name": ' + b"9" * 5000 + b"}", 400, id="endless-number"),
        pytest.param(b'{"name": "\\ud800", "price": 1}', 422, id="half-a-character"),
        pytest.param(b'{"name": "x", "price": 1, "\\ud800": 1}', 422, id="half-a-character-as-name"),
        pytest.param(b'{"name": "x", "price": NaN}', 422, id="not-a-number"),
    ],
)
async def test_unreadable_body_is_refused(client: AsyncClient, content: bytes, status: int) -> None:
    response = await client.post("/v1/items", content=content, headers={"content-type": "application/json"})
    assert response.status_code == status
    ErrorRead.model_validate(response.json())


async def test_invalid_request_does_not_repeat_its_input(client: AsyncClient) -> None:
    response = await client.post("/v1/items", json={"name": ["hunter2"], "price": "hunter2"})
    assert response.status_code == 422
    assert "hunter2" not in response.text


async def test_answer_to_many_mistakes_is_short(client: AsyncClient) -> None:
    response = await client.post("/v1/items", json={f"field{number}": 1 for number in range(1000)})
    assert len(response.json()["fields"]) == MAX_FIELD_ERRORS
