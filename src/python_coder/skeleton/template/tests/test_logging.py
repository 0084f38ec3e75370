# tests/test_logging.py — JSON logs with request ids and without secrets
import json
import logging
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from pydantic import SecretStr

from app.logging import REDACTED, configure_logging, redact
from tests.conftest import Serve

Capture = pytest.CaptureFixture[str]


def events(capsys: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"password": "x"}, {"password": REDACTED}, id="password"),
        pytest.param({"API-Key": "x"}, {"API-Key": REDACTED}, id="any-case"),
        pytest.param(
            {"user": {"access_token": "x", "id": 1}}, {"user": {"access_token": REDACTED, "id": 1}}, id="nested"
        ),
        pytest.param([("a", {"cookie": "x"})], [["a", {"cookie": REDACTED}]], id="in-sequences"),
        pytest.param("postgresql://ada:p@ss:w/rd@db/shop", f"postgresql://ada:{REDACTED}@db/shop", id="address"),
        pytest.param("Authorization: Bearer abc.def", f"Authorization: Bearer {REDACTED}", id="bearer"),
        pytest.param("GET /?token=abc&page=2", f"GET /?token={REDACTED}&page=2", id="query"),
        pytest.param("see http://db:5432/shop", "see http://db:5432/shop", id="plain-address-kept"),
        pytest.param("3 items", "3 items", id="plain-text-kept"),
        pytest.param(7, 7, id="number-kept"),
    ],
)
def test_redact(value: object, expected: object) -> None:
    assert redact(value) == expected


def test_event_is_one_json_line(capsys: Capture) -> None:
    configure_logging("INFO")
    structlog.stdlib.get_logger("shop").info("paid", amount=3, token="hunter2", key=SecretStr("hunter2"))  # noqa: S106
    logging.getLogger("library").warning("calling %s", "https://ada:hunter2@bank/")
    logging.getLogger("library").debug("not written")
    ours, theirs = events(capsys)
    assert (ours["event"], ours["amount"], ours["level"], ours["logger"]) == ("paid", 3, "info", "shop")
    assert ours["token"] == REDACTED
    assert "hunter2" not in json.dumps([ours, theirs])
    assert theirs["event"] == f"calling https://ada:{REDACTED}@bank/"


async def test_error_is_logged_with_request_id_and_without_secrets(app: FastAPI, serve: Serve, capsys: Capture) -> None:
    @app.get("/raise")
    async def raise_error() -> None:
        pin = "4711"
        raise RuntimeError(f"login failed, password={'hunter2'}, {len(pin)} digits")

    async with serve(app) as client:
        await client.get("/raise", headers={"x-request-id": "r1"})
    found = [event for event in events(capsys) if event["event"] == "unexpected_error"]
    assert [event["request_id"] for event in found] == ["r1"]
    assert "RuntimeError: login failed" in found[0]["exception"]
    assert "hunter2" not in found[0]["exception"]


async def test_request_is_logged_once_without_its_query(app: FastAPI, serve: Serve, capsys: Capture) -> None:
    async with serve(app) as client:
        response = await client.get("/v1/items?note=hunter2")
        await client.get("/health")
    found = [event for event in events(capsys) if event["event"] == "request_finished"]
    assert [(event["method"], event["path"], event["status"]) for event in found] == [("GET", "/v1/items", 200)]
    assert found[0]["request_id"] == response.headers["x-request-id"]
    assert found[0]["duration_ms"] >= 0


async def test_events_of_a_request_share_its_id(app: FastAPI, serve: Serve, capsys: Capture) -> None:
    async with serve(app) as client:
        await client.post("/v1/items", json={"name": "Desk", "price": "1"}, headers={"x-request-id": "r1"})
    ids = {event["event"]: event.get("request_id") for event in events(capsys) if event["logger"].startswith("app.")}
    assert ids == {"service_started": None, "item_created": "r1", "request_finished": "r1", "service_stopped": None}


def test_uvicorn_does_not_repeat_what_is_logged_already(capsys: Capture) -> None:
    configure_logging("INFO")
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n")
    logging.getLogger("uvicorn.access").info("GET /?token=hunter2")
    logging.getLogger("uvicorn.error").info("Started")
    assert [event["event"] for event in events(capsys)] == ["Started"]
