# tests/gates/test_migration.py — migrations tried with a real Alembic on a scratch database
from dataclasses import replace
from pathlib import Path

import pytest
from alembic_project import ADD_PRICE, BASE, ENV, FIRST, MODELS, SECOND, SETTINGS, revision, with_price
from change_bench import KNOWN_GOOD, Bench, Files, blocking, notes

from python_coder.evidence.verdict import Verdict
from python_coder.gates.context import UserPolicy
from python_coder.gates.known_good import KnownGood
from python_coder.gates.migration import MigrationGate

pytestmark = pytest.mark.slow


BATCH = 'with op.batch_alter_table("item") as batch:\n    '
ADD_BARE = BATCH + 'batch.add_column(sa.Column("price", sa.Integer(), nullable=False))'
NOTE_DEMANDED = BATCH + 'batch.alter_column("note", nullable=False)'
NOTE_FREE = BATCH + 'batch.alter_column("note", nullable=True)'
ADD_PART = 'op.create_table("part", sa.Column("id", sa.Integer(), primary_key=True))'
PART = """\
from sqlalchemy.orm import Mapped, mapped_column

from app.models import Base


class Part(Base):
    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
"""
WITH_PART = (
    MODELS.replace("import String", "import ForeignKey, String")
    + """

class Part(Base):
    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
"""
)
NOTHING = 'op.execute("SELECT 1")'
WITHOUT_NOTE = {
    **BASE,
    "app/models.py": MODELS.replace("    note: Mapped[str | None] = mapped_column(String(50))\n", ""),
    SECOND: revision(
        "bb02", "aa01", 'op.drop_column("item", "note")', 'op.add_column("item", sa.Column("note", sa.String(50)))'
    ),
}
EMPTIED = f'{ADD_PRICE}\nop.execute("UPDATE item SET note = NULL")'
DELETED = f'{ADD_PRICE}\nop.execute("DELETE FROM item")'
NO_BASE: Files = {path: text for path, text in BASE.items() if not path.startswith("alembic")}

FAILS: dict[str, tuple[Files | None, Files, list[str]]] = {
    "model-without-revision": (BASE, {**BASE, "app/models.py": with_price()["app/models.py"]}, [":0 models-differ"]),
    "revision-without-model": (BASE, {**with_price(), "app/models.py": MODELS}, [":0 models-differ"]),
    "empty-downgrade": (BASE, with_price(down="pass"), [f"{SECOND}:12 downgrade-empty"]),
    "broken-upgrade": (BASE, with_price(up='op.drop_column("no", "such")'), [f"{SECOND}:9 upgrade-fails"]),
    "broken-downgrade": (BASE, with_price(down='op.drop_table("no")'), [f"{SECOND}:13 downgrade-fails"]),
    "downgrade-leaves-the-column": (
        BASE,
        with_price(down=NOTHING),
        [f"{SECOND}:9 upgrade-again-fails"],
    ),
    "rows-stop-the-upgrade": (
        BASE,
        with_price(up=ADD_BARE),
        [":0 models-differ", f"{SECOND}:9 upgrade-again-fails"],
    ),
    "null-rows-stop-the-upgrade": (
        BASE,
        {
            **BASE,
            "app/models.py": MODELS.replace("note: Mapped[str | None]", "note: Mapped[str]"),
            SECOND: revision("bb02", "aa01", NOTE_DEMANDED, NOTE_FREE),
        },
        [f"{SECOND}:9 upgrade-again-fails"],
    ),
    "column-dropped": (BASE, WITHOUT_NOTE, [f"{SECOND}:0 ban-drop-column"]),
    "rows-deleted": (BASE, with_price(up=DELETED), [f"{SECOND}:0 rows-lost"] * 2),
    "values-emptied": (BASE, with_price(up=EMPTIED), [f"{SECOND}:0 value-lost"] * 2),
    "second-head": (
        {**BASE, "alembic/versions/ab.py": revision("ab", "aa01", NOTHING, NOTHING)},
        {
            **with_price(),
            "alembic/versions/ab.py": revision("ab", "aa01", NOTHING, NOTHING),
        },
        [f"{SECOND}:4 revision-not-on-head", f"{SECOND}:4 several-heads"],
    ),
    "unknown-parent": (BASE, with_price(after="zz"), [f"{SECOND}:4 revision-unknown", f"{SECOND}:4 several-heads"]),
    "old-revision-rewritten": (
        BASE,
        {**with_price(), "alembic/versions/aa01_first.py": FIRST.replace("50", "60", 1)},
        ["alembic/versions/aa01_first.py:4 revision-rewritten"],
    ),
    "old-revision-gone": (
        BASE,
        {k: v for k, v in with_price(after=None).items() if "aa01" not in k},
        ["alembic/versions/aa01_first.py:0 revision-gone", f"{SECOND}:4 revision-not-on-head"],
    ),
    "env-that-looks-away": (
        BASE,
        {
            **BASE,
            "app/models.py": with_price()["app/models.py"],
            "alembic/env.py": ENV.replace("render_as_batch=True", "include_object=lambda *_: False"),
        },
        [":0 models-differ"],
    ),
    "env-that-leaves": (
        BASE,
        {**with_price(), "alembic/env.py": "import sys\n\nsys.exit(0)\n"},
        ["alembic/env.py:3 upgrade-fails"],
    ),
    "first-migrations-that-fail": (
        NO_BASE,
        {**BASE, "alembic/versions/aa01_first.py": FIRST.replace("op.create_table", "op.make_table")},
        ["alembic/versions/aa01_first.py:9 upgrade-fails"],
    ),
}

WRAPPED_ENV = """\
import asyncio

from alembic import context
from sqlalchemy import engine_from_config
from sqlalchemy.ext.asyncio import AsyncEngine

from app.models import Base


def run(connection):
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = AsyncEngine(engine_from_config(context.config.get_section("alembic"), future=True))
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
"""
"""Makes a plain engine of an asynchronous address, as Alembic's template did before SQLAlchemy 2."""
WRAPPED = {
    "alembic.ini": BASE["alembic.ini"].replace("mysql://nobody@localhost/none", "sqlite+aiosqlite:///./app.db"),
    "alembic/env.py": WRAPPED_ENV,
}

PASSES: dict[str, tuple[Files | None, Files]] = {
    "plain-engine-of-an-asynchronous-address": ({**BASE, **WRAPPED}, {**with_price(), **WRAPPED}),
    "column-with-default": (BASE, with_price()),
    "first-migrations": (NO_BASE, BASE),
    "whole-repository": (None, BASE),
    "env-that-imports-a-new-module-of-models": (
        BASE,
        {
            **BASE,
            "alembic/env.py": "import app.parts\n" + ENV,
            "app/parts.py": PART,
            SECOND: revision("bb02", "aa01", ADD_PART, 'op.drop_table("part")'),
        },
    ),
    "two-revisions": (
        BASE,
        {
            **with_price(),
            "alembic/versions/cc.py": revision("cc", "bb02", NOTHING, NOTHING),
        },
    ),
    "old-revision-laid-out-anew": (
        BASE,
        {
            **with_price(),
            "alembic/versions/aa01_first.py": FIRST.replace('"item",', '"item",  \n').replace("= None", "= (None)"),
        },
    ),
    "models-differed-before": (
        {**BASE, "app/models.py": MODELS.replace("String(50)", "String(50), unique=True", 1)},
        {
            **with_price(),
            "app/models.py": with_price()["app/models.py"].replace("String(50)", "String(50), unique=True", 1),
        },
    ),
    "table-with-a-foreign-key": (
        BASE,
        {
            **BASE,
            "app/models.py": WITH_PART,
            SECOND: revision(
                "bb02",
                "aa01",
                'op.create_table("part", sa.Column("id", sa.Integer(), primary_key=True), '
                'sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id"), nullable=False))',
                'op.drop_table("part")',
            ),
        },
    ),
}

NOT_APPLICABLE: dict[str, tuple[Files, Files, str]] = {
    "nothing-of-the-kind": (BASE, {**BASE, "app/other.py": "X = 1\n"}, "no model module and no migration changed"),
    "no-alembic": (NO_BASE, {**NO_BASE, "app/other.py": "X = 1\n"}, "the project has no Alembic"),
    "models-without-alembic": (NO_BASE, {**NO_BASE, "app/models.py": MODELS + "X = 1\n"}, "the project has no Alembic"),
}


@pytest.mark.parametrize(("base", "delivered", "expected"), FAILS.values(), ids=FAILS)
def test_fails(
    known_good: KnownGood, tmp_path: Path, base: Files | None, delivered: Files, expected: list[str]
) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered, known_good=known_good).check(MigrationGate())
    assert (result.verdict, blocking(result)) == (Verdict.FAILED, expected), result


@pytest.mark.parametrize(("base", "delivered"), PASSES.values(), ids=PASSES)
def test_passes(known_good: KnownGood, tmp_path: Path, base: Files | None, delivered: Files) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered, known_good=known_good).check(MigrationGate())
    assert (result.verdict, result.findings) == (Verdict.PASSED, ()), result
    assert result.facts["database"] == "SQLite"


def test_what_the_user_allows_is_only_told(known_good: KnownGood, tmp_path: Path) -> None:
    policy = UserPolicy(may_migrate_unsafely=("ban-drop-column:it*",))
    bench = Bench(folder=tmp_path, base=BASE, delivered=WITHOUT_NOTE, known_good=known_good, policy=policy)
    result = bench.check(MigrationGate())
    assert (result.verdict, notes(result)) == (Verdict.PASSED, ["ban-drop-column"]), result


def test_puts_rows_into_the_tables_that_a_revision_alters(known_good: KnownGood, tmp_path: Path) -> None:
    result = Bench(folder=tmp_path, base=BASE, delivered=with_price(), known_good=known_good).check(MigrationGate())
    assert result.facts["rows"] == 2
    assert str(tmp_path) not in str(result.commands)


@pytest.mark.parametrize(("base", "delivered", "reason"), NOT_APPLICABLE.values(), ids=NOT_APPLICABLE)
def test_has_nothing_to_look_at(
    known_good: KnownGood, tmp_path: Path, base: Files, delivered: Files, reason: str
) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered, known_good=known_good).check(MigrationGate())
    assert (result.verdict, result.reason[-len(reason) :]) == (Verdict.NOT_APPLICABLE, reason)


NOT_RUN: dict[str, tuple[Files, Files, str]] = {
    "base-migrations-fail": (
        {**BASE, "alembic/env.py": ENV.replace("app.settings", "app.missing")},
        {**with_price(), "alembic/env.py": ENV.replace("app.settings", "app.missing")},
        "the base revision's own migrations fail",
    ),
    "postgresql-only": (
        {**BASE, "app/settings.py": SETTINGS.replace("sqlite:///./app.db", "postgresql://x@h/d")},
        {
            **with_price(up=f"{ADD_PRICE}\nop.execute('CREATE EXTENSION x')"),
            "app/settings.py": SETTINGS.replace("sqlite:///./app.db", "postgresql://x@h/d"),
        },
        "made for PostgreSQL",
    ),
    "env-that-does-nothing": (
        BASE,
        {**with_price(), "alembic/env.py": "X = 1\n"},
        "did not bring the scratch database to the head",
    ),
}


@pytest.mark.parametrize(("base", "delivered", "reason"), NOT_RUN.values(), ids=NOT_RUN)
def test_is_not_run(known_good: KnownGood, tmp_path: Path, base: Files, delivered: Files, reason: str) -> None:
    # An environment without a driver for PostgreSQL, though the interpreter has one.
    bare = replace(known_good, environment=tmp_path)
    result = Bench(folder=tmp_path, base=base, delivered=delivered, known_good=bare).check(MigrationGate())
    assert (result.verdict, reason in result.reason) == (Verdict.NOT_RUN, True), result
    assert "--env-file" in result.mend


def test_never_touches_the_database_that_the_project_names(known_good: KnownGood, tmp_path: Path) -> None:
    mine = tmp_path / "mine.db"
    bench = Bench(
        folder=tmp_path / "bench",
        base=BASE,
        delivered=with_price(),
        env={"DATABASE_URL": f"sqlite:///{mine}"},
        known_good=known_good,
    )
    assert bench.check(MigrationGate()).verdict == Verdict.PASSED
    hard_coded = {"app/settings.py": f'DATABASE_URL = "sqlite:///{mine}"\n'}
    bench = Bench(
        folder=tmp_path / "hard",
        base={**BASE, **hard_coded},
        delivered={**with_price(), **hard_coded},
        known_good=known_good,
    )
    assert bench.check(MigrationGate()).verdict == Verdict.PASSED
    assert not mine.exists()


def test_refuses_a_server_on_another_machine(known_good: KnownGood, tmp_path: Path) -> None:
    env = {"DATABASE_URL": "postgresql://u:secret-word@db.example.com/prod"}
    postgres = {"app/settings.py": SETTINGS.replace("sqlite:///./app.db", "postgresql://x@h/d")}
    broken = {**with_price(up="op.execute('CREATE EXTENSION x')"), **postgres}
    bare = replace(known_good, environment=tmp_path)
    bench = Bench(folder=tmp_path, base={**BASE, **postgres}, delivered=broken, env=env, known_good=bare)
    result = bench.check(MigrationGate())
    assert (result.verdict, "not on this machine" in result.reason) == (Verdict.NOT_RUN, True)
    assert "secret-word" not in str(result)


def test_without_alembic_in_the_environment(tmp_path: Path) -> None:
    bare = replace(KNOWN_GOOD, python=Path("/usr/bin/python3"), alembic_ini="alembic.ini")
    bench = Bench(folder=tmp_path, base=BASE, delivered=with_price(), known_good=bare)
    result = bench.check(MigrationGate())
    assert (result.verdict, "alembic" in result.reason) == (Verdict.NOT_RUN, True), result
