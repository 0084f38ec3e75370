# tests/recipes/test_sqlmodel_types.py — new SQLModel code says to type checkers what its sibling silenced them about
import libcst as cst
import pytest

from python_coder.recipes.apply import plan_recipe
from python_coder.recipes.sqlmodel_types import with_typed_column

SERVICE = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["sqlmodel"]\n',
    "app/__init__.py": "",
    "app/main.py": (
        "from fastapi import FastAPI\n\nfrom app.routes import items\n\napp = FastAPI()\n"
        "app.include_router(items.router)\n"
    ),
    "app/db.py": (
        "from sqlmodel import Session, create_engine\n\nengine = create_engine('sqlite://')\n\n\n"
        "def get_session():\n    with Session(engine) as session:\n        yield session\n"
    ),
    "app/models.py": """\
from datetime import datetime, timezone

from sqlalchemy import DateTime
from sqlmodel import Field, SQLModel


def now() -> datetime:
    return datetime.now(timezone.utc)


class ItemBase(SQLModel):
    title: str = Field(max_length=255)


class ItemCreate(ItemBase):
    pass


class ItemUpdate(ItemBase):
    title: str | None = Field(default=None, max_length=255)  # type: ignore[assignment]


class Item(ItemBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    created_at: datetime | None = Field(
        default_factory=now,
        sa_type=DateTime(timezone=True),  # type: ignore
    )


class ItemPublic(ItemBase):
    id: int
    created_at: datetime | None = None


class ItemPublicWithParts(ItemPublic):
    parts: list[str] = []
""",
    "app/shown/__init__.py": "from app.models import Item, ItemPublic, ItemPublicWithParts\n",
    "app/routes/__init__.py": "",
    "app/routes/items.py": """\
from fastapi import APIRouter, Depends, HTTPException, Response, status
from sqlmodel import Session, select

from app.db import get_session
from app.models import Item, ItemCreate, ItemPublic, ItemPublicWithParts, ItemUpdate

router = APIRouter(prefix="/items", tags=["items"])


@router.get("/", response_model=list[ItemPublic])
def read_items(session: Session = Depends(get_session)):
    return session.exec(select(Item)).all()


@router.post("/", response_model=ItemPublic)
def create_item(item_in: ItemCreate, session: Session = Depends(get_session)):
    item = Item.model_validate(item_in)
    session.add(item)
    session.commit()
    session.refresh(item)
    return item


@router.get("/{id}", response_model=ItemPublicWithParts)
def read_item(id: int, session: Session = Depends(get_session)):
    item = session.get(Item, id)
    if not item:
        raise HTTPException(status_code=404, detail="Item not found")
    return item


@router.patch("/{id}", response_model=ItemPublic)
def update_item(id: int, item_in: ItemUpdate, session: Session = Depends(get_session)):
    item = session.get(Item, id)
    if not item:
        raise HTTPException(status_code=404, detail="Item not found")
    item.sqlmodel_update(item_in.model_dump(exclude_unset=True))
    session.add(item)
    session.commit()
    session.refresh(item)
    return item


@router.delete("/{id}")
def delete_item(id: int, session: Session = Depends(get_session)) -> Response:
    item = session.get(Item, id)
    if not item:
        raise HTTPException(status_code=404, detail="Item not found")
    session.delete(item)
    session.commit()
    return Response(status_code=status.HTTP_204_NO_CONTENT)
""",
    "tests/test_items.py": (
        "def test_create(client):\n    response = client.post('/items/', json={'title': 'a'})\n"
        "    assert response.status_code == 200\n"
    ),
}


class Files:
    """A repository in memory."""

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(SERVICE))

    def read(self, path: str) -> str | None:
        return SERVICE.get(path)


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    result = plan_recipe(Files(), "add_resource", {"name": "Product", "fields": ["name: str"]})
    return {edit.path: edit.content or "" for edit in result.edits}


def test_changes_do_not_narrow_a_base(written: dict[str, str]) -> None:
    assert "class ProductUpdate(SQLModel):" in written["app/models.py"]
    assert "class ProductCreate(ProductBase):" in written["app/models.py"]


def test_type_of_a_column_is_handed_over_as_a_column(written: dict[str, str]) -> None:
    new = written["app/models.py"].partition("class Product(")[2]
    assert "sa_column=Column(DateTime(timezone=True))" in new
    assert "from sqlalchemy import Column, DateTime" in written["app/models.py"]


def test_answers_use_the_plain_schema(written: dict[str, str]) -> None:
    assert "WithParts" not in written["app/routes/products.py"]
    assert "ProductPublicWithParts" not in written["app/models.py"]
    assert "import Item, ItemPublic, ItemPublicWithParts, Product, ProductPublic\n" in written["app/shown/__init__.py"]


def test_status_is_read_from_the_response_too(written: dict[str, str]) -> None:
    assert "== 204" in written["tests/test_products.py"]


STATEMENTS = {
    "instance": (
        "at: datetime = Field(sa_type=Zoned(True))",
        "at: datetime = Field(sa_column=Column(Zoned(True), nullable=False))",
    ),
    "optional": (
        "at: datetime | None = Field(None, sa_type=Zoned(True))",
        "at: datetime | None = Field(None, sa_column=Column(Zoned(True)))",
    ),
    "class": ("at: datetime = Field(sa_type=DateTime)", "at: datetime = Field(sa_type=DateTime)"),
    "other-column-words": (
        "at: int = Field(index=True, sa_type=Big(8))",
        "at: int = Field(index=True, sa_type=Big(8))",
    ),
    "no-value": ("at: int", "at: int"),
}


@pytest.mark.parametrize(("before", "after"), STATEMENTS.values(), ids=STATEMENTS)
def test_with_typed_column(before: str, after: str) -> None:
    line = cst.ensure_type(cst.parse_module(before).body[0], cst.SimpleStatementLine)
    assert with_typed_column(cst.ensure_type(line.body[0], cst.AnnAssign)) == after
