# tests/gates/conftest.py — the fixture that judges changes of small repositories, and environments made ready once
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from change_bench import KNOWN_GOOD
from courtroom import Court

from python_coder.gates.known_good import KnownGood


@pytest.fixture
def court(tmp_path: Path) -> Court:
    return Court(folder=tmp_path)


@pytest.fixture(scope="session")
def known_good(tmp_path_factory: pytest.TempPathFactory) -> KnownGood:
    """With the bytecode of what Alembic imports, as a real environment has it."""
    folder = tmp_path_factory.mktemp("bytecode")
    words = (
        "-X",
        f"pycache_prefix={folder}",
        "-c",
        "import alembic.command, sqlalchemy.ext.asyncio, sqlalchemy.orm, psycopg, asyncpg",
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run((sys.executable, *words), check=True, env=env)
    return replace(KNOWN_GOOD, bytecode=folder)
