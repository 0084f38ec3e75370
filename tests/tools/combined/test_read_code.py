# tests/tools/combined/test_read_code.py — several looks in one call: files, lines, definitions, names
import json
from pathlib import Path

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.tools.answers import MOST_ANSWER_CHARS
from python_coder.tools.combined.table import combined_tools
from python_coder.tools.schema import checked_arguments, tool_schema
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.table import serena_tools
from python_coder.tools.table import Tool
from tools.serena.shop_project import FILES, make_project

MOST_SCHEMA_CHARS = 500
ITEMS, DB = FILES["app/items.py"], FILES["app/db.py"]
TITLE = "    def title(self) -> str:\n        return self.name.title()"


@pytest.fixture
async def context(tmp_path: Path):
    made = make_project(tmp_path)
    yield made
    await made.project.aclose()


def read_tool(context: SerenaContext) -> Tool:
    return next(t for t in combined_tools(context, serena_tools(context)) if t.name == "mcp__coder__read_code")


async def read(context: SerenaContext, *targets: str) -> str:
    tool = read_tool(context)
    return await tool.function(**checked_arguments(tool, {"targets": list(targets)}))


FOUND = {
    "whole-file": ("app/db.py", f"app/db.py:1-16\n{DB.rstrip()}"),
    "dotted-path": ("./app//db.py", f"app/db.py:1-16\n{DB.rstrip()}"),
    "no-python": ("README.md", "README.md:1-3\n# Shop\n\nRead `app/items.py` first."),
    "lines": ("app/db.py:12-13", "app/db.py:12-13\ndef get_db() -> Iterator[Session]:\n    yield Session()"),
    "one-line": ("app/db.py:16", "app/db.py:16-16\nSessionDep = Annotated[Session, Depends(get_db)]"),
    "lines-past-the-end": ("app/db.py:16-90", "app/db.py:16-16\nSessionDep = Annotated[Session, Depends(get_db)]"),
    "lines-to-the-end": ("app/db.py:15-", "app/db.py:15-16\n\nSessionDep = Annotated[Session, Depends(get_db)]"),
    "definition": ("app/items.py::Item.title", f"app/items.py:11-12 Item/title\n{TITLE}"),
    "definition-with-a-slash": ("app/items.py::Item/title", f"app/items.py:11-12 Item/title\n{TITLE}"),
    "definition-after-one-colon": ("app/items.py:Item.title", f"app/items.py:11-12 Item/title\n{TITLE}"),
    "definition-in-a-folder": ("app::title", f"app/items.py:11-12 Item/title\n{TITLE}"),
    "bare-name": ("title", f"app/items.py:11-12 Item/title\n{TITLE}"),
    "bare-dotted-name": ("Item.title", f"app/items.py:11-12 Item/title\n{TITLE}"),
    "bare-slashed-name": ("Item/title", f"app/items.py:11-12 Item/title\n{TITLE}"),
    "decorators-too": ("read_item", ITEMS[ITEMS.index("@router") : ITEMS.index("\n\n\ndef unused")]),
    "a-folder": ("app", "  8-15 class Item\n"),
    "missing-file": ("app/itms.py", "Do you mean app/items.py"),
    "missing-name": ("app/db.py::Sesion", "Close to it: Session"),
    "name-elsewhere": ("app/db.py::Item", "app/items.py has Item"),
    "missing-bare-name": ("Itemm", "Close to it: Item"),
    "line-past-the-end": ("app/db.py:90", "It has 16 lines"),
    "outside": ("../x.py", "lies outside the project"),
    "absolute": ("/etc/passwd", "lies outside the project"),
    "absolute-lines": ("/etc/passwd:1-3", "lies outside the project"),
    "git": (".git/config", "belongs to git"),
    "secret": (".env", "holds secrets"),
    "secret-lines": (".env:1-2", "holds secrets"),
    "definition-in-a-secret": (".env::KEY", "holds secrets"),
    "link": ("link/hostname", "symbolic link"),
}


@pytest.mark.parametrize(("target", "told"), FOUND.values(), ids=FOUND)
async def test_a_target(context: SerenaContext, target: str, told: str) -> None:
    (context.root / ".env").write_text("KEY=hunter2-hunter2\n")
    (context.root / ".git/config").write_text("hunter2\n")
    (context.root / "link").symlink_to("/etc")
    answer = await read(context, target)
    assert told in answer
    assert "hunter2" not in answer


async def test_targets_come_in_order_and_what_is_missing_fails_no_other(context: SerenaContext) -> None:
    answer = await read(context, "app/db.py::get_db", "nope", "app/items.py::unused")
    assert answer.split("\n\n") == [
        "app/db.py:12-13\ndef get_db() -> Iterator[Session]:\n    yield Session()",
        "No symbol matches nope. Use search_for_pattern.",
        "app/items.py:23-24\ndef unused() -> int:\n    return 1",
    ]


async def test_what_is_shown_already_is_not_shown_again(context: SerenaContext) -> None:
    answer = await read(context, "app/items.py", "Item.title", "app/items.py:8-9", "app/items.py")
    assert answer.count("def title") == 1
    assert "Item/title stands in app/items.py:1-24, lines 11-12." in answer


async def test_a_long_file_is_outlined_and_can_be_read_on(context: SerenaContext) -> None:
    long = "".join(f"def f{number}() -> int:\n    return {number}\n\n\n" for number in range(100))
    (context.root / "app/long.py").write_text(long)
    answer = await read(context, "app/long.py")
    assert "app/long.py has 400 lines; its outline (ask for app/long.py::Name or app/long.py:1-250)" in answer
    assert "9-10 def f2() -> int" in answer
    assert "return 2" not in answer
    assert "return 2" in await read(context, "app/long.py::f2")


async def test_a_long_class_is_outlined(context: SerenaContext) -> None:
    members = "".join(f"    def f{number}(self) -> int:\n        return {number}\n\n" for number in range(100))
    (context.root / "app/long.py").write_text(f"class Long:\n{members}")
    answer = await read(context, "Long")
    assert "2-3 def f0(self) -> int" in answer
    assert "return 7" not in answer


async def test_a_name_of_many_is_listed(context: SerenaContext) -> None:
    for number in range(7):
        (context.root / f"app/m{number}.py").write_text("def create() -> None:\n    return None\n")
    answer = await read(context, "create")
    assert answer.startswith("create is defined 7 times; ask for one of:")
    assert "  app/m3.py::create 1-2 def create() -> None" in answer


async def test_the_answer_is_bounded_and_tells_what_is_left(context: SerenaContext) -> None:
    line = "x = '" + "y" * 190 + "'\n"
    for name in ("a", "b"):
        (context.root / f"app/{name}.py").write_text(line * 90)
    answer = await read(context, "app/a.py", "app/b.py", "app/db.py")
    assert len(answer) <= MOST_ANSWER_CHARS
    assert "app/a.py:1-90\n" in answer
    last = answer.splitlines()[-1]
    assert last.startswith("… no room here for: app/b.py:")
    assert last.endswith("ask for it in another call")
    place = last.removeprefix("… no room here for: ").partition(";")[0].split(", ")[0]
    assert line.rstrip() in await read(context, place)


async def test_a_line_longer_than_an_answer_is_told_and_what_follows_is_shown(context: SerenaContext) -> None:
    long = "y" * MOST_ANSWER_CHARS
    (context.root / "app/x.js").write_text(f"a\n{long}\n{long}\nb\n")
    assert (await read(context, "app/x.js")).endswith("no room here for: app/x.js:2-4; ask for it in another call")
    told = f"app/x.js:2 has {len(long)} characters, more than an answer holds; use search_for_pattern"
    left = "… no room here for: app/x.js:3-4; ask for it in another call"
    assert await read(context, "app/x.js:2-4") == f"{told}\n\n{left}"
    assert (await read(context, "app/x.js:3-4")).endswith("search_for_pattern\n\napp/x.js:4-4\nb")
    assert await read(context, "app/x.js:2-2") == told


async def test_no_target_is_refused(context: SerenaContext) -> None:
    with pytest.raises(ToolRefusedError, match="No target"):
        await read(context)


async def test_an_edit_of_what_changed_since_it_was_read_is_refused(context: SerenaContext) -> None:
    await read(context, "app/items.py::unused")
    (context.root / "app/items.py").write_text(ITEMS + "\nmore = 1\n")
    edit = next(tool for tool in combined_tools(context, serena_tools(context)) if tool.name.endswith("edit_files"))
    with pytest.raises(ToolRefusedError, match="changed by someone else since you read it"):
        await edit.function(edits=[{"path": "app/items.py", "old": "return 1", "new": "return 2"}])


GIVEN = {"a-list": ["title"], "one": "title", "json-text": '["title"]'}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
async def test_takes_what_models_send_for_a_list(context: SerenaContext, given: object) -> None:
    tool = read_tool(context)
    assert TITLE in await tool.function(**checked_arguments(tool, {"targets": given}))


def test_the_schema_is_short(context: SerenaContext) -> None:
    schema = tool_schema(read_tool(context))
    told = {"name": schema.name, "description": schema.description, "input_schema": schema.parameters}
    assert len(json.dumps(told)) <= MOST_SCHEMA_CHARS
