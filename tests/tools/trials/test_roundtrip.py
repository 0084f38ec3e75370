# tests/tools/trials/test_roundtrip.py — migration_roundtrip: every step told, the first failure last
from pathlib import Path

import pytest

from gates.alembic_project import ADD_PRICE, DROP_PRICE, PRICED, SECOND, revision
from python_coder.errors import ToolRefusedError
from python_coder.tools.trials.roundtrip import RoundtripTools
from tools.trials.asgi_shop import FILES, WITH_PRICE
from tools.trials.trial_bench import placed

pytestmark = pytest.mark.slow

DONE = 6
"""Steps of a whole trip."""
ROWS = ["INSERT INTO item (name) VALUES ('Lamp')"]


async def tried(folder: Path, changed: dict[str, str], **options: list[str]) -> list[str]:
    place, seen = await placed(folder, changed, FILES)
    answer = await RoundtripTools(place=place).migration_roundtrip(**options)
    assert seen
    return answer.splitlines()


async def test_rows_of_its_own(tmp_path: Path) -> None:
    lines = await tried(tmp_path, WITH_PRICE)
    assert lines[0].startswith("On a throwaway SQLite database")
    assert lines[0].endswith("from aa01:")
    assert lines[1:] == [
        "1. upgrade to heads: done",
        "2. downgrade to aa01: done",
        "3. rows made up: 2 in item",
        "4. upgrade to heads: done",
        "5. models and migrations match",
        "6. all rows are still there",
        "7. downgrade to aa01: done",
        "8. all rows are still there",
        "9. upgrade to heads: done",
        "10. all rows are still there",
    ]


LOSING = {
    "rows": (f'{ADD_PRICE}\nop.execute("DELETE FROM item WHERE id = 2")', "it lost 1 of 2 rows of table item"),
    "values": (
        f'{ADD_PRICE}\nop.execute("UPDATE item SET note = NULL")',
        "it emptied column note of a row of table item",
    ),
}


@pytest.mark.parametrize(("upgrade", "said"), LOSING.values(), ids=LOSING)
async def test_tells_what_was_lost(tmp_path: Path, upgrade: str, said: str) -> None:
    changed = {"app/models.py": PRICED, SECOND: revision("bb02", "aa01", upgrade, DROP_PRICE)}
    assert f"6. {said}" in await tried(tmp_path, changed)


async def test_rows_of_the_callers_and_checks(tmp_path: Path) -> None:
    told = "\n".join(await tried(tmp_path, WITH_PRICE, rows=ROWS, checks=["SELECT name, price FROM item"]))
    assert "2. 1 statement of yours: done" in told
    assert "Lamp | 0" in told
    assert "no such column: price" in told
    assert told.count("Lamp | 0") == 1
    assert told.splitlines()[-1].strip() == "as in step 5"


FAILING = {
    "the-way-down": ((ADD_PRICE, 'raise ValueError("no way")'), {}, "downgrade aa01 failed at", "no way"),
    "rows-stand-in-the-way": (
        (f"{ADD_PRICE}\nop.execute(\"INSERT INTO item (id, name) VALUES (1, 'x')\")", DROP_PRICE),
        {"rows": ROWS},
        "upgrade heads failed",
        "UNIQUE",
    ),
    "the-models-differ": (('op.execute("SELECT 1")', 'op.execute("SELECT 1")'), {}, "check failed", "item.price"),
    "bad-rows": ((ADD_PRICE, DROP_PRICE), {"rows": ["INSERT INTO shelf VALUES (1)"]}, "not put in", "shelf"),
}


@pytest.mark.parametrize(("bodies", "options", "step", "why"), FAILING.values(), ids=FAILING)
async def test_ends_at_the_first_step_that_fails(
    tmp_path: Path, bodies: tuple[str, str], options: dict[str, list[str]], step: str, why: str
) -> None:
    changed = {"app/models.py": PRICED, SECOND: revision("bb02", "aa01", *bodies)}
    told = "\n".join(await tried(tmp_path, changed, **options))
    assert "FAILED: " in told
    assert told.count("done") < DONE
    assert step in told
    assert why in told


async def test_refuses_when_there_is_nothing_to_try(tmp_path: Path) -> None:
    place, _ = await placed(tmp_path, {"app/other.py": ""}, FILES)
    with pytest.raises(ToolRefusedError, match="no new revision"):
        await RoundtripTools(place=place).migration_roundtrip()
