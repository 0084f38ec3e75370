# tests/gates/conftest.py — the fixture that judges changes of small repositories, and how their tools run
from pathlib import Path

import pytest
from change_bench import KNOWN_GOOD
from courtroom import Court

from python_coder.gates.known_good import KnownGood


@pytest.fixture
def court(tmp_path: Path) -> Court:
    return Court(folder=tmp_path)


@pytest.fixture(scope="session")
def known_good() -> KnownGood:
    """How a project's tools run in the environment of these tests."""
    return KNOWN_GOOD
