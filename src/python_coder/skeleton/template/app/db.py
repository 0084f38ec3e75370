# app/db.py — the database: one engine, and a session for each request
from dataclasses import dataclass
from typing import Protocol, Self

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from app.settings import Settings


class _SqliteConnection(Protocol):
    def execute(self, statement: str) -> object: ...


def _enforce_foreign_keys(connection: _SqliteConnection, _record: object) -> None:
    # SQLite checks foreign keys only for connections that ask for it.
    connection.execute("PRAGMA foreign_keys = ON")


@dataclass(frozen=True, kw_only=True)
class Database:
    """Engine and session factory. Opened and closed by the lifespan."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Prepare the engine. Connects at the first query, so a start needs no database."""
        # Parameters stay out of error messages, since those reach the logs.
        engine = create_async_engine(settings.sqlalchemy_url, hide_parameters=True, pool_pre_ping=True)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _enforce_foreign_keys)
        return cls(engine=engine, sessions=async_sessionmaker(engine, expire_on_commit=False))

    async def ping(self) -> None:
        """Run the smallest query there is. Raises what the driver raises when the database is away."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
