# tests/gates/alembic_project.py — a small project with Alembic, as files, to be changed by the tests of its gate
INI = "[alembic]\nscript_location = alembic\nprepend_sys_path = .\nsqlalchemy.url = mysql://nobody@localhost/none\n"

ENV = """\
from alembic import context
from sqlalchemy import create_engine

from app.models import Base
from app.settings import DATABASE_URL

with create_engine(DATABASE_URL).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
"""

SETTINGS = 'import os\n\nDATABASE_URL = os.environ.get("DATABASE_URL", "sqlite:///./app.db")\n'

MODELS = """\
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    note: Mapped[str | None] = mapped_column(String(50))
"""

PRICED = MODELS + '    price: Mapped[int] = mapped_column(server_default="0")\n'


def revision(id_: str, down: str | None, upgrade: str, downgrade: str) -> str:
    """A revision file whose two bodies are the given lines."""
    up, back = ("\n".join(f"    {line}" for line in text.splitlines()) for text in (upgrade, downgrade))
    return (
        f'import sqlalchemy as sa\nfrom alembic import op\n\nrevision: str = "{id_}"\ndown_revision = {down!r}\n\n\n'
        f"def upgrade() -> None:\n{up}\n\n\ndef downgrade() -> None:\n{back}\n"
    )


FIRST = revision(
    "aa01",
    None,
    'op.create_table(\n    "item",\n    sa.Column("id", sa.Integer(), primary_key=True),\n'
    '    sa.Column("name", sa.String(50), nullable=False),\n    sa.Column("note", sa.String(50)),\n)',
    'op.drop_table("item")',
)

ADD_PRICE = 'op.add_column("item", sa.Column("price", sa.Integer(), nullable=False, server_default="0"))'
DROP_PRICE = 'with op.batch_alter_table("item") as batch:\n    batch.drop_column("price")'

BASE = {
    "alembic.ini": INI,
    "alembic/env.py": ENV,
    "alembic/versions/aa01_first.py": FIRST,
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "app/settings.py": SETTINGS,
}

SECOND = "alembic/versions/bb02_price.py"


def with_price(up: str = ADD_PRICE, down: str = DROP_PRICE, *, after: str | None = "aa01") -> dict[str, str]:
    """The base with a price in the model, and a second revision with these bodies."""
    return {**BASE, "app/models.py": PRICED, SECOND: revision("bb02", after, up, down)}
