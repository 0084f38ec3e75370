# tests/gates/test_migration_schema.py — what the models ask for and Alembic does not compare, on a real PostgreSQL
from pathlib import Path

import pytest
from alembic_project import INI, revision
from change_bench import Bench, blocking, notes

from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.gates.known_good import KnownGood
from python_coder.gates.migration import MigrationGate

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.usefixtures("kept_postgres")]

NEW = "alembic/versions/bb02_second.py"
ENV = """\
from alembic import context
from sqlalchemy import create_engine

from app.models import Base
from app.settings import DATABASE_URL

with create_engine(DATABASE_URL).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
MODELS = """\
from sqlalchemy import CheckConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Legacy(Base):
    __tablename__ = "legacy"
    __table_args__ = (CheckConstraint("id > 0", name="ck_never_migrated"),)

    id: Mapped[int] = mapped_column(primary_key=True)
"""
SEAT = """

class Seat(Base):
    __tablename__ = "seat"
    __table_args__ = (CheckConstraint("place > 0", name="ck_place"),)

    hall: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
"""
FIRST = revision(
    "aa01",
    None,
    'op.create_table("legacy", sa.Column("id", sa.Integer(), primary_key=True))',
    'op.drop_table("legacy")',
)
BASE = {
    "alembic.ini": INI,
    "alembic/env.py": ENV,
    "alembic/versions/aa01_first.py": FIRST,
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "app/settings.py": 'import os\n\nDATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://nobody@nowhere/none")\n',
}
HALL, PLACE = (f'sa.Column("{name}", sa.Integer(), primary_key={{}}, nullable=False)' for name in ("hall", "place"))
CHECK = 'sa.CheckConstraint("place > 0", name="ck_place")'
TABLE = f'op.create_table("seat", {HALL.format(True)}, {PLACE.format(True)}, {CHECK})'
WIDER = f'{TABLE}\nop.execute("ALTER TABLE seat ADD CONSTRAINT ck_hall CHECK (hall < 100) NOT VALID")'
WIDER += '\nop.execute("ALTER TABLE seat VALIDATE CONSTRAINT ck_hall")'
SHOWN = """\
seat
  hall integer
  place integer
  seat_pkey: PRIMARY KEY (hall, place)
  ck_place: CHECK ((place > 0))"""

CASES: dict[str, tuple[str, list[str], list[str]]] = {
    "as-the-models-ask": (TABLE, [], []),
    "check-left-out": (TABLE.replace(f", {CHECK}", ""), ["seat: lacks check ((place > 0))"], []),
    "key-too-short": (
        TABLE.replace(PLACE.format(True), PLACE.format(False)),
        ["seat: lacks primary key (hall, place)"],
        ["seat: has primary key (hall) too many"],
    ),
    "more-than-the-models": (WIDER, [], ["seat: has check ((hall < 100)) too many"]),
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize(("upgrade", "lacking", "extra"), CASES.values(), ids=CASES)
def test_a_revision_makes_what_the_models_ask_for(
    upgrade: str, lacking: list[str], extra: list[str], tmp_path: Path, known_good: KnownGood, cache: Path
) -> None:
    files = {**BASE, "app/models.py": MODELS + SEAT, NEW: revision("bb02", "aa01", upgrade, 'op.drop_table("seat")')}
    bench = Bench(folder=tmp_path, base=BASE, delivered=files, known_good=known_good, cache=cache)
    result = bench.check(MigrationGate())
    assert (result.verdict, blocking(result)) == (
        Verdict.FAILED if lacking else Verdict.PASSED,
        [f"{NEW}:0 schema-differs"] * len(lacking),
    ), result
    assert _said(result, "schema-differs") == [
        f"{words}, as the models ask; add it to the revision" for words in lacking
    ]
    assert _said(result, "schema-has-more") == [f"{words}, say the models" for words in extra]
    assert [note for note in notes(result) if "not-compared" in note] == []
    if not lacking and not extra:
        assert (result.facts["get_schema"], result.facts["schema_differences"]) == (SHOWN, 0)


def _said(result: GateResult, rule: str) -> list[str]:
    return [finding.message for finding in result.findings if finding.rule == rule]
