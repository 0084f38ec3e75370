# tests/environment_bytecode.py — bytecode of the environment that tests run in, as a project's own environment has it
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

_SITE = Path(sysconfig.get_path("purelib"))
BYTECODE = Path(sys.prefix) / f"test-bytecode-{_SITE.stat().st_mtime_ns}"
"""Folder for `KnownGood.bytecode`: without one, each process of a project compiles all that it imports anew. It has
another name once a package was installed."""
_IMPORTED = (
    *("pytest", "pytest_asyncio", "pytest_timeout", "coverage", "coverage.sqldata", "xdist", "anyio", "unittest.mock"),
    *("alembic.command", "alembic.autogenerate", "sqlalchemy.ext.asyncio", "sqlalchemy.orm", "psycopg", "asyncpg"),
    *("sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite"),
    *("starlette.testclient", "httpx", "uvicorn"),
)
_IMPORT = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"


def make_bytecode() -> None:
    """Fill the folder, unless that was done; what is missing in it is compiled by each process as before."""
    if BYTECODE.exists():
        return
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    words = ("-W", "ignore", "-X", f"pycache_prefix={BYTECODE}", "-c", _IMPORT, *_IMPORTED)
    subprocess.run((sys.executable, *words), check=True, env=env)
