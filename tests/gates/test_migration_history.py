# tests/gates/test_migration_history.py — the chain of revisions, read without a database
from pathlib import Path

import pytest
from alembic_project import BASE, ENV, FIRST, INI, MODELS, SECOND, revision, with_price
from change_bench import Bench, Files

from python_coder.gates.migration_history import alembic_ini, changed_models, judge_history, read_history

NOTHING = "pass"
UP = 'op.execute("SELECT 1")'
TUPLE = revision("cc", "bb", UP, UP).replace("down_revision = 'bb'", 'down_revision: tuple = ("aa", "bb")')

LOCATIONS: dict[str, tuple[Files, list[str]]] = {
    "usual": (BASE, ["aa01"]),
    "relative-to-the-configuration": (
        {"backend/alembic.ini": INI, "backend/alembic/versions/a.py": FIRST},
        ["aa01"],
    ),
    "here": (
        {"db/alembic.ini": "[alembic]\nscript_location = %(here)s/alembic\n", "db/alembic/versions/a.py": FIRST},
        ["aa01"],
    ),
    "package": (
        {"alembic.ini": "[alembic]\nscript_location = app:migrations\n", "app/migrations/versions/a.py": FIRST},
        ["aa01"],
    ),
    "several-folders": (
        {
            "alembic.ini": "[alembic]\nscript_location = m\nversion_locations = m/one, m/two\n",
            "m/one/a.py": FIRST,
            "m/two/b.py": revision("bb02", "aa01", UP, UP),
        },
        ["aa01", "bb02"],
    ),
    "folders-by-colon": (
        {
            "alembic.ini": "[alembic]\nscript_location = m\nversion_path_separator = os\nversion_locations = m/a:m/b\n",
            "m/a/a.py": FIRST,
            "m/b/b.py": revision("bb02", "aa01", UP, UP),
        },
        ["aa01", "bb02"],
    ),
    "recursive": (
        {
            "alembic.ini": "[alembic]\nscript_location = m\nrecursive_version_locations = true\n",
            "m/versions/2024/a.py": FIRST,
        },
        ["aa01"],
    ),
    "in-pyproject": (
        {"alembic.ini": "", "pyproject.toml": "[tool.alembic]\nscript_location = 'm'\n", "m/versions/a.py": FIRST},
        ["aa01"],
    ),
}


@pytest.mark.parametrize(("files", "expected"), LOCATIONS.values(), ids=LOCATIONS)
async def test_finds_revisions(tmp_path: Path, files: Files, expected: list[str]) -> None:
    context = await Bench(
        folder=tmp_path, base={"pyproject.toml": files.get("pyproject.toml", "")}, delivered=files
    ).context()
    history = read_history(context, context.judged_tree, alembic_ini(context))
    assert (sorted(history.revisions), history.unread) == (expected, ())


CHAINS: dict[str, tuple[Files, Files, list[str]]] = {
    "follows-the-head": (BASE, with_price(), []),
    "newer-syntax": (BASE, {**with_price(), "alembic/versions/x.py": "def f[T](x: T) -> T:\n    return x\n"}, []),
    "merge": (
        {
            **BASE,
            "alembic/versions/aa01_first.py": revision("aa", None, UP, UP),
            "alembic/versions/b.py": revision("bb", None, UP, UP),
        },
        {
            **BASE,
            "alembic/versions/aa01_first.py": revision("aa", None, UP, UP),
            "alembic/versions/b.py": revision("bb", None, UP, UP),
            "alembic/versions/c.py": TUPLE,
        },
        [],
    ),
    "nothing-to-undo": (BASE, {**BASE, SECOND: revision("bb02", "aa01", NOTHING, NOTHING)}, []),
    "nothing-undone": (BASE, {**BASE, SECOND: revision("bb02", "aa01", UP, NOTHING)}, ["downgrade-empty"]),
    "undoing-refused": (
        BASE,
        {**BASE, SECOND: revision("bb02", "aa01", UP, "raise NotImplementedError()")},
        ["downgrade-empty"],
    ),
    "only-words": (BASE, {**BASE, SECOND: revision("bb02", "aa01", UP, '"""Nothing."""\nreturn')}, ["downgrade-empty"]),
    "id-used-twice": (BASE, {**BASE, SECOND: revision("aa01", None, UP, UP)}, ["revision-twice"]),
    "computed-id": (
        BASE,
        {**BASE, SECOND: revision("bb02", "aa01", UP, UP).replace('"bb02"', "make()")},
        ["revision-unreadable"],
    ),
    "no-python": (BASE, {**BASE, SECOND: "def (:\n"}, ["revision-unreadable"]),
    "downgrade-mended-later": (
        {**BASE, SECOND: revision("bb02", "aa01", UP, NOTHING)},
        {**BASE, SECOND: revision("bb02", "aa01", UP, UP)},
        [],
    ),
    "comment-added": (
        BASE,
        {**BASE, "alembic/versions/aa01_first.py": FIRST.replace("    op.", "    # why\n    op.", 1)},
        [],
    ),
    "parent-changed": (
        {**BASE, SECOND: revision("bb02", "aa01", UP, UP)},
        {**BASE, SECOND: revision("bb02", None, UP, UP)},
        ["revision-rewritten", "several-heads"],
    ),
    "unreadable-before": ({**BASE, SECOND: "def (:\n"}, {**BASE, SECOND: "def (:\n\n"}, []),
}


@pytest.mark.parametrize(("base", "delivered", "expected"), CHAINS.values(), ids=CHAINS)
async def test_judges_the_chain(tmp_path: Path, base: Files, delivered: Files, expected: list[str]) -> None:
    context = await Bench(folder=tmp_path, base=base, delivered=delivered).context()
    histories = (read_history(context, tree, "alembic.ini") for tree in (context.change.base_tree, context.judged_tree))
    assert sorted(finding.rule for finding in judge_history(*histories)) == expected


MODEL_FILES = {
    "mapped": MODELS,
    "sqlmodel": "class Item(SQLModel, table=True):\n    id: int\n",
    "table": 'items = Table("items", metadata)\n',
    "enumeration": "class Mood(StrEnum):\n    SAD = 'sad'\n",
}


@pytest.mark.parametrize("text", MODEL_FILES.values(), ids=MODEL_FILES)
async def test_knows_models(tmp_path: Path, text: str) -> None:
    delivered = {"app/a.py": text, "tests/test_a.py": text, "alembic/env.py": text + ENV, "app/b.py": "X = 1\n"}
    context = await Bench(folder=tmp_path, base={"x": ""}, delivered=delivered).context()
    assert changed_models(context) == ("app/a.py",)


async def test_a_model_that_went_away_is_a_change_of_models(tmp_path: Path) -> None:
    context = await Bench(folder=tmp_path, base={"app/a.py": MODELS}, delivered={"x": ""}).context()
    assert changed_models(context) == ("app/a.py",)
