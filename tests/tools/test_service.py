# tests/tools/test_service.py — the service map and the route search as tools
from dataclasses import dataclass
from pathlib import Path

import pytest

from python_coder.tools.files import ProjectFiles
from python_coder.tools.serena.service import ServiceTools

FIXTURE = Path(__file__).parents[1] / "fixtures/flat_service"


@dataclass(frozen=True)
class Opened:
    files: ProjectFiles


@pytest.fixture
def tools() -> ServiceTools:
    return ServiceTools(Opened(ProjectFiles(FIXTURE)))


async def test_shows_the_whole_service(tools: ServiceTools) -> None:
    text = await tools.get_service_map()
    assert "Routes: 6" in text
    assert "GET /notes/{note_id} read_note" in text


async def test_tells_who_uses_a_dependency(tools: ServiceTools) -> None:
    text = await tools.get_service_map("get_session")
    assert "get_session database.py" in text
    assert text.count("used by") == 5


async def test_finds_routes_by_path_and_dependency(tools: ServiceTools) -> None:
    text = await tools.find_routes(path="POST /notes", dependency="get_session")
    assert text.splitlines()[0] == "1 of 6 routes with path `POST /notes` and dependency `get_session`"
    assert "create_note main.py:29" in text
    assert "[by get_session]" in text


async def test_keeps_to_the_characters_that_are_asked_for(tools: ServiceTools) -> None:
    assert len(await tools.get_service_map(max_answer_chars=400)) <= 400
    assert len(await tools.find_routes(max_answer_chars=400)) <= 400
