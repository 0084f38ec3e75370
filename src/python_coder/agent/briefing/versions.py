# src/python_coder/agent/briefing/versions.py — versions of the libraries that decide how code is written
from importlib.metadata import distributions
from pathlib import Path

_TELLING = (
    *("fastapi", "starlette", "pydantic", "pydantic-settings", "sqlalchemy", "sqlmodel", "alembic"),
    *("asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "aiosqlite", "asyncmy", "aiomysql", "pymysql"),
    *("httpx", "pytest", "pytest-asyncio", "anyio", "structlog"),
)


def library_versions(environment: Path) -> dict[str, str]:
    """Versions of the telling libraries in a project's environment, in a fixed order; absent ones are left out."""
    folders = [str(folder) for folder in environment.glob("lib/python3*/site-packages")]
    found = {(one.name or "").lower().replace("_", "-"): one.version for one in distributions(path=folders)}
    return {name: found[name] for name in _TELLING if name in found}
