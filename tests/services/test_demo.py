# tests/services/test_demo.py — the demo for real: new, run, the delivered service over HTTP, on both databases
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uv
from written_service import WrittenService

pytestmark = pytest.mark.slow

RESOURCE = "Add resource Product with name: str, price: Decimal, sku: str unique, in_stock: bool = true"
FIELD = "Add field weight: float to Product"
LAMP = {"name": "Lamp", "price": "12.50", "sku": "L-1"}

Run = Callable[..., dict[str, Any]]


def _git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def coder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    state = tmp_path_factory.mktemp("state")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "PYTHON_CODER_"))}

    def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "python_coder.cli.main", *map(str, args)],
            env={**env, "PYTHON_CODER_STATE": str(state)},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    return run


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, coder: Callable[..., Any]) -> WrittenService:
    """The service after both tasks, each merged as a user would."""
    folder = tmp_path_factory.mktemp("demo") / "shop"
    made = coder("new", folder, "--defaults")
    assert made.returncode == 0, made.stderr
    for task in (RESOURCE, FIELD):
        done = coder("run", task, "--repo", folder, "--json")
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr
        contract = json.loads(done.stdout)
        assert contract["status"] == "proven"
        _git(folder, "merge", "--ff-only", contract["run"]["delivered"]["branch"])
    sync = [uv.find_uv_bin(), "sync", "--frozen", "--quiet", "--compile-bytecode"]
    subprocess.run(sync, cwd=folder, env=WrittenService(folder).environment(), check=True)
    return WrittenService(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    address: str = request.getfixturevalue("postgres_database")
    return address


def test_the_new_migrations_go_up_and_down(shop: WrittenService, database_url: str) -> None:
    for command in ("upgrade head", "check", "downgrade -1", "downgrade -1", "upgrade head", "check", "downgrade base"):
        done = shop.run("alembic", *command.split(), DATABASE_URL=database_url)
        assert done.returncode == 0, done.stdout


def test_the_new_endpoints_answer(shop: WrittenService, database_url: str) -> None:
    assert shop.run("alembic", "upgrade", "head", DATABASE_URL=database_url).returncode == 0
    with shop.serving(DATABASE_URL=database_url) as client:
        created = client.post("/v1/products", json=LAMP)
        assert created.status_code == 201, created.text
        product = f"/v1/products/{created.json()['id']}"
        assert client.get(product).json().items() >= {**LAMP, "in_stock": True, "weight": 0.0}.items()
        assert client.post("/v1/products", json=LAMP).status_code == 409
        assert client.post("/v1/products", json={"name": "Desk"}).status_code == 422
        assert client.patch(product, json={"weight": 2.5}).json()["weight"] == 2.5
        assert [row["sku"] for row in client.get("/v1/products").json()] == ["L-1"]
        assert client.delete(product).status_code == 204
        assert client.get(product).status_code == 404


@pytest.mark.postgres
def test_the_suite_passes_on_postgresql_too(shop: WrittenService, postgres_dsn: str) -> None:
    done = shop.run("pytest", "-q", "-p", "no:cacheprovider", TEST_DATABASE_URL=postgres_dsn)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_contract_can_be_verified(shop: WrittenService, coder: Callable[..., Any]) -> None:
    runs = json.loads(coder("runs", "--json").stdout)
    newest = runs[0]["run_id"]
    shown = json.loads(coder("show", newest, "--json").stdout)
    assert shown["status"] == "proven"
    verified = coder("verify", Path(runs[0]["folder"]) / "contract.json", "--repo", shop.folder, "--json")
    assert verified.returncode == 0, verified.stdout[-3000:] + verified.stderr


def test_the_resource_is_not_added_twice(shop: WrittenService, coder: Callable[..., Any]) -> None:
    again = coder("run", RESOURCE, "--repo", shop.folder, "--json")
    assert again.returncode == 2, again.stderr
    assert "Product" in json.loads(again.stdout)["summary"]
