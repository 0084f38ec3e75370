# tests/agent/test_brief_overview.py — the rest of a service in a few lines, nothing twice
from pathlib import Path

from agent.shop_repository import ShopFiles
from python_coder.agent.briefing.excerpts import Excerpts
from python_coder.agent.briefing.overview import overview
from python_coder.agent.briefing.sources import Sources, Span
from python_coder.service_map.files import FolderView
from python_coder.service_map.whole import whole_map

FILES = FolderView(Path(__file__).parents[1] / "fixtures" / "domain_service")


def test_routes_stand_in_one_line_a_file_and_the_migration_head_is_kept() -> None:
    text = overview(whole_map(FILES), Excerpts(Sources(FILES)), [], 1_200)
    assert "shop/items/router.py /api/items: GET / list_items:22, POST / create_item:33, " in text
    assert "\nmigration head 8a1d20c6f3b7 migrations/versions/" in text
    assert "\ntable Item (items) shop/items/models.py:" in text
    assert "\ntests in tests/items: test_router.py 3" in text


def test_what_stands_in_the_source_is_left_out() -> None:
    shown = Excerpts(Sources(FILES))
    for path in ("shop/items/router.py", "shop/items/models.py"):
        assert shown.add(Span(path, 1, len(Sources(FILES).lines(path))), 9_000)
    text = overview(whole_map(FILES), shown, [], 1_200)
    assert "list_items" not in text
    assert "table Item" not in text


def test_a_large_service_is_cut_and_counted_with_the_near_files_first() -> None:
    head = "from fastapi import APIRouter, FastAPI\nrouter = APIRouter(prefix='/p{0}')\n"
    route = "@router.get('/r{1}')\ndef h{0}_{1}() -> None: ...\n"
    texts = {f"r{file}.py": head.format(file) + "".join(route.format(file, n) for n in range(9)) for file in range(40)}
    includes = "".join(f"import r{file}\napp.include_router(r{file}.router)\n" for file in range(40))
    files = ShopFiles({**texts, "main.py": f"from fastapi import FastAPI\napp = FastAPI()\n{includes}"})
    text = overview(whole_map(files), Excerpts(Sources(files)), ["r33.py"], 1_200)
    assert len(text) < 1_300
    assert "r33.py /p33: GET /r0 h33_0:4, GET /r1 h33_1:6, " in text
    assert "more lines: get_service_map focus=routes" in text
