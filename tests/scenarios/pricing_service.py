# tests/scenarios/pricing_service.py — a small service in its own git repository, for whole runs
import subprocess
from pathlib import Path

FILES = {
    "pyproject.toml": """\
[project]
name = "pricing"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["fastapi>=0.115"]

[dependency-groups]
dev = ["coverage>=7", "httpx>=0.28", "pytest>=8"]

[tool.ruff]
line-length = 100

[tool.ruff.lint]
select = ["E", "F", "I", "B"]

[tool.mypy]
strict = true

[tool.pytest.ini_options]
testpaths = ["tests"]

[tool.coverage.report]
fail_under = 90
""",
    "README.md": "# pricing\n\nPrices of a basket.\n",
    ".gitignore": "__pycache__/\n.venv/\n",
    "app/__init__.py": "",
    "app/pricing.py": '''\
"""Prices of a basket, in cents."""


def total(prices: list[int]) -> int:
    """Sum of all prices."""
    return sum(prices)


def cheapest(prices: list[int]) -> int:
    """Lowest price; 0 for an empty basket."""
    return min(prices, default=0)
''',
    "app/main.py": '''\
"""The service."""

from fastapi import FastAPI

from app.pricing import total

app = FastAPI()


@app.get("/total")
def read_total(a: int, b: int) -> dict[str, int]:
    """Total of two prices."""
    return {"total": total([a, b])}
''',
    "tests/__init__.py": "",
    "tests/conftest.py": """\
import pytest


@pytest.fixture
def basket() -> list[int]:
    return [300, 200]
""",
    "tests/test_pricing.py": """\
import pytest

from app.pricing import cheapest, total


@pytest.mark.parametrize(("prices", "expected"), [([], 0), ([1, 2], 3), ([5], 5)])
def test_total(prices: list[int], expected: int) -> None:
    assert total(prices) == expected


def test_cheapest(basket: list[int]) -> None:
    assert cheapest(basket) == 200
    assert cheapest([]) == 0
""",
    "tests/test_main.py": """\
from app.main import read_total


def test_read_total() -> None:
    assert read_total(a=1, b=2) == {"total": 3}
""",
}


def write_service(folder: Path, files: dict[str, str] = FILES) -> Path:
    """Write the files and commit them. Returns the folder."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "base")
    return folder


def git(folder: Path, *args: str) -> str:
    """Run git with an identity of its own; returns its output."""
    identity = ("-c", "user.name=Tess", "-c", "user.email=tess@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def state_of(folder: Path) -> tuple[str, str, dict[str, bytes]]:
    """Everything of a checkout that a run must not touch: HEAD, status, every file's bytes."""
    contents = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
    return git(folder, "rev-parse", "HEAD"), git(folder, "status", "--porcelain"), contents
