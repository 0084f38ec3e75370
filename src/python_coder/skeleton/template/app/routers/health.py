# app/routers/health.py — is the process alive, and can it serve
import asyncio
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from app.dependencies import DatabaseDep, SettingsDep
from app.errors import error_responses, unavailable

log = structlog.stdlib.get_logger(__name__)
router = APIRouter(tags=["health"])


class HealthRead(BaseModel):
    """State of the service."""

    status: Annotated[Literal["ok"], Field(examples=["ok"])] = "ok"


@router.get("/health")
async def get_health() -> HealthRead:
    """Answer as long as the process lives. Restart the container when this fails."""
    return HealthRead()


@router.get("/ready", responses=error_responses(503))
async def get_readiness(database: DatabaseDep, settings: SettingsDep) -> HealthRead:
    """Answer once the database does. Send no traffic while this fails."""
    try:
        async with asyncio.timeout(settings.ready_timeout_seconds):
            await database.ping()
    except (SQLAlchemyError, OSError) as error:
        log.warning("database_unavailable", error=type(error).__name__)
        raise unavailable("The database") from error
    return HealthRead()
