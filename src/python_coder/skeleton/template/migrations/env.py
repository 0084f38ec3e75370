# migrations/env.py — runs migrations, online through the async engine or offline as SQL text
import asyncio

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from app.models import Base
from app.settings import load_settings

# Tests hand over an address of their own; everybody else means the service's database.
url = context.config.attributes.get("url") or load_settings().sqlalchemy_url


def run_offline() -> None:
    """Write the SQL to standard output."""
    context.configure(url=url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_on(connection: Connection) -> None:
    """Migrate the database at the other end of a connection."""
    # SQLite can hardly alter a table; in batch mode Alembic copies it instead.
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_online() -> None:
    """Connect and migrate."""
    # The service's own engine is not used: it enforces foreign keys on SQLite, and copying a table breaks them.
    engine = create_async_engine(url, poolclass=pool.NullPool, hide_parameters=True)
    async with engine.connect() as connection:
        await connection.run_sync(run_on)
    await engine.dispose()


if context.is_offline_mode():
    run_offline()
else:
    asyncio.run(run_online())
