# tests/service_map/test_render.py — a map as text: short, honest about what is left out
import pytest
from test_queries import SHOP
from written_files import written

from python_coder.service_map.map import ServiceMap
from python_coder.service_map.render import render_map, render_routes
from python_coder.service_map.whole import whole_map

_MANY = "from fastapi import FastAPI\napp = FastAPI()\n" + "".join(
    f"@app.get('/part{n % 7}/route{n}')\ndef handler_{n}() -> int: ...\n" for n in range(400)
)


@pytest.fixture(scope="module")
def shop() -> ServiceMap:
    return whole_map(written(SHOP))


@pytest.fixture(scope="module")
def large() -> ServiceMap:
    return whole_map(written({"main.py": _MANY}))


def test_an_overview_holds_every_part(shop: ServiceMap) -> None:
    text = render_map(shop)
    for wanted in (
        "Applications: app (shop/main.py:6)",
        "POST /api/items/ create_item 11 takes ItemIn -> ItemOut 201",
        "Item (items) shop/models.py:4: id*: int",
        "ItemOut(ItemIn) shop/schemas.py:5: id",
        "Tests: 5 in 1 files; 1 routes without a call",
        "no call seen to GET /api/items/latest",
    ):
        assert wanted in text


@pytest.mark.parametrize("limit", [300, 500, 1_000, 4_000, 20_000])
@pytest.mark.parametrize("focus", ["", "routes", "part3", "/part3", "handler_7", "main.py", "nothing there"])
def test_no_answer_is_longer_than_allowed(large: ServiceMap, limit: int, focus: str) -> None:
    assert len(render_map(large, focus, limit)) <= limit


def test_what_does_not_fit_is_counted_by_path(large: ServiceMap) -> None:
    text = render_map(large, max_chars=1_500)
    assert "Routes: 400" in text
    assert "/part0: 58 in main.py" in text
    assert "focus=routes" in text


def test_pages_show_every_line_once(large: ServiceMap) -> None:
    shown: list[str] = []
    skip = 0
    while True:
        lines = render_map(large, "routes", 3_000, skip).splitlines()[1:]
        rest = lines[-1].startswith("…")
        page = lines[:-1] if rest else lines
        shown += page
        skip += len(page)
        if not rest:
            break
        assert lines[-1].endswith(f"go on with skip={skip}")
    assert shown == ["main.py", *(line for line in shown if line != "main.py")]
    assert len(set(shown)) == len(shown) == 401


@pytest.mark.parametrize(
    ("focus", "wanted"),
    [
        ("Item", "used by GET /api/items/ list_items"),
        ("items", "Item (items)"),
        ("list_items", "tested by tests/test_items.py::test_lists"),
        ("/api/items/7", "GET /api/items/{item_id} read_item"),
        ("POST /api/items/", "other statuses: 404, 409"),
        ("shop/schemas.py", "ItemIn(BaseModel)"),
        ("shop.schemas", "ItemIn(BaseModel)"),
        ("shop/", "GET /orders orders"),
        ("tests/test_items.py", "test_by_name"),
        ("migrations", "Migrations: 0, 0 head(s)"),
        ("lates", "GET /api/items/latest"),
    ],
)
def test_a_focus_may_be_anything_that_has_a_name(shop: ServiceMap, focus: str, wanted: str) -> None:
    assert wanted in render_map(shop, focus)


def test_an_unknown_focus_says_what_can_be_asked(shop: ServiceMap) -> None:
    assert "Nothing in the service map matches `xyz`" in render_map(shop, "xyz")


def test_routes_are_counted_and_shown_with_their_files(shop: ServiceMap) -> None:
    text = render_routes(shop, {"path": "orders", "handler": "", "dependency": "", "model": ""}, 2_000)
    assert text.splitlines()[0] == "1 of 6 routes with path `orders`"
    assert "shop/main.py:19" in text
