# tests/services/test_run_database.py — a run's postgres tools: a private database that follows the migrations
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gates.alembic_project import ADD_PRICE, BASE, DROP_PRICE, PRICED, SECOND, revision
from python_coder.agent.run_database import RunDatabase
from python_coder.tools.serena.workplace import Workplace
from python_coder.workspace.environment import process_env
from python_coder.workspace.sandbox import make_runner

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, text in BASE.items():
        file = tmp_path / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "project"


@pytest.fixture
async def database(project: Path, tmp_path: Path, postgres_dsn: str) -> AsyncIterator[RunDatabase]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = Path(sys.prefix)
    place = Workplace(
        root=project,
        start=project,
        scratch=scratch,
        runner=make_runner("none"),
        env=process_env(environment, project, (".",)),
        environment=environment,
        programs={},
    )
    made = RunDatabase(place=place, cache=tmp_path / "cache")
    yield made
    await made.aclose()


async def test_rows_are_seeded_and_a_new_migration_makes_it_anew(database: RunDatabase, project: Path) -> None:
    tools = {tool.name: tool.function for tool in database.tools()}
    get_schema, query = tools["mcp__postgres__get_schema"], tools["mcp__postgres__query"]
    assert "price" not in await get_schema()
    await query("INSERT INTO item (name) VALUES ($1)", ["Lamp"])
    assert json.loads(await query("SELECT name FROM item"))["rows"] == [["Lamp"]]
    (project / SECOND).write_text(revision("bb02", "aa01", ADD_PRICE, DROP_PRICE))
    (project / "app/models.py").write_text(PRICED)
    assert "price integer = 0" in await get_schema()
    assert json.loads(await query("SELECT name FROM item"))["rows"] == []
