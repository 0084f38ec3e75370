# tests/services/test_schema_drift.py — a real database beside a project's migrations and models
import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres_server import PostgresServer

from python_coder.errors import ToolRefusedError
from python_coder.postgres.drift import differences
from python_coder.postgres.schema_reading import read_schema
from python_coder.tools.files import ProjectFiles
from python_coder.tools.postgres.drift_tool import ProjectDrift, project_alembic
from python_coder.tools.postgres.project_schemas import MadeSchema, ProjectSchemas, project_schemas
from python_coder.tools.postgres.schema_tool import SchemaTools
from python_coder.tools.postgres.static_drift import LIMITS
from python_coder.tools.serena.workplace import Workplace, project_workplace
from python_coder.workspace.sandbox import make_runner

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

INI = "[alembic]\nscript_location = %(here)s/alembic\npath_separator = os\nprepend_sys_path = .\n"
ENV = """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
from app.models import Base
from app.settings import DATABASE_URL

def work(connection):
    context.configure(connection=connection, target_metadata=Base.metadata, include_schemas=True)
    with context.begin_transaction():
        context.run_migrations()

async def main():
    async with create_async_engine(DATABASE_URL).connect() as connection:
        await connection.run_sync(work)
        await connection.commit()

asyncio.run(main())
"""
SETTINGS = 'import os\n\nDATABASE_URL = os.environ["DATABASE_URL"]\n'
MODELS = """
import enum
from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Status(enum.Enum):
    open = "open"
    paid = "paid"

class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(100), unique=True)

class Invoice(Base):
    __tablename__ = "invoice"
    __table_args__ = (
        CheckConstraint("total >= 0", name="ck_total"),
        Index("ix_open", "status", postgresql_where="status = 'open'"),
        {"schema": "billing"},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    status: Mapped[Status]
    total: Mapped[int]
"""
REVISION = '''
import sqlalchemy as sa
from alembic import op
revision = {revision!r}
down_revision = {down!r}

def upgrade():
    for statement in """{sql}""".strip(" ;\\n").split(";"):
        op.execute(statement)

def downgrade():
    op.execute("{undo}")
'''
FIRST = REVISION.format(
    revision="aa01",
    down=None,
    sql="CREATE TABLE customer (id serial PRIMARY KEY, email varchar(100) NOT NULL UNIQUE)",
    undo="DROP TABLE customer",
)
INVOICE = """
CREATE SCHEMA billing;
CREATE TYPE status AS ENUM ('open', 'paid');
CREATE TABLE billing.invoice (
    id serial PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer ON DELETE CASCADE,
    status status NOT NULL, total integer NOT NULL, CONSTRAINT ck_total CHECK (total >= 0)
);
CREATE INDEX ix_open ON billing.invoice (status) WHERE status = 'open';
"""
SECOND = REVISION.format(
    revision="bb02", down="aa01", sql=INVOICE, undo="DROP TABLE billing.invoice; DROP TYPE status; DROP SCHEMA billing"
)
PROJECT = {
    "alembic.ini": INI,
    "alembic/env.py": ENV,
    "alembic/versions/aa01_first.py": FIRST,
    "alembic/versions/bb02_invoice.py": SECOND,
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "app/settings.py": SETTINGS,
    "pyproject.toml": '[project]\nname = "billing"\nversion = "1"\ndependencies = ["fastapi"]\n',
}


@dataclass(frozen=True)
class Bench:
    """A project, and a database that its migrations brought to the head."""

    root: Path
    place: Workplace
    cache: Path
    dsn: str
    made: ProjectSchemas


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> Bench:
    root = lay_out(tmp_path_factory.mktemp("project"), PROJECT)
    cache, place = tmp_path_factory.mktemp("cache"), workplace(root, tmp_path_factory.mktemp("scratch"))
    dsn = postgres_server.new_database("drifting")
    migrate(root, dsn, "head")
    made = asyncio.run(project_schemas(project_alembic(place, ProjectFiles(root)), cache))
    return Bench(root=root, place=place, cache=cache, dsn=dsn, made=made)


def lay_out(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def migrate(root: Path, dsn: str, revision: str) -> None:
    env = {**os.environ, "DATABASE_URL": dsn.replace("postgresql://", "postgresql+asyncpg://")}
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", revision], cwd=root, env=env, check=True, capture_output=True
    )


def workplace(root: Path, scratch: Path, environment: Path | None = Path(sys.prefix)) -> Workplace:
    return project_workplace(root, None, environment, scratch=scratch, runner=make_runner("auto"))


async def drift(dsn: str, place: Workplace, cache: Path) -> list[str]:
    @contextlib.asynccontextmanager
    async def connect() -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            await connection.execute("SET TRANSACTION READ ONLY")
            yield connection

    project = ProjectDrift(workplace=lambda: place, cache=cache)
    tools = SchemaTools(connect=connect, drift=project.compare)
    return (await tools.get_schema(drift=True)).splitlines()


def change(dsn: str, sql: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql)  # type: ignore[call-overload]


CHANGES: dict[str, tuple[str, list[str]]] = {
    "no-drift": ("", []),
    "column-by-hand": (
        "ALTER TABLE customer ADD phone text",
        ["customer.phone: the column should not be there"],
    ),
    "narrower-type": (
        "ALTER TABLE customer ALTER email TYPE varchar(50)",
        ["customer.email: character varying(50), should be character varying(100)"],
    ),
    "null-allowed": (
        "ALTER TABLE billing.invoice ALTER total DROP NOT NULL",
        ["billing.invoice.total: null, should be not null"],
    ),
    "rules-dropped": (
        "ALTER TABLE billing.invoice DROP CONSTRAINT ck_total; ALTER TABLE customer DROP CONSTRAINT customer_email_key",
        ["billing.invoice: lacks check ((total >= 0))", "customer: lacks unique (email)"],
    ),
    "other-action": (
        "ALTER TABLE billing.invoice DROP CONSTRAINT invoice_customer_id_fkey;"
        "ALTER TABLE billing.invoice ADD FOREIGN KEY (customer_id) REFERENCES customer",
        [
            "billing.invoice: has foreign key (customer_id) → customer(id) too many",
            "billing.invoice: lacks foreign key (customer_id) → customer(id) on delete CASCADE",
        ],
    ),
    "index-dropped": (
        "DROP INDEX billing.ix_open",
        ["billing.invoice: lacks index btree (status) WHERE (status = 'open'::public.status)"],
    ),
    "label-added": (
        "ALTER TYPE status ADD VALUE 'void'",
        ["enum status: (open, paid, void), should be (open, paid)"],
    ),
    "other-name": (
        "ALTER INDEX billing.ix_open RENAME TO ix_o",
        [
            "billing.invoice: index btree (status) WHERE (status = 'open'::public.status) is named ix_o, "
            "should be ix_open (minor)"
        ],
    ),
    "default-by-hand": (
        "ALTER TABLE billing.invoice ALTER total SET DEFAULT 0",
        ["billing.invoice.total: default 0, should be none (minor)"],
    ),
}


@pytest.mark.parametrize("side", ["head", "models"])
@pytest.mark.parametrize(("sql", "expected"), CHANGES.values(), ids=CHANGES)
async def test_a_database_changed_by_hand_differs_from_migrations_and_models(
    sql: str, expected: list[str], side: str, bench: Bench
) -> None:
    wanted: MadeSchema = getattr(bench.made, side)
    assert wanted.problem == ""
    async with await psycopg.AsyncConnection.connect(bench.dsn) as connection:
        await connection.execute(sql or "SELECT 1")  # type: ignore[call-overload]
        live = await read_schema(connection)
        await connection.rollback()
    assert wanted.schema is not None
    assert [str(one) for one in differences(live, wanted.schema, is_whole=side == "head")] == expected


async def test_get_schema_tells_where_the_database_stands_and_how_it_drifted(
    bench: Bench, postgres_database: str
) -> None:
    migrate(bench.root, postgres_database, "aa01")
    change(postgres_database, "ALTER TABLE customer ADD phone text; CREATE VIEW adults AS SELECT 1 AS one")
    missing = ["  billing.invoice: the table is missing", "  customer.phone: the column should not be there"]
    assert await drift(postgres_database, bench.place, bench.cache) == [
        f"{postgres_database.rpartition('/')[2]} stands at aa01; head: bb02",
        "1 revision pending:",
        "  bb02 alembic/versions/bb02_invoice.py",
        "beside the newest migration, run on a scratch database: 4 differences",
        "  adults: the table should not be there",
        *missing,
        "  enum status: is missing",
        "beside the models, made on a scratch database: 3 differences",
        *missing,
        "  enum status: is missing",
    ]


async def test_models_that_cannot_be_made_are_read(bench: Bench, tmp_path: Path) -> None:
    broken = {**PROJECT, "app/models.py": MODELS + "\nraise RuntimeError('no licence')\n"}
    root = lay_out(tmp_path / "project", broken)
    (tmp_path / "scratch").mkdir()
    lines = await drift(bench.dsn, workplace(root, tmp_path / "scratch"), bench.cache)
    why = "not compared, app/models.py:30: RuntimeError: no licence"
    assert lines[1:] == [
        f"beside the newest migration, run on a scratch database: {why}",
        f"beside the models, made on a scratch database: {why}",
        f"beside the models as the source has them ({LIMITS}): no difference",
    ]


async def test_a_project_without_an_environment_is_read(bench: Bench, tmp_path: Path, postgres_database: str) -> None:
    change(postgres_database, "CREATE TABLE customer (id serial PRIMARY KEY, email varchar(100), phone text)")
    assert await drift(postgres_database, workplace(bench.root, tmp_path, None), bench.cache) == [
        f"{postgres_database.rpartition('/')[2]} stands at no revision; head: bb02",
        "2 revisions pending:",
        "  aa01 alembic/versions/aa01_first.py",
        "  bb02 alembic/versions/bb02_invoice.py",
        "The project's code was not run: The project has no environment of its own. Make one, such as with: uv sync",
        f"beside the models as the source has them ({LIMITS}): 3 differences",
        "  customer.email: null, should be not null",
        "  customer.phone: no model has this column",
        "  invoice: the table is missing",
    ]


async def test_a_folder_without_models_is_refused(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(ToolRefusedError, match="No models and no migrations"):
        await drift(bench.dsn, workplace(tmp_path, tmp_path, None), bench.cache)
