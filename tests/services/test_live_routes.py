# tests/services/test_live_routes.py — the routes that are read are those of the live application
import json
import os
import subprocess
from pathlib import Path

import pytest
import uv
from written_service import WrittenService

from python_coder.service_map.files import FolderView
from python_coder.service_map.whole import whole_map
from python_coder.skeleton.write import write_service

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WALKER = ROOT / "benchmarks/walk_routes.py"
FIXTURES = {"flat_service": "main:app", "domain_service": "shop.main:app"}
NEEDED = ("fastapi", "sqlmodel", "sqlalchemy[asyncio]", "aiosqlite", "pydantic-settings", "asyncpg")


def _missing(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _walked(argv: list[str], folder: Path, target: str) -> subprocess.CompletedProcess[str]:
    env = WrittenService(folder).environment(PYTHONDONTWRITEBYTECODE="1")
    return subprocess.run(
        [*argv, str(WALKER), target], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120
    )


def _compare(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    live = {
        (method, route["path"], route["handler"].rpartition(".")[2])
        for route in json.loads(done.stdout.splitlines()[-1])
        if not route["module"].startswith(("fastapi.", "starlette."))
        for method in route["methods"]
    }
    read = whole_map(FolderView(folder))
    mine = {(method, route.path, route.handler.rpartition(".")[2]) for route in read.routes for method in route.methods}
    assert mine == live
    assert len(live) > 3
    assert read.notes == ()


@pytest.mark.parametrize("name", FIXTURES)
def test_reads_the_routes_of_a_fixture(name: str) -> None:
    uv_run = [uv.find_uv_bin(), "run", "--quiet", "--no-project", *(f"--with={package}" for package in NEEDED)]
    folder = ROOT / "tests/fixtures" / name
    done = _walked([*uv_run, "--offline", "python"], folder, FIXTURES[name])
    if done.returncode:
        done = _walked([*uv_run, "python"], folder, FIXTURES[name])
    if done.returncode and "Traceback" not in done.stderr:
        _missing(f"FastAPI cannot be installed here; connect to a package index: {done.stderr.strip()[-300:]}")
    _compare(folder, done)


def test_reads_the_routes_of_a_written_service(tmp_path: Path) -> None:
    written = write_service(tmp_path / "shop", "shop", defaults=True)
    if written.problems:
        _missing(f"A service cannot be set up here. {' '.join(written.problems)}")
    argv = [uv.find_uv_bin(), "run", "--quiet", "--frozen", "python"]
    _compare(written.folder, _walked(argv, written.folder, "app.main:app"))
