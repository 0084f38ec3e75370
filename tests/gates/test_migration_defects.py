# tests/gates/test_migration_defects.py — seeded defects of migrations on a real PostgreSQL, and honest histories
from collections.abc import Mapping
from pathlib import Path

import pytest
from alembic_project import ENV, INI, revision
from change_bench import Bench, blocking, notes

from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.gates.context import UserPolicy
from python_coder.gates.known_good import KnownGood
from python_coder.gates.migration import MigrationGate

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.usefixtures("kept_postgres")]

MODELS = """\
from sqlalchemy import Enum, ForeignKey, Index, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)


class Item(Base):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    note: Mapped[str | None] = mapped_column(String(50))
    size: Mapped[str] = mapped_column(String(10))
    tag_id: Mapped[int | None]
    mood: Mapped[str] = mapped_column(Enum("sad", "ok", name="mood"))
"""
FIRST = revision(
    "aa01",
    None,
    """\
op.create_table("tag", sa.Column("id", sa.Integer(), primary_key=True))
op.create_table(
    "item",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("name", sa.String(50), nullable=False),
    sa.Column("note", sa.String(50)),
    sa.Column("size", sa.String(10), nullable=False),
    sa.Column("tag_id", sa.Integer()),
    sa.Column("mood", sa.Enum("sad", "ok", name="mood"), nullable=False),
)""",
    'op.drop_table("item")\nop.drop_table("tag")\nop.execute("DROP TYPE mood")',
)
OLD = "alembic/versions/aa01_first.py"
NEW = "alembic/versions/bb02_second.py"
BASE = {
    "alembic.ini": INI,
    "alembic/env.py": ENV,
    OLD: FIRST,
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "app/settings.py": 'import os\n\nDATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://nobody@nowhere/none")\n',
}
PRICED = MODELS + '    price: Mapped[int] = mapped_column(server_default="0")\n'
PRICE = 'op.add_column("item", sa.Column("price", sa.Integer(), nullable=False, server_default="0"))'
NO_SIZE = 'op.execute("ALTER TABLE item ALTER COLUMN size TYPE varchar(10)")'
NO_PRICE = 'op.drop_column("item", "price")'


def second(up: str = PRICE, down: str = NO_PRICE, *, models: str = PRICED, after: str = "aa01") -> dict[str, str]:
    return {**BASE, "app/models.py": models, NEW: revision("bb02", after, up, down)}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def judged(
    files: Mapping[str, str], folder: Path, known_good: KnownGood, cache: Path, *, policy: UserPolicy | None = None
) -> GateResult:
    bench = Bench(
        folder=folder, base=BASE, delivered=files, known_good=known_good, cache=cache, policy=policy or UserPolicy()
    )
    return bench.check(MigrationGate())


# What the files alone show: no database is asked.
IN_THE_FILES: dict[str, tuple[dict[str, str], str]] = {
    "two-heads": (
        {**second(), "alembic/versions/cc03.py": revision("cc03", "aa01", "op.f('x')", "op.f('x')")},
        f"{NEW}:4 revision-not-on-head",
    ),
    "unknown-down-revision": (second(after="zz99"), f"{NEW}:4 revision-unknown"),
    "duplicate-id": (
        {**second(), "alembic/versions/copy.py": revision("bb02", "aa01", PRICE, NO_PRICE)},
        "alembic/versions/copy.py:4 revision-twice",
    ),
    "old-revision-edited": (
        {**BASE, OLD: FIRST.replace("sa.String(50), nullable=False", "sa.String(60), nullable=False")},
        f"{OLD}:4 revision-rewritten",
    ),
    "old-revision-deleted": (
        {path: text for path, text in second(after="bb00").items() if path != OLD},
        f"{OLD}:0 revision-gone",
    ),
    "irreversible-drop": (second('op.drop_column("item", "note")', "pass"), f"{NEW}:12 downgrade-empty"),
    "uses-the-models": (
        second(f"from app.models import Item\n{PRICE}\nop.execute(Item.__table__.update().values(note='x'))"),
        f"{NEW}:9 revision-uses-models",
    ),
}


@pytest.mark.parametrize(("files", "expected"), IN_THE_FILES.values(), ids=IN_THE_FILES)
def test_found_in_the_files(
    files: dict[str, str], expected: str, tmp_path: Path, known_good: KnownGood, cache: Path
) -> None:
    result = judged(files, tmp_path, known_good, cache)
    if expected.endswith("revision-not-on-head"):
        expected = "alembic/versions/cc03.py:4 several-heads"
    assert (result.verdict, expected in blocking(result)) == (Verdict.FAILED, True), result


# What only a database shows, each on its own.
ON_A_DATABASE: dict[str, tuple[dict[str, str], str]] = {
    "no-migration-at-all": ({**BASE, "app/models.py": PRICED}, ":0 models-differ"),
    "required-column-without-default": (
        second(PRICE.replace(', server_default="0"', "")),
        f"{NEW}:9 adding-required-field",
    ),
    "type-change-fails-with-rows": (
        second('op.execute("ALTER TABLE item ALTER COLUMN size TYPE integer USING size::integer")', NO_SIZE),
        f"{NEW}:9 upgrade-again-fails",
    ),
    "rows-deleted": (second(f'{PRICE}\nop.execute("DELETE FROM item")'), f"{NEW}:0 rows-lost"),
    "column-emptied": (second(f'{PRICE}\nop.execute("UPDATE item SET note = NULL")'), f"{NEW}:0 value-lost"),
    "downgrade-names-another-constraint": (
        second(
            f'{PRICE}\nop.create_check_constraint("ck_price", "item", "price >= 0")',
            f'op.drop_constraint("price_check", "item")\n{NO_PRICE}',
        ),
        f"{NEW}:14 downgrade-fails",
    ),
    "downgrade-drops-another-column": (second(down='op.drop_column("item", "note")'), f"{NEW}:9 upgrade-again-fails"),
    "downgrade-drops-too-much": (
        second(down=f'{NO_PRICE}\nop.drop_column("item", "note")'),
        f"{NEW}:0 round-trip-differs",
    ),
    "downgrade-leaves-a-type": (
        second(
            f"{PRICE}\nop.execute(\"CREATE TYPE colour AS ENUM ('red')\")",
        ),
        f"{NEW}:10 upgrade-again-fails",
    ),
}


@pytest.mark.parametrize(("files", "expected"), ON_A_DATABASE.values(), ids=ON_A_DATABASE)
def test_found_on_a_database(
    files: dict[str, str], expected: str, tmp_path: Path, known_good: KnownGood, cache: Path
) -> None:
    result = judged(files, tmp_path, known_good, cache)
    assert (result.verdict, expected in blocking(result)) == (Verdict.FAILED, True), result
    assert result.facts["database"] == "PostgreSQL"


LACKING = {
    "enumeration-member": "`add_enum_value mood.happy`",
    "server-default": "`modify_default item.name`",
    "nullable": "`modify_nullable item note True False`",
    "index": "`add_index item.ix_item_size`",
    "foreign-key": "`add_fk`",
    "type": "`modify_type item price`",
    "table-of-another-name": "`add_table parts`",
}
ASKING = (
    MODELS.replace('"ok", name', '"ok", "happy", name')
    .replace("name: Mapped[str] = mapped_column(String(50))", 'name: Mapped[str] = mapped_column(server_default="x")')
    .replace("note: Mapped[str | None]", "note: Mapped[str]")
    .replace("String(10)", "String(10), index=True")
    .replace("tag_id: Mapped[int | None]", 'tag_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"))')
    + '    price: Mapped[str]\n\n\nclass Part(Base):\n    __tablename__ = "parts"\n\n'
    "    id: Mapped[int] = mapped_column(primary_key=True)\n"
)


@pytest.fixture(scope="module")
def lacking(tmp_path_factory: pytest.TempPathFactory, known_good: KnownGood, cache: Path) -> GateResult:
    """A revision that leaves out much of what its models ask for."""
    files = second(
        f'{PRICE}\nop.create_table("part", sa.Column("id", sa.Integer(), primary_key=True))',
        f'op.drop_table("part")\n{NO_PRICE}',
        models=ASKING,
    )
    return judged(files, tmp_path_factory.mktemp("lacking"), known_good, cache)


@pytest.mark.parametrize("words", LACKING.values(), ids=LACKING)
def test_finds_what_a_revision_leaves_out(lacking: GateResult, words: str) -> None:
    said = [finding.message for finding in lacking.findings if finding.rule == "models-differ"]
    assert any(words in message for message in said), said


UNSAFE = """\
op.create_index("ix_size", "item", ["size"])
op.create_unique_constraint("uq_name", "item", ["name"])
op.create_foreign_key("fk_tag", "item", "tag", ["tag_id"], ["id"])
op.create_check_constraint("ck_size", "item", "size <> ''")
op.alter_column("item", "size", new_column_name="extent")
op.alter_column("item", "name", type_=sa.String(40))
op.drop_column("item", "note")
op.add_column("item", sa.Column("key", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))
op.execute("DROP TABLE part -- squawk-ignore ban-drop-table")
op.rename_table("label", "labels")"""
UNSAFE_UNDONE = """\
op.rename_table("labels", "label")
op.create_table("part", sa.Column("id", sa.Integer(), primary_key=True))
op.drop_column("item", "key")
op.add_column("item", sa.Column("note", sa.String(50)))
op.alter_column("item", "name", type_=sa.String(50))
op.alter_column("item", "extent", new_column_name="size")
op.drop_constraint("ck_size", "item")
op.drop_constraint("fk_tag", "item")
op.drop_constraint("uq_name", "item")
op.drop_index("ix_size", "item")"""
BY_LINE = {
    "index": "9 require-concurrent-index-creation",
    "unique-constraint": "10 disallowed-unique-constraint",
    "foreign-key": "11 constraint-missing-not-valid",
    "check": "12 constraint-missing-not-valid",
    "column-renamed": "13 renaming-column",
    "table-written-anew": "14 changing-column-type",
    "column-dropped": "15 ban-drop-column",
    "default-for-each-row": "16 adding-field-with-default",
    "table-dropped": "17 ban-drop-table",
    "table-renamed": "18 renaming-table",
}


@pytest.fixture(scope="module")
def unsafe(tmp_path_factory: pytest.TempPathFactory, known_good: KnownGood, cache: Path) -> GateResult:
    """A revision that does everything that a database in use does not bear."""
    tables = 'op.create_table("part", sa.Column("id", sa.Integer(), primary_key=True))'
    tables += f"\n{tables.replace('part', 'label')}"
    base = {
        **BASE,
        OLD: FIRST.replace(
            '    op.create_table("tag"', f'    {tables.replace(chr(10), chr(10) + "    ")}\n    op.create_table("tag"'
        ),
    }
    bench = Bench(
        folder=tmp_path_factory.mktemp("unsafe"),
        base=base,
        delivered={**base, NEW: revision("bb02", "aa01", UNSAFE, UNSAFE_UNDONE)},
        known_good=known_good,
        cache=cache,
        policy=UserPolicy(may_migrate_unsafely=("ban-drop-column:item",)),
    )
    return bench.check(MigrationGate())


@pytest.mark.parametrize("expected", BY_LINE.values(), ids=BY_LINE)
def test_finds_what_a_database_in_use_does_not_bear(unsafe: GateResult, expected: str) -> None:
    found = [finding for finding in unsafe.findings if f"{finding.line} {finding.rule}" == expected]
    is_allowed = expected == BY_LINE["column-dropped"]
    assert [finding.path for finding in found] == [NEW], unsafe
    assert (f"{NEW}:{expected}" in blocking(unsafe)) is not is_allowed
    assert ("allowed by the user" in found[0].message) is is_allowed


HONEST_MODELS = MODELS.replace('"ok", name', '"ok", "happy", name').replace("String(10)", "String(20), index=True")
HONEST_MODELS = HONEST_MODELS.replace(
    "tag_id: Mapped[int | None]", 'tag_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"))'
)
HONEST_MODELS += """\
    price: Mapped[int] = mapped_column(server_default="0")
    hint: Mapped[str | None] = mapped_column(String(50))
    key: Mapped[str] = mapped_column(String(36))
    code: Mapped[str | None] = mapped_column(String(9), unique=True)


class Part(Base):
    __tablename__ = "part"
    __table_args__ = (Index("ix_part_item", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
"""
HONEST: dict[str, tuple[str, str]] = {
    "column-with-a-default": (PRICE, NO_PRICE),
    "table-with-a-key-and-an-index": (
        'op.create_table("part", sa.Column("id", sa.Integer(), primary_key=True), '
        'sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id"), nullable=False))\n'
        'op.create_index("ix_part_item", "part", ["item_id"])',
        'op.drop_table("part")',
    ),
    "column-filled-from-another": (
        'op.add_column("item", sa.Column("hint", sa.String(50)))\nop.execute("UPDATE item SET hint = note")',
        'op.drop_column("item", "hint")',
    ),
    "required-column-filled-first": (
        'op.add_column("item", sa.Column("key", sa.String(36)))\n'
        'op.execute("UPDATE item SET key = gen_random_uuid()::text")\n'
        'op.alter_column("item", "key", nullable=False)',
        'op.drop_column("item", "key")',
    ),
    "text-grows-longer": (
        'op.alter_column("item", "size", type_=sa.String(20))',
        'op.alter_column("item", "size", type_=sa.String(10))',
    ),
    "index-built-concurrently": (
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("ix_item_size", "item", ["size"], postgresql_concurrently=True)',
        'op.drop_index("ix_item_size", "item")',
    ),
    "foreign-key-validated-later": (
        'op.create_foreign_key("fk_tag", "item", "tag", ["tag_id"], ["id"], postgresql_not_valid=True)\n'
        "with op.get_context().autocommit_block():\n"
        '    op.execute("ALTER TABLE item VALIDATE CONSTRAINT fk_tag")',
        'op.drop_constraint("fk_tag", "item")',
    ),
    "member-of-an-enumeration": (
        "op.execute(\"ALTER TYPE mood ADD VALUE 'happy'\")",
        'op.execute("ALTER TYPE mood RENAME TO mood_old")\n'
        "op.execute(\"CREATE TYPE mood AS ENUM ('sad', 'ok')\")\n"
        'op.execute("ALTER TABLE item ALTER COLUMN mood TYPE mood USING mood::text::mood")\n'
        'op.execute("DROP TYPE mood_old")',
    ),
    "unique-column": (
        'op.add_column("item", sa.Column("code", sa.String(9)))\n'
        'op.create_unique_constraint("uq_code", "item", ["code"])',
        'op.drop_column("item", "code")',
    ),
}


def test_no_false_alarm_about_honest_revisions(tmp_path: Path, known_good: KnownGood, cache: Path) -> None:
    files, last = {**BASE, "app/models.py": HONEST_MODELS}, "aa01"
    for number, (name, (up, down)) in enumerate(HONEST.items()):
        id_ = f"c{number:03}"
        files[f"alembic/versions/{id_}_{name}.py"] = revision(id_, last, up, down)
        last = id_
    result = judged(files, tmp_path, known_good, cache)
    assert (result.verdict, notes(result)) == (Verdict.PASSED, ["disallowed-unique-constraint"]), result
    assert (result.facts["new_revisions"], result.facts["database"]) == (len(HONEST), "PostgreSQL")
