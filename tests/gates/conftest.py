# tests/gates/conftest.py — the fixture that judges changes of small repositories
from pathlib import Path

import pytest
from courtroom import Court


@pytest.fixture
def court(tmp_path: Path) -> Court:
    return Court(folder=tmp_path)
