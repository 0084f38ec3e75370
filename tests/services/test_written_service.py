# tests/services/test_written_service.py — what `new` writes passes its own gates and serves, on both databases
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import uv
from written_service import WrittenService

from python_coder.skeleton.write import write_service

pytestmark = pytest.mark.slow

START_AND_STOP = """
import asyncio
from app.main import app, lifespan
async def main():
    async with lifespan(app):
        pass
asyncio.run(main())
"""
DESK = {"name": "Desk", "description": "Oiled.", "price": "349.90"}


def _sync(folder: Path, *options: str) -> None:
    argv = [uv.find_uv_bin(), "sync", "--frozen", "--compile-bytecode", "--quiet", *options]
    env = WrittenService(folder).environment()
    if subprocess.run([*argv, "--offline"], cwd=folder, env=env, capture_output=True, check=False).returncode:
        subprocess.run(argv, cwd=folder, env=env, check=True)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> WrittenService:
    written = write_service(tmp_path_factory.mktemp("written") / "Order.Desk", "Order.Desk", defaults=True)
    if written.problems:
        reason = f"A service cannot be set up here. {' '.join(written.problems)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    _sync(written.folder, "--all-groups")
    return WrittenService(written.folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    address: str = request.getfixturevalue("postgres_database")
    return address


@pytest.mark.parametrize(
    "command",
    [
        "ruff check",
        "ruff format --check",
        "mypy --strict",
        "bandit --quiet --configfile pyproject.toml --recursive app migrations",
        "pytest --cov -p no:cacheprovider",
    ],
)
def test_gate_passes_on_the_first_run(service: WrittenService, command: str) -> None:
    done = service.run(*command.split())
    assert done.returncode == 0, done.stdout
    assert "warning" not in done.stdout.lower()


@pytest.mark.postgres
def test_suite_passes_on_postgresql_and_leaves_no_database(service: WrittenService, postgres_dsn: str) -> None:
    def databases() -> str:
        code = "import asyncio, asyncpg, sys\nasync def main():\n    c = await asyncpg.connect(sys.argv[1])\n"
        code += (
            "    print(*sorted(r[0] for r in await c.fetch('select datname from pg_database')))\n    await c.close()\n"
        )
        return service.run("python", "-c", f"{code}asyncio.run(main())", postgres_dsn).stdout

    before = databases()
    done = service.run("pytest", "-p", "no:cacheprovider", TEST_DATABASE_URL=postgres_dsn)
    assert done.returncode == 0, done.stdout
    assert databases() == before != ""


def test_migrations_go_up_and_down(service: WrittenService, database_url: str) -> None:
    for command in ("upgrade head", "check", "downgrade base", "upgrade head"):
        done = service.run("alembic", *command.split(), DATABASE_URL=database_url)
        assert done.returncode == 0, done.stdout


def test_serves_over_http(service: WrittenService, database_url: str) -> None:
    assert service.run("alembic", "upgrade", "head", DATABASE_URL=database_url).returncode == 0
    with service.serving(DATABASE_URL=database_url) as client:
        assert client.get("/ready").json() == {"status": "ok"}
        created = client.post("/v1/items", json=DESK)
        assert created.status_code == 201
        item = f"/v1/items/{created.json()['id']}"
        assert client.get(item).json() == created.json() | DESK
        assert client.post("/v1/items", json=DESK).status_code == 409
        assert client.patch(item, json={"price": "299"}).json()["price"] == "299.00"
        assert client.get("/v1/items", params={"limit": 1}).json() == [created.json() | {"price": "299.00"}]
        assert client.delete(item).status_code == 204
        assert client.get(item).json()["code"] == "not_found"
        assert client.post("/v1/items", content=b"x" * 2_000_000).status_code == 413
        assert set(client.get("/openapi.json").json()["paths"]) == {
            "/v1/items",
            "/v1/items/{item_id}",
            "/health",
            "/ready",
        }


def test_new_migration_follows_the_house_rules(service: WrittenService, tmp_path: Path) -> None:
    model = service.folder / "app/models/item.py"
    before = model.read_text()
    url = f"sqlite:///{tmp_path}/test.db"
    column = '    colour: Mapped[str] = mapped_column(String(20), server_default="")\n'
    message = "Add the colour that customers have asked for so often to items"
    try:
        model.write_text(before + column)
        assert service.run("alembic", "upgrade", "head", DATABASE_URL=url).returncode == 0
        done = service.run("alembic", "revision", "--autogenerate", "-m", message, DATABASE_URL=url)
        assert done.returncode == 0, done.stdout
        (written,) = set((service.folder / "migrations/versions").glob("*.py")) - {
            service.folder / "migrations/versions/0001_create_items.py"
        }
        assert written.read_text().startswith(f"# migrations/versions/{written.name} — {message}\n")
        for command in ("ruff check", "ruff format --check", "mypy", "alembic upgrade head", "alembic check"):
            done = service.run(*command.split(), DATABASE_URL=url)
            assert done.returncode == 0, done.stdout
    finally:
        model.write_text(before)
        for path in (service.folder / "migrations/versions").glob("*add_the_colour*"):
            path.unlink()


def test_tracing_off_imports_no_sdk(service: WrittenService) -> None:
    program = "import sys, app.main; print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    assert service.run("python", "-c", program).stdout.strip() == "[]"


class _Collector(BaseHTTPRequestHandler):
    received: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.received.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[str]]]:
    received: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Collector", (_Collector,), {"received": received}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_traces_reach_a_collector(service: WrittenService, collector: tuple[str, list[str]]) -> None:
    endpoint, received = collector
    _sync(service.folder, "--all-groups", "--extra", "otlp")
    try:
        with service.serving(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint) as client:
            client.get("/nowhere")
    finally:
        _sync(service.folder, "--all-groups")
    assert set(received) == {"/v1/traces"}


def test_nothing_that_was_run_shows_in_git(service: WrittenService) -> None:
    done = subprocess.run(
        ["git", "status", "--porcelain"], cwd=service.folder, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


def test_log_lines_are_json(service: WrittenService) -> None:
    done = service.run("python", "-c", START_AND_STOP, DATABASE_URL="sqlite:///absent.db")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["service_started", "service_stopped"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", event["timestamp"]) for event in events)
