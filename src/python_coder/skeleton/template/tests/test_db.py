# tests/test_db.py — one session and one transaction for each request
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from fastapi import FastAPI
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from app.dependencies import SessionDep
from app.errors import conflict
from app.models import Item
from app.models.base import UtcDateTime
from tests.conftest import Serve


async def test_request_that_fails_leaves_nothing(app: FastAPI, serve: Serve) -> None:
    @app.post("/half")
    async def half(session: SessionDep) -> None:
        session.add(Item(name="Half", price=Decimal(1)))
        await session.flush()
        raise conflict("Stop.")

    async with serve(app) as client:
        assert (await client.post("/half")).status_code == 409
        assert (await client.get("/v1/items")).json() == []


async def test_failing_commit_is_not_reported_as_success(app: FastAPI, serve: Serve) -> None:
    @app.post("/twice")
    async def twice(session: SessionDep) -> dict[str, bool]:
        session.add_all([Item(name="Same", price=Decimal(1)), Item(name="Same", price=Decimal(1))])
        return {"done": True}

    async with serve(app) as client:
        assert (await client.post("/twice")).status_code == 409


async def test_requests_do_not_share_a_session(app: FastAPI, serve: Serve) -> None:
    sessions: list[AsyncSession] = []

    @app.get("/session")
    async def remember(session: SessionDep) -> None:
        sessions.append(session)

    async with serve(app) as client:
        await client.get("/session")
        await client.get("/session")
    first, second = sessions
    assert first is not second
    assert not first.in_transaction()


@pytest.mark.parametrize("stored", [None, datetime(2030, 1, 31, 9, 30, tzinfo=UTC)], ids=["nothing", "moment"])
def test_moment_type_passes_values_on(stored: datetime | None) -> None:
    column = UtcDateTime()
    assert column.process_bind_param(stored, sqlite.dialect()) == stored
    assert column.process_result_value(stored, sqlite.dialect()) == stored


@pytest.mark.parametrize(
    "moment",
    [datetime(2030, 1, 31, 9, 30, tzinfo=UTC), datetime(2030, 1, 31, 10, 30, tzinfo=timezone(timedelta(hours=1)))],
    ids=["utc", "other-zone"],
)
async def test_moment_keeps_its_meaning(app: FastAPI, serve: Serve, moment: datetime) -> None:
    @app.get("/moment")
    async def store(session: SessionDep) -> datetime:
        item = Item(name="Clock", price=Decimal(1), created_at=moment)
        session.add(item)
        await session.flush()
        await session.refresh(item)
        return item.created_at

    async with serve(app) as client:
        assert (await client.get("/moment")).json() == "2030-01-31T09:30:00Z"


async def test_moment_without_zone_is_refused(app: FastAPI, serve: Serve) -> None:
    refused: list[str] = []

    @app.get("/moment")
    async def store(session: SessionDep) -> None:
        session.add(Item(name="Clock", price=Decimal(1), created_at=datetime(2030, 1, 31)))  # noqa: DTZ001
        try:
            await session.flush()
        except StatementError as error:
            refused.append(str(error.orig))
            raise

    async with serve(app) as client:
        assert (await client.get("/moment")).status_code == 500
    assert refused == ["a datetime needs a time zone"]
