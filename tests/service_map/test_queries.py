# tests/service_map/test_queries.py — routes by path, handler and model, and the tests that call them
import pytest
from written_files import written

from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import calling_tests, find_routes
from python_coder.service_map.render import render_map
from python_coder.service_map.whole import whole_map

SHOP = {
    "shop/__init__.py": "",
    "shop/models.py": """
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
        class Base(DeclarativeBase): ...
        class Item(Base):
            __tablename__ = "items"
            id: Mapped[int] = mapped_column(primary_key=True)
        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
    """,
    "shop/schemas.py": """
        from pydantic import BaseModel
        class ItemIn(BaseModel):
            name: str
        class ItemOut(ItemIn):
            id: int
        class Page[T](BaseModel):
            rows: list[T]
    """,
    "shop/crud.py": """
        from shop.models import Item, Order
        class Orders:
            def all(self): return Order
        def all_items(db): return db.scalars(Item)
    """,
    "shop/config.py": """
        class Settings:
            prefix: str = "/api"
        settings = Settings()
    """,
    "shop/main.py": """
        from fastapi import APIRouter, Body, FastAPI, status
        from shop import crud
        from shop.config import settings
        from shop.schemas import ItemIn, ItemOut, Page
        app = FastAPI()
        items = APIRouter(prefix="/items")
        @items.get("/", response_model=Page[ItemOut])
        def list_items(db): return crud.all_items(db)
        @items.post("/", status_code=status.HTTP_201_CREATED, responses={409: {}, status.HTTP_404_NOT_FOUND: {}})
        def create_item(item: ItemIn = Body()) -> ItemOut: ...
        @items.get("/{item_id}")
        def read_item(item_id: int) -> ItemOut | None: ...
        @items.get("/latest")
        def latest() -> list[ItemOut]: ...
        @items.get("/files/{name:path}")
        def read_file(name: str): ...
        @app.get("/orders")
        def orders(repository: crud.Orders): return repository.all()
        app.include_router(items, prefix=settings.prefix)
    """,
    "tests/test_items.py": """
        import pytest
        from shop.config import settings
        BASE = f"{settings.prefix}/items"
        def test_lists(client):
            client.get(f"{BASE}/?page=2")
        async def test_creates(client):
            url = BASE + "/"
            answer = await client.post(url, json={})
            await client.get(f"{BASE}/{answer.json()['id']}")
        class TestFiles:
            def test_reads(self, client):
                assert client.request("GET", "http://test/api/items/files/a/b.txt")
        def test_by_name(app, client):
            client.get(app.url_path_for("orders"))
        def test_unreadable(client, url):
            client.get(url)
    """,
}


@pytest.fixture(scope="module")
def shop() -> ServiceMap:
    return whole_map(written(SHOP))


@pytest.mark.parametrize(
    ("wanted", "handlers"),
    [
        ({}, {"list_items", "create_item", "read_item", "latest", "read_file", "orders"}),
        ({"path": "/api/items/"}, {"list_items", "create_item"}),
        ({"path": "/api/items"}, {"list_items", "create_item"}),
        ({"path": "POST /api/items/"}, {"create_item"}),
        ({"path": "get /orders"}, {"orders"}),
        ({"path": "/api/items/{id}"}, {"read_item"}),
        ({"path": "/api/items/7"}, {"read_item"}),
        ({"path": "/api/items/files/a/b"}, {"read_file"}),
        ({"path": "files"}, {"read_file"}),
        ({"path": "/nowhere"}, set()),
        ({"handler": "orders"}, {"orders"}),
        ({"handler": "shop/main.py:latest"}, {"latest"}),
        ({"handler": "item"}, {"list_items", "create_item", "read_item"}),
        ({"model": "ItemOut"}, {"list_items", "create_item", "read_item", "latest"}),
        ({"model": "ItemIn"}, {"create_item"}),
        ({"model": "Item"}, {"list_items"}),
        ({"model": "Order"}, {"orders"}),
        ({"model": "ItemOut", "path": "POST /api"}, {"create_item"}),
    ],
    ids=lambda value: " ".join(value.values()) or "all" if isinstance(value, dict) else "",
)
def test_finds_routes_that_match_all_that_is_given(
    shop: ServiceMap, wanted: dict[str, str], handlers: set[str]
) -> None:
    assert {route.handler for route in find_routes(shop, **wanted)} == handlers


def test_reads_status_codes_and_models(shop: ServiceMap) -> None:
    (route,) = find_routes(shop, handler="create_item")
    assert (route.status_code, route.other_statuses) == (201, (404, 409))
    assert (route.request_models, route.response_model) == (("ItemIn",), "ItemOut")
    assert (route.file, route.line) == ("shop/main.py", 11)


@pytest.mark.parametrize(
    ("handler", "tests"),
    [
        ("list_items", ["tests/test_items.py::test_lists"]),
        ("create_item", ["tests/test_items.py::test_creates"]),
        ("read_item", ["tests/test_items.py::test_creates"]),
        ("read_file", ["tests/test_items.py::test_reads"]),
        ("orders", ["tests/test_items.py::test_by_name"]),
        ("latest", []),
    ],
)
def test_finds_the_tests_that_call_a_route(shop: ServiceMap, handler: str, tests: list[str]) -> None:
    (route,) = [route for route in shop.routes if route.handler == handler]
    assert calling_tests(shop, route) == tests


def test_a_route_knows_the_code_that_it_reaches() -> None:
    files = {
        "app/main.py": """
            from typing import Annotated
            from fastapi import Depends, FastAPI
            from app.orders import OrderService
            app = FastAPI()
            def get_service() -> OrderService: ...
            @app.post("/orders/{key}/cancel")
            async def cancel(key: int, service: Annotated[OrderService, Depends(get_service)]):
                return await service.cancel(key)
        """,
        "app/orders.py": """
            from app.rows import Orders, now
            class OrderService:
                def __init__(self, rows: Orders) -> None:
                    self.rows = rows
                async def cancel(self, key: int) -> None:
                    row = await self.rows.get(key)
                    row.cancelled_at = now()
        """,
        "app/rows.py": """
            def now(): ...
            class Orders:
                async def get(self, key: int): ...
        """,
    }
    (route,) = whole_map(written(files)).routes
    assert [(one.name, one.path, one.line) for one in route.reaches] == [
        ("get_service", "app/main.py", 6),
        ("OrderService.cancel", "app/orders.py", 6),
        ("Orders.get", "app/rows.py", 4),
        ("now", "app/rows.py", 2),
    ]


CALLERS = {
    "main.py": """
        from fastapi import FastAPI
        app = FastAPI()
        @app.get("/ping")
        def ping(): ...
        @app.get("/{prefix}")
        def follow(prefix: str): ...
        @app.post("/teams")
        def create(): ...
        @app.get("/teams/{key}", name="teams:one")
        def read(key: int): ...
        """,
    "tests/conftest.py": """
        import pytest
        @pytest.fixture(scope="session")
        def test_team(client):
            client.post("/teams")
        """,
    "tests/test_links.py": """
        import pytest
        @pytest.fixture
        def test_link(client):
            client.get("/first")
        def test_ping(client):
            client.get("/ping")
        def test_follow(client):
            client.get(f"/{client.prefix}")
        def test_one(app, client):
            client.get(app.url_path_for("teams:one", key=1))
        @pytest.mark.usefixtures("test_link")
        @pytest.mark.parametrize("fixture", [1])
        def test_twice(client, fixture):
            client.get("/ping")
        """,
}


def test_a_call_is_of_the_route_that_fits_best_and_no_fixture_is_a_test() -> None:
    service = whole_map(written(CALLERS))
    found = {route.handler: calling_tests(service, route) for route in service.routes}
    assert found == {
        "ping": ["tests/test_links.py::test_ping", "tests/test_links.py::test_twice"],
        "follow": ["tests/test_links.py", "tests/test_links.py::test_follow"],
        "create": [],
        "read": ["tests/test_links.py::test_one"],
    }
    assert {file.path: file.tests for file in service.tests} == {"tests/conftest.py": 0, "tests/test_links.py": 4}
    assert "0 routes without a call" in render_map(service, "tests")
