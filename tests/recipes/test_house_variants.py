# tests/recipes/test_house_variants.py — small differences between houses: pages, types left out, addresses, packages
from dataclasses import dataclass

import pytest

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.apply import plan_recipe

SERVICE = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["sqlalchemy"]\n',
    "shop/__init__.py": "",
    "shop/main.py": (
        "from fastapi import FastAPI\n\nfrom shop.routes import items\n\napp = FastAPI()\n"
        "app.include_router(items.router)\n"
    ),
    "shop/paging.py": (
        "from typing import Generic, TypeVar\n\nfrom pydantic import BaseModel\n\nT = TypeVar('T')\n\n\n"
        "class Page(BaseModel, Generic[T]):\n    items: list[T]\n    total: int\n"
    ),
    "shop/db.py": (
        "from sqlalchemy import StaticPool, create_engine\nfrom sqlalchemy.orm import DeclarativeBase, Session\n\n"
        "engine = create_engine('sqlite://', poolclass=StaticPool, connect_args={'check_same_thread': False})\n\n\n"
        "class Base(DeclarativeBase):\n    pass\n\n\n"
        "def get_db():\n    with Session(engine) as db:\n        yield db\n"
    ),
    "shop/models.py": """\
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
""",
    "shop/schemas.py": """\
from pydantic import BaseModel


class ItemCreate(BaseModel):
    name: str


class ItemUpdate(BaseModel):
    name: str | None = None


class ItemRead(ItemCreate):
    id: int
""",
    "shop/routes/__init__.py": "",
    "shop/routes/items.py": """\
from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import get_db
from shop.models import Item
from shop.schemas import ItemCreate, ItemRead, ItemUpdate

router = APIRouter(prefix="/items", tags=["items"])


@router.get("", response_model=list[ItemRead])
def read_items(db: Session = Depends(get_db)):
    items = db.scalars(select(Item)).all()
    return items


@router.post("", response_model=ItemRead)
def create_item(body: ItemCreate, db: Session = Depends(get_db)):
    item = Item(**body.model_dump())
    db.add(item)
    db.commit()
    return item


@router.get("/{item_id}", response_model=ItemRead)
def read_item(item_id: int, db: Session = Depends(get_db)):
    item = db.get(Item, item_id)
    if item is None:
        raise HTTPException(404, "Item not found")
    return item


@router.patch("/{item_id}", response_model=ItemRead)
def update_item(item_id: int, body: ItemUpdate, db: Session = Depends(get_db)):
    item = db.get(Item, item_id)
    if item is None:
        raise HTTPException(404, "Item not found")
    for key, value in body.model_dump(exclude_unset=True).items():
        setattr(item, key, value)
    db.commit()
    return item


@router.delete("/{item_id}", status_code=204)
def delete_item(item_id: int, db: Session = Depends(get_db)):
    item = db.get(Item, item_id)
    if item is None:
        raise HTTPException(404, "Item not found")
    db.delete(item)
    db.commit()
""",
    "tests/conftest.py": """\
import pytest
from fastapi.testclient import TestClient

from shop.db import Base, engine
from shop.main import app


@pytest.fixture
def client():
    Base.metadata.create_all(engine)
    yield TestClient(app)
    Base.metadata.drop_all(engine)
""",
    "tests/test_items.py": (
        "def test_create(client):\n    response = client.post('/items', json={'name': 'a'})\n"
        "    assert response.status_code == 200\n"
    ),
}
ROUTES = "shop/routes/items.py"
TYPED = (
    (ROUTES, "db: Session = Depends(get_db)):", "db: Session = Depends(get_db)) -> ItemRead:"),
    (ROUTES, ", response_model=ItemRead)", ")"),
    (ROUTES, 'get("", response_model=list[ItemRead])', 'get("")'),
    (
        ROUTES,
        "read_items(db: Session = Depends(get_db)) -> ItemRead",
        "read_items(db: Session = Depends(get_db)) -> list[ItemRead]",
    ),
    (
        ROUTES,
        "delete_item(item_id: int, db: Session = Depends(get_db)) -> ItemRead",
        "delete_item(item_id: int, db: Session = Depends(get_db)) -> None",
    ),
)
VARIANTS: dict[str, tuple[tuple[tuple[str, str, str], ...], dict[str, tuple[str, ...]]]] = {
    "types-left-out": (
        (),
        {
            "shop/routes/order_lines.py": (
                "def read_order_lines(db: Session = Depends(get_db)) -> Any:",
                "def delete_order_line(order_line_id: int, db: Session = Depends(get_db)) -> None:",
            ),
            "tests/test_order_lines.py": (
                "from fastapi.testclient import TestClient",
                "def test_list_shows_order_lines(client: TestClient) -> None:",
                'URL = "/order-lines"',
            ),
        },
    ),
    "parameters-without-types": (
        ((ROUTES, "db: Session = Depends(get_db)", "db=Depends(get_db)"), (ROUTES, "(item_id: int,", "(item_id,")),
        {"shop/routes/order_lines.py": ("def read_order_line(order_line_id: int, db: Any = Depends(get_db)) -> Any:",)},
    ),
    "rows-returned-as-schemas": (
        TYPED,
        {
            "shop/routes/order_lines.py": (
                "return OrderLineRead.model_validate(order_line, from_attributes=True)",
                "OrderLineRead.model_validate(row, from_attributes=True) for row in order_lines",
            )
        },
    ),
    "richer-schema-of-one-row": (
        (
            *TYPED,
            (
                ROUTES,
                "def read_item(item_id: int, db: Session = Depends(get_db)) -> ItemRead",
                "def read_item(item_id: int, db: Session = Depends(get_db)) -> ItemReadWithTags",
            ),
            (ROUTES, "ItemRead, ItemUpdate", "ItemRead, ItemReadWithTags, ItemUpdate"),
            (
                "shop/schemas.py",
                "class ItemRead(ItemCreate):\n    id: int\n",
                "class ItemRead(ItemCreate):\n    id: int\n\n\n"
                "class ItemReadWithTags(ItemRead):\n    tags: list[str] = []\n",
            ),
        ),
        {
            "shop/routes/order_lines.py": (
                "def read_order_line(order_line_id: int, db: Session = Depends(get_db)) -> OrderLineRead:",
                "    return OrderLineRead.model_validate(order_line, from_attributes=True)\n\n\n@router.patch",
            ),
        },
    ),
    "says-nothing-and-answers": (
        (
            *TYPED,
            (
                ROUTES,
                "    db.delete(item)\n    db.commit()\n",
                "    db.delete(item)\n    db.commit()\n    return Response(status_code=204)\n",
            ),
            (ROUTES, "Depends, HTTPException", "Depends, HTTPException, Response"),
        ),
        {
            "shop/routes/order_lines.py": (
                "def delete_order_line(order_line_id: int, db: Session = Depends(get_db)) -> Response:",
            ),
        },
    ),
    "page-of-the-house": (
        (
            (ROUTES, "response_model=list[ItemRead]", "response_model=Page[ItemRead]"),
            (ROUTES, "    return items\n", "    return Page(items=items, total=len(items))\n"),
            (ROUTES, "from shop.models", "from shop.paging import Page\nfrom shop.models"),
        ),
        {
            "shop/routes/order_lines.py": ("return Page(items=order_lines, total=len(order_lines))",),
            "tests/test_order_lines.py": ('rows = response.json()["items"]',),
        },
    ),
    "page-without-a-schema": (
        (
            (ROUTES, ", response_model=list[ItemRead]", ""),
            (ROUTES, "    return items\n", '    return {"items": items}\n'),
        ),
        {
            "shop/routes/order_lines.py": (
                '@router.get("", response_model=None)',
                'return {"order_lines": order_lines}',
            ),
            "tests/test_order_lines.py": ('rows = response.json()["order_lines"]',),
        },
    ),
    "answer-of-plain-values": (
        (
            (
                ROUTES,
                "    db.delete(item)\n    db.commit()\n",
                '    db.delete(item)\n    db.commit()\n    return {"ok": True}\n',
            ),
            (ROUTES, ", status_code=204", ""),
        ),
        {"shop/routes/order_lines.py": (") -> dict[str, bool]:",)},
    ),
    "address-in-the-singular": (
        ((ROUTES, 'prefix="/items"', 'prefix="/item"'), ("tests/test_items.py", "'/items'", "'/item'")),
        {
            "shop/routes/order_lines.py": ('prefix="/order-line"', "def read_order_lines("),
            "tests/test_order_lines.py": ('URL = "/order-line"',),
            "shop/models.py": ('__tablename__ = "order_lines"',),
        },
    ),
}


@dataclass(frozen=True)
class Files:
    """A repository in memory."""

    texts: dict[str, str]

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.texts))

    def read(self, path: str) -> str | None:
        assert not path.startswith("/"), path
        return self.texts.get(path)


def variant(changes: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
    texts = dict(SERVICE)
    for path, old, new in changes:
        assert old in texts[path], old
        texts[path] = texts[path].replace(old, new)
    return texts


def _written(texts: dict[str, str], name: str, *fields: str) -> dict[str, str]:
    result = plan_recipe(Files(texts), "add_resource", {"name": name, "fields": list(fields)})
    return {edit.path: edit.content or "" for edit in result.edits}


@pytest.mark.parametrize(("changes", "expected"), VARIANTS.values(), ids=VARIANTS)
def test_follows(changes: tuple[tuple[str, str, str], ...], expected: dict[str, tuple[str, ...]]) -> None:
    written = _written(variant(changes), "OrderLine", "label: str", "item: -> Item")
    for path, pieces in expected.items():
        missing = [piece for piece in pieces if piece not in written[path]]
        assert not missing, written[path]


def test_package_named_like_the_sibling_keeps_its_name() -> None:
    texts = {path.replace("shop/", "items/"): text.replace("shop", "items") for path, text in SERVICE.items()}
    written = _written(texts, "Product", "label: str")
    assert "items/routes/products.py" in written
    assert "from items.models import Product" in written["items/routes/products.py"]
    assert not any(path.startswith("products/") for path in written)


def test_modules_at_the_root_get_no_package() -> None:
    texts = {path.removeprefix("shop/"): text.replace("shop.", "") for path, text in SERVICE.items()}
    written = _written(texts, "Product", "label: str")
    assert "routes/products.py" in written
    assert not any(path.endswith("__init__.py") for path in written)


REFUSED = {"variable": ("Key", "`key` means something else"), "parameter": ("Body", "`body` means something else")}


@pytest.mark.parametrize(("name", "says"), REFUSED.values(), ids=REFUSED)
def test_name_that_means_something_else(name: str, says: str) -> None:
    with pytest.raises(RecipeRefusedError, match=f"{says} in shop/routes/items.py"):
        _written(SERVICE, name, "label: str")


def test_the_next_resource_is_followed_where_the_first_cannot_be() -> None:
    texts = dict(SERVICE)
    for name, field in (("Article", "item: -> Item"), ("Product", "label: str")):
        written = _written(texts, name, "title: str", field)
        texts |= written
    assert texts["shop/routes/articles.py"].count("body.item_id") == 3
    assert "item_id" not in texts["shop/routes/products.py"].replace("product_item_id", "")


def test_name_that_the_followed_file_imports() -> None:
    texts = variant(((ROUTES, "import APIRouter, ", "import status, APIRouter, "),))
    with pytest.raises(RecipeRefusedError, match=f"`status` means something else in {ROUTES}"):
        _written(texts, "Status", "label: str")


def test_layer_behind_the_handlers() -> None:
    row = "Item(**body.model_dump())\n    db.add(item)\n    db.commit()"
    texts = variant(
        (
            (ROUTES, row, "storage.create_item(db, body)"),
            (ROUTES, "from shop.models", "from shop import storage\nfrom shop.models"),
        )
    )
    texts["shop/storage.py"] = "import shop\n\n\ndef create_item(db, body):\n    return body\n"
    with pytest.raises(RecipeRefusedError, match=r"goes through `storage\.create_item`"):
        _written(texts, "Product", "label: str")
