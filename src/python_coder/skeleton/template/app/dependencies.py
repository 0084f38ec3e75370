# app/dependencies.py — what endpoints ask for by type
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.settings import Settings


def get_settings(request: Request) -> Settings:
    """The settings that the application was made with."""
    settings: Settings = request.app.state.settings
    return settings


def get_database(request: Request) -> Database:
    """The database that the lifespan opened."""
    database: Database = request.app.state.database
    return database


SettingsDep = Annotated[Settings, Depends(get_settings)]
DatabaseDep = Annotated[Database, Depends(get_database)]


async def get_session(database: DatabaseDep) -> AsyncIterator[AsyncSession]:
    """One session and one transaction for a request: committed when the endpoint returns, rolled back when it raises."""
    async with database.sessions.begin() as session:
        yield session


# Function scope commits before the answer leaves, so no client is told of a change that then fails.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]

PageLimit = Annotated[int, Query(ge=1, le=100, description="Most rows to return.")]
PageOffset = Annotated[int, Query(ge=0, le=1_000_000, description="Rows to skip.")]
# The upper bound is that of the column: a larger number would make the database fail instead of finding nothing.
RowId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the row.")]
