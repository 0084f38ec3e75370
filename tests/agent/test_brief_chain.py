# tests/agent/test_brief_chain.py — which routes a task's verbs mean, and what else an edit needs to see
from pathlib import Path

import pytest

from python_coder.agent.briefing.chain import ChainWriter
from python_coder.agent.briefing.fixtures import read_setup
from python_coder.agent.briefing.named import named_in
from python_coder.agent.briefing.sources import Sources
from python_coder.service_map.files import FolderView
from python_coder.service_map.whole import whole_map

FILES = FolderView(Path(__file__).parents[1] / "fixtures" / "domain_service")
FIRST = {
    "Items remember when they were last updated": "update_item",
    "Creating items twice with one name is an error": "create_item",
    "New items need a name": "create_item",
    "Only empty items may be deleted": "delete_item",
    "Remove items softly": "delete_item",
    "Filter items by colour": "list_items",
}


@pytest.mark.parametrize(("task", "handler"), FIRST.items(), ids=FIRST)
def test_verbs_choose_among_equal_routes(task: str, handler: str) -> None:
    assert named_in(task, whole_map(FILES)).routes[0].handler == handler


def test_shows_the_imports_of_what_is_edited_once() -> None:
    service = whole_map(FILES)
    named = named_in("Items get a weight", service)
    told = ChainWriter(service, Sources(FILES), read_setup(FILES)).write(named, 20_000).text
    assert named.kind == "data"
    assert told.count("## shop/items/models.py") == 1
    assert told.count("from sqlalchemy import String\n") == 1


def test_a_named_file_without_room_is_told_by_its_path() -> None:
    service = whole_map(FILES)
    writer = ChainWriter(service, Sources(FILES), read_setup(FILES))
    told = writer.write(named_in("Tidy shop/items/models.py", service, FILES.paths()), 10).text
    assert "(no room for: shop/items/models.py" in told
    assert "::file" not in told


def test_a_keys_name_does_not_outweigh_what_the_task_is_about(tmp_path: Path) -> None:
    routes = "".join(
        f"@app.{method}('/{many}/{{{one}_id}}')\ndef {verb}_{one}({one}_id: int) -> None: ...\n"
        for one, many in (("hero", "heroes"), ("team", "teams"))
        for method, verb in (("post", "create"), ("patch", "update"), ("delete", "delete"))
    )
    (tmp_path / "main.py").write_text(f"from fastapi import FastAPI\n\napp = FastAPI()\n{routes}")
    service = whole_map(FolderView(tmp_path))
    named = named_in("Creating or updating a hero with a `team_id` of a team that is not there answers 404", service)
    assert {"create_hero", "update_hero"} <= {route.handler for route in named.routes}
