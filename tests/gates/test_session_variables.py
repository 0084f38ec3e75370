# tests/gates/test_session_variables.py — the variables that lead a project to a database of the session's own
from pathlib import Path

import pytest

from python_coder.gates.migration_database import ScratchDatabase, Server
from python_coder.gates.session_variables import is_postgres_only, variables_for

DATABASE = ScratchDatabase(
    kind="PostgreSQL",
    url="postgresql+psycopg://u:w@127.0.0.1:99/own",
    async_url="postgresql+asyncpg://u:w@127.0.0.1:99/own",
    relays={99: Path("/run/socket")},
)
SERVER = Server(user="u", password="w", host="/run", port=5432, database="own")
SYNC = "create_engine(os.environ['DATABASE_URL'])"
PARTS = "POSTGRES_SERVER: str\nPOSTGRES_PORT: int\nPOSTGRES_USER: str\nPOSTGRES_PASSWORD: str\nPOSTGRES_DB: str"

CASES: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "address": (SYNC, {}, {"DATABASE_URL": DATABASE.url}),
    "asynchronous": ("create_async_engine(DB_DSN)", {}, {"DB_DSN": DATABASE.async_url}),
    "prefixed-settings": (
        'env_prefix="APP_"\ndatabase_url: str',
        {},
        {"APP_DATABASE_URL": DATABASE.url, "DATABASE_URL": DATABASE.url},
    ),
    "parts": (
        PARTS,
        {},
        {
            "POSTGRES_SERVER": "127.0.0.1",
            "POSTGRES_PORT": "99",
            "POSTGRES_USER": "u",
            "POSTGRES_PASSWORD": "w",
            "POSTGRES_DB": "own",
        },
    ),
    "driver-that-the-project-puts-in": (
        "",
        {"STORE": "postgresql://me@localhost/mine"},
        {"STORE": "postgresql://u:w@127.0.0.1:99/own"},
    ),
    "driver-that-the-project-names": ("", {"STORE": "postgresql+asyncpg://h/d?ssl=1"}, {"STORE": DATABASE.async_url}),
    "other-variables-stay": ("SMTP_HOST", {"REDIS_URL": "redis://h/0"}, {}),
}


@pytest.mark.parametrize(("text", "given", "expected"), CASES.values(), ids=CASES)
def test_variables(text: str, given: dict[str, str], expected: dict[str, str]) -> None:
    assert variables_for(DATABASE, SERVER, (text,), given) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["import asyncpg  # PostgreSQL"], True, id="postgresql"),
        pytest.param(["postgresql://", "sqlite:///test.db"], False, id="sqlite-for-tests"),
        pytest.param(["import os"], False, id="neither"),
    ],
)
def test_is_postgres_only(texts: list[str], expected: bool) -> None:
    assert is_postgres_only(texts) is expected
