# tests/service_map/test_tables.py — SQLAlchemy and SQLModel tables and pydantic schemas, read from the source
import pytest
from written_files import written

from python_coder.service_map.tables import Relation, Table
from python_coder.service_map.whole import whole_map

_BASE = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase): ...
"""
CASES = {
    "mapped": (
        _BASE
        + """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True, index=True)
    nick: Mapped[str | None]
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    team: Mapped["Team"] = relationship(back_populates="users")
    posts: Mapped[list["Post"]] = relationship()
    count: int = 3
""",
        ("User", "users", "id* email!# nick? team_id>teams.id", "team:Team posts:Post[]"),
    ),
    "columns-of-old": (
        """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import relationship
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False)
    note = Column(String)
    team_id = Column(Integer, ForeignKey("teams.id"))
    posts = relationship("Post", back_populates="user")
    profile = relationship("Profile", uselist=False)
""",
        ("User", "users", "id* name note? team_id?>teams.id", "posts:Post[] profile:Profile"),
    ),
    "mixin-and-made-name": (
        _BASE
        + """
class Stamped:
    created: Mapped[int]
class Model(Base):
    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
    @declared_attr
    def __tablename__(cls): return cls.__name__.lower()
class Thing(Stamped, Model):
    name: Mapped[str]
""",
        ("Thing", "", "id* created name", ""),
    ),
    "sqlmodel": (
        """
from sqlmodel import Field, Relationship, SQLModel
class ThingBase(SQLModel):
    name: str = Field(index=True)
class Thing(ThingBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    note: str | None = None
    owner_id: int = Field(foreign_key="user.id", nullable=False)
    owner: "User" = Relationship(back_populates="things")
    parts: list["Part"] = Relationship()
class ThingIn(ThingBase): ...
""",
        ("Thing", "thing", "name# id* note? owner_id>user.id", "owner:User parts:Part[]"),
    ),
}


def _shown(table: Table) -> tuple[str, str, str, str]:
    columns = " ".join(
        column.name
        + "*" * column.is_primary_key
        + "!" * column.is_unique
        + "#" * column.has_index
        + "?" * column.is_nullable
        + (f">{column.foreign_key}" if column.foreign_key else "")
        for column in table.columns
    )
    return table.name, table.table, columns, " ".join(map(_relation, table.relations))


def _relation(relation: Relation) -> str:
    return f"{relation.name}:{relation.target}{'[]' * relation.is_many}"


@pytest.mark.parametrize(("code", "wanted"), CASES.values(), ids=CASES)
def test_reads_the_one_table(code: str, wanted: tuple[str, str, str, str]) -> None:
    service = whole_map(written({"models.py": code}))
    assert [_shown(table) for table in service.tables] == [wanted]


def test_tells_schemas_from_tables_and_settings() -> None:
    code = """
        from pydantic import BaseModel
        from pydantic_settings import BaseSettings
        class Base(BaseModel): ...
        class ItemIn(Base):
            model_config = {}
            name: str
            price: int = 3
        class Settings(BaseSettings):
            url: str
        class Plain: ...
    """
    service = whole_map(written({"schemas.py": code}))
    assert [(schema.name, schema.fields) for schema in service.schemas] == [("Base", ()), ("ItemIn", ("name", "price"))]
