# tests/tools/combined/test_edit_files.py — several edits in one call: all or none, in order, checked once
import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.tools.combined.table import combined_tools
from python_coder.tools.schema import checked_arguments, tool_schema
from python_coder.tools.serena.batch import EditBatch
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.editing import EditingTools
from python_coder.tools.serena.table import serena_tools
from python_coder.tools.serena.writing import take_back
from python_coder.tools.table import Tool
from tools.serena.shop_project import FILES, make_project

MOST_SCHEMA_CHARS = 1_100
ITEMS, DB = FILES["app/items.py"], FILES["app/db.py"]


@pytest.fixture
async def context(tmp_path: Path):
    made = make_project(tmp_path)
    yield made
    await made.project.aclose()


def edit_tool(context: SerenaContext) -> Tool:
    return next(t for t in combined_tools(context, serena_tools(context)) if t.name == "mcp__coder__edit_files")


async def edit(context: SerenaContext, *edits: dict[str, Any]) -> str:
    tool = edit_tool(context)
    return await tool.function(**checked_arguments(tool, {"edits": list(edits)}))


def tree(context: SerenaContext) -> dict[str, bytes]:
    return {path: (context.root / path).read_bytes() for path in context.files.paths()}


ITEM_PATH = {"path": "app/items.py"}
FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "whole-file": ({"content": "x = 1\n"}, "x = 1\n"),
    "exact-text": ({"old": "return 1", "new": "return 2"}, ITEMS.replace("return 1", "return 2")),
    "all-of-a-text": ({"old": "Session", "new": "Db", "all": True}, ITEMS.replace("Session", "Db")),
    "text-goes": ({"old": "\n\ndef unused() -> int:\n    return 1\n", "new": ""}, ITEMS[: ITEMS.index("\n\ndef unus")]),
    "symbol": (
        {"symbol": "Item/title", "new": 'def title(self) -> str:\n    return "x"\n'},
        ITEMS.replace("self.name.title()", '"x"'),
    ),
    "symbol-with-a-dot": (
        {"symbol": "Item.title", "new": 'def title(self) -> str:\n    return "x"\n'},
        ITEMS.replace("self.name.title()", '"x"'),
    ),
    "before": ({"before": "read_item", "new": "LIMIT = 3"}, ITEMS.replace("@router.get", "LIMIT = 3\n\n\n@router.get")),
    "after": (
        {"after": "Item/title", "new": "def low(self) -> str:\n    return self.name"},
        ITEMS.replace(
            "self.name.title()\n", "self.name.title()\n\n    def low(self) -> str:\n        return self.name\n"
        ),
    ),
    "symbol-goes": ({"symbol": "unused", "delete": True}, ITEMS[: ITEMS.index("\n\ndef unused")]),
    "a-definition-and-a-new-one": (
        {"symbol": "unused", "new": "def unused() -> int:\n    return more()\n\n\ndef more() -> int:\n    return 2\n"},
        ITEMS.replace("return 1\n", "return more()\n\n\ndef more() -> int:\n    return 2\n"),
    ),
    "renamed-by-force": (
        {"symbol": "unused", "new": "def used() -> int:\n    return 1", "force": True},
        ITEMS.replace("unused", "used"),
    ),
    "other-names": ({"find": "return 1", "replace": "return 2"}, ITEMS.replace("return 1", "return 2")),
    "null-for-nothing": (
        {"old": "return 1", "new": "return 2", "content": None},
        ITEMS.replace("return 1", "return 2"),
    ),
}


@pytest.mark.parametrize(("form", "after"), FORMS.values(), ids=FORMS)
async def test_an_edit_of_each_form(context: SerenaContext, form: dict[str, Any], after: str) -> None:
    answer = await edit(context, {**ITEM_PATH, **form})
    assert answer.startswith("app/items.py: ")
    assert (context.root / "app/items.py").read_text() == after


async def test_a_later_edit_sees_what_the_earlier_ones_made(context: SerenaContext) -> None:
    answer = await edit(
        context,
        {"path": "app/names.py", "content": "def low(name: str) -> str:\n    return name.lower()\n"},
        {"path": "app/names.py", "after": "low", "new": "def high(name: str) -> str:\n    return name.upper()"},
        {**ITEM_PATH, "old": "from app.db", "new": "from app.names import high\nfrom app.db"},
        {**ITEM_PATH, "symbol": "Item/shout", "new": "def shout(self) -> str:\n    return high(self.title())"},
        {"path": "README.md", "delete": True},
    )
    assert answer.splitlines() == [
        "app/names.py: written, added after low",
        "app/items.py: replaced text, replaced Item/shout",
        "README.md: deleted",
        "No new findings.",
    ]
    assert "return high(self.title())" in (context.root / "app/items.py").read_text()
    assert not (context.root / "README.md").exists()


async def test_what_is_used_can_go_with_its_uses(context: SerenaContext) -> None:
    answer = await edit(
        context,
        {"path": "app/main.py", "old": "import Item, router", "new": "import router"},
        {"path": "app/main.py", "old": "first = Item().title()\n", "new": ""},
        {"path": "tests/test_items.py", "delete": True},
        {**ITEM_PATH, "symbol": "Item", "delete": True},
    )
    assert answer.endswith("No new findings.")
    assert "class Item" not in (context.root / "app/items.py").read_text()


async def test_an_edit_that_changes_nothing_is_told_as_such(context: SerenaContext) -> None:
    answer = await edit(context, {**ITEM_PATH, "old": "return 1", "new": "return 1"})
    assert answer.splitlines()[0] == "app/items.py: replaced text (it is as it was)"


GOOD = {**ITEM_PATH, "old": "return 1", "new": "return 2"}
FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "text-not-there": ({"path": "app/db.py", "old": "return 9", "new": ""}, "stands in 0 places"),
    "text-there-twice": ({"path": "app/db.py", "old": "Session", "new": "S"}, '"all": true'),
    "no-such-symbol": ({"path": "app/db.py", "symbol": "nope", "new": "def nope() -> None: ..."}, "No symbol matches"),
    "symbol-of-a-folder": ({"path": "app", "symbol": "get_db", "new": "def get_db(): ..."}, "is a folder"),
    "lost-decorator": (
        {**ITEM_PATH, "symbol": "read_item", "new": "def read_item() -> int:\n    return 1"},
        '"force": true',
    ),
    "would-not-parse": ({"path": "app/db.py", "content": "def (\n"}, "would not parse"),
    "still-used": ({"path": "app/items.py", "symbol": "Item/title", "delete": True}, "Not deleted"),
    "outside": ({"path": "../x.py", "content": "x = 1\n"}, "lies outside"),
    "git": ({"path": ".git/config", "content": "x"}, "belongs to git"),
    "secret": ({"path": ".env", "content": "A=1\n"}, "holds secrets"),
    "link": ({"path": "link/x.py", "content": "x = 1\n"}, "symbolic link"),
    "redaction-mark": ({"path": "app/db.py", "old": "return str(key)", "new": "return '[redacted]'"}, "redaction mark"),
    "no-form": ({"path": "app/db.py", "new": "x"}, "one of"),
    "two-forms": ({"path": "app/db.py", "old": "x", "symbol": "y", "new": "z"}, "one of"),
    "unknown-key": ({"path": "app/db.py", "line": 3, "new": "z"}, "'line' is unknown"),
    "wrong-kind": ({"path": "app/db.py", "old": 3, "new": "z"}, "old is 3"),
    "no-path": ({"content": "x = 1\n"}, "names no file"),
}


@pytest.mark.parametrize(("bad", "told"), FAILURES.values(), ids=FAILURES)
async def test_one_failure_leaves_every_file_as_it_was(context: SerenaContext, bad: dict[str, Any], told: str) -> None:
    (context.root / "link").symlink_to("/tmp")
    before = tree(context)
    new = {"path": "app/fresh/new.py", "content": "x = 1\n"}
    with pytest.raises(ToolRefusedError) as refused:
        await edit(context, GOOD, new, {"path": "app/main.py", "delete": True}, bad, {**GOOD, "old": "return 2"})
    assert tree(context) == before
    assert told in str(refused.value)
    assert "edit 4 of 5" in str(refused.value)
    assert "Nothing was written" in str(refused.value)


async def test_all_that_fails_is_told_at_once(context: SerenaContext) -> None:
    bad = {"path": "app/db.py", "old": "return string(key)", "new": "return key"}
    with pytest.raises(ToolRefusedError) as refused:
        await edit(context, bad, GOOD, {"path": "app/main.py", "symbol": "appp", "new": "appp = 1"})
    told = str(refused.value)
    assert "2 of 3 edits failed" in told
    assert "edit 1 of 3 (app/db.py)" in told
    assert "edit 3 of 3 (app/main.py)" in told
    assert "        return str(key)" in told


async def test_a_call_that_is_given_up_half_way_is_taken_back(context: SerenaContext) -> None:
    before = tree(context)
    new = [{"path": f"app/new{number}.py", "content": f"x = {number}\n"} for number in range(20)]
    making = asyncio.ensure_future(edit(context, GOOD, *new))
    for _ in range(10_000):
        await asyncio.sleep(0.001)
        if (context.root / "app/items.py").read_text() != ITEMS:
            break
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert tree(context) == before


async def test_what_another_hand_changed_meanwhile_stays(context: SerenaContext) -> None:
    batch = EditBatch()
    editing = EditingTools(replace(context, batch=batch))
    await editing.create_text_file("app/db.py", "ours = 1\n")
    await editing.create_text_file("app/main.py", "ours = 2\n")
    (context.root / "app/main.py").write_text("theirs = 1\n")
    assert take_back(context, batch.edits) == ["app/main.py"]
    assert (context.root / "app/main.py").read_text() == "theirs = 1\n"
    assert (context.root / "app/db.py").read_text() == DB


async def test_one_check_looks_at_the_last_text_of_each_file(context: SerenaContext) -> None:
    answer = await edit(
        context,
        {**ITEM_PATH, "old": "return 1", "new": "return missing"},
        {**ITEM_PATH, "old": "return missing", "new": "return 3"},
        {"path": "app/main.py", "old": "first =", "new": "second = absent\nfirst ="},
    )
    assert "missing" not in answer
    assert answer.count("absent") == 1
    assert "app/main.py:7" in answer


async def test_the_session_hears_of_what_a_gate_is_sure_to_find(context: SerenaContext) -> None:
    heard: list[Sequence[str]] = []
    context.told_findings = heard.append
    await edit(context, GOOD)
    await edit(context, {**GOOD, "old": "return 2", "new": "return absent"})
    answer = await edit(context, {**GOOD, "old": "return absent", "new": 'return "two".missing'})
    # The type checker that answers here is not the one that judges.
    assert "missing" in answer
    assert [bool(found) for found in heard] == [False, True, False]


async def test_read_only_modes_close_it(context: SerenaContext) -> None:
    context.modes.switch(["planning"])
    with pytest.raises(ToolRefusedError, match="closed in the mode planning"):
        await edit(context, GOOD)
    assert (context.root / "app/items.py").read_text() == ITEMS


def test_the_schema_is_short(context: SerenaContext) -> None:
    schema = tool_schema(edit_tool(context))
    told = {"name": schema.name, "description": schema.description, "input_schema": schema.parameters}
    assert len(json.dumps(told)) <= MOST_SCHEMA_CHARS


GIVEN = {
    "a-list": [{**GOOD}],
    "one-edit": {**GOOD},
    "json-text": json.dumps([GOOD]),
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
async def test_takes_what_models_send_for_a_list(context: SerenaContext, given: Any) -> None:
    tool = edit_tool(context)
    await tool.function(**checked_arguments(tool, {"edits": given}))
    assert "return 2" in (context.root / "app/items.py").read_text()
