# tests/tools/serena/test_type_watch.py — findings of the type checker are told once and none is lost
from pathlib import Path

import pytest
from shop_project import call, edit_unheard, make_project

from python_coder.tools.serena.context import SerenaContext


@pytest.fixture
async def context(tmp_path: Path):
    made = make_project(tmp_path)
    made.type_wait_seconds = 0
    yield made
    await made.project.aclose()


async def replace(context: SerenaContext, needle: str, repl: str) -> str:
    return await call(context, "replace_content", relative_path="app/items.py", needle=needle, repl=repl)


async def test_findings_of_an_earlier_edit_come_with_the_next_edit(context: SerenaContext) -> None:
    await edit_unheard(context, "return 1", "return ''")
    context.type_wait_seconds = 5
    answer = await replace(context, 'name: str = ""', "name: str = 1")
    assert sorted(line.strip().split(" ")[0] for line in answer.splitlines()[2:]) == [
        "app/items.py:24:12:",
        "app/items.py:9:17:",
    ]


async def test_an_edit_that_overtakes_a_look_loses_nothing(context: SerenaContext) -> None:
    await edit_unheard(context, "return 1", "return ''", is_looked_at=False)
    context.type_wait_seconds = 5
    answer = await replace(context, 'name: str = ""', "name: str = 1")
    assert sorted(line.strip().split(" ")[0] for line in answer.splitlines()[2:]) == [
        "app/items.py:24:12:",
        "app/items.py:9:17:",
    ]


async def test_what_is_mended_before_it_was_told_is_not_told(context: SerenaContext) -> None:
    await edit_unheard(context, "return 1", "return ''", is_looked_at=False)
    context.type_wait_seconds = 5
    assert (await replace(context, "return ''", "return 2")).endswith("No new findings.")


async def test_what_is_mended_after_the_look_but_before_it_was_told_is_not_told(context: SerenaContext) -> None:
    await edit_unheard(context, "return 1", "return ''")
    context.type_wait_seconds = 5
    assert (await replace(context, "return ''", "return 2")).endswith("No new findings.")


async def test_what_another_hand_has_changed_since_is_not_told_of_the_old_text(context: SerenaContext) -> None:
    await edit_unheard(context, "return 1", "return ''")
    (context.root / "app/items.py").write_text("x = 1\n")
    assert not context.project.late_findings()


async def test_a_new_finding_above_an_old_one_alike_is_told_where_it_stands(context: SerenaContext) -> None:
    path = context.root / "app/items.py"
    path.write_text(path.read_text() + "\n\ndef old() -> int:\n    return ''\n")
    context.type_wait_seconds = 5
    answer = await replace(context, "return 1", "return ''")
    assert answer.count("app/items.py:") == 1
    assert "app/items.py:24:12: invalid-explicit-return" in answer


async def test_what_was_taken_out_and_is_put_back_is_not_new(context: SerenaContext) -> None:
    path = context.root / "app/items.py"
    path.write_text(path.read_text().replace("return 1", "return ''"))
    context.type_wait_seconds = 5
    assert (await replace(context, "return ''", "return 1")).endswith("No new findings.")
    assert (await replace(context, "return 1", "return ''")).endswith("No new findings.")


async def test_nothing_is_told_twice(context: SerenaContext) -> None:
    context.type_wait_seconds = 5
    assert "app/items.py:24:12: " in await replace(context, "return 1", "return ''")
    assert (await replace(context, "class Item:", "class Item:  # a thing")).endswith("No new findings.")
    moved = await call(
        context,
        "insert_at_line",
        relative_path="app/items.py",
        line=1,
        content="# first",
        line_text="from fastapi import APIRouter",
    )
    assert moved.endswith("No new findings.")
