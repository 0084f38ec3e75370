# tests/tools/serena/test_symbol_lookup.py — definitions are found by name path, in compact text
from pathlib import Path

import pytest
from shop_project import call, make_project

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.context import SerenaContext


@pytest.fixture
def context(tmp_path: Path) -> SerenaContext:
    return make_project(tmp_path)


ITEMS = """\
5 router = APIRouter(prefix="/items")
8-15 class Item
  9 name: str = ""
  11-12 def title(self) -> str
  14-15 def shout(self) -> str
18-20 async def read_item(key: int, session: SessionDep) -> str
23-24 def unused() -> int"""


async def test_shows_what_a_file_defines(context: SerenaContext) -> None:
    assert await call(context, "get_symbols_overview", relative_path="app/items.py") == ITEMS
    top = "\n".join(line for line in ITEMS.splitlines() if not line.startswith(" "))
    assert await call(context, "get_symbols_overview", relative_path="app/items.py", depth=0) == top
    assert (
        await call(context, "get_symbols_overview", relative_path="app/__init__.py")
        == "app/__init__.py defines nothing."
    )


async def test_leaves_members_out_before_it_cuts(context: SerenaContext) -> None:
    answer = await call(context, "get_symbols_overview", relative_path="app/items.py", max_answer_chars=200)
    assert answer.startswith("members are left out")
    assert "unused" in answer
    assert len(answer) <= 200


async def test_shows_what_a_folder_defines(context: SerenaContext) -> None:
    answer = await call(context, "get_symbols_overview", relative_path="app")
    assert answer.startswith("3 of 4 Python files define something\napp/db.py\n  7-9 class Session\n")


async def test_broken_code_is_looked_into_all_the_same(context: SerenaContext) -> None:
    (context.root / "app/items.py").write_text("class A:\n    def b(self):\n        return (\n\ndef c():\n    pass\n")
    answer = await call(context, "get_symbols_overview", relative_path="app/items.py")
    assert "does not parse at line" in answer
    assert "class A" in answer
    assert "def c()" in answer


FINDS = {
    "anywhere": ({"name_path": "title"}, "app/items.py\n  Item/title 11-12 def title(self) -> str"),
    "by-its-end": ({"name_path": "Item/title"}, "app/items.py\n  Item/title 11-12 def title(self) -> str"),
    "later-name": ({"name_path_pattern": "/Item"}, "app/items.py\n  Item 8-15 class Item"),
    "in-a-folder": ({"name_path": "test_title", "relative_path": "tests"}, "tests/test_items.py\n  test_title 4-5 "),
    "part": ({"name_path": "Sess", "substring_matching": True}, "2 symbols match Sess\napp/db.py\n  Session 7-9 "),
    "members": ({"name_path": "Item", "depth": 1}, "app/items.py\n  Item 8-15 class Item\n    9 name: str = "),
    "body": (
        {"name_path": "read_item", "include_body": True},
        "app/items.py\n  read_item 18-20 async def read_item(key: int, session: SessionDep) -> str\n"
        '@router.get("/{key}")\n'
        "async def read_item(key: int, session: SessionDep) -> str:\n    return session.get(key)",
    ),
    "kind": ({"name_path": "t", "substring_matching": True, "include_kinds": [5]}, "app/items.py\n  Item 8-15"),
    "not-kind": ({"name_path": "Item", "exclude_kinds": [5]}, "No symbol matches Item"),
    "misspelt": ({"name_path": "Itm"}, "No symbol matches Itm. Close to it: Item"),
    "elsewhere": (
        {"name_path": "Item", "relative_path": "tests"},
        "No symbol matches Item in tests, but app/items.py has Item.",
    ),
    "nothing-like-it": ({"name_path": "qqqqq"}, "No symbol matches qqqqq. Use substring_matching"),
}


@pytest.mark.parametrize(("arguments", "answer"), FINDS.values(), ids=FINDS)
async def test_finds(context: SerenaContext, arguments: dict[str, object], answer: str) -> None:
    assert (await call(context, "find_symbol", **arguments)).startswith(answer)


REFUSED = {
    "no-name": ({"name_path": "/"}, "no name path"),
    "kind": ({"name_path": "Item", "include_kinds": [99]}, "99 is no symbol kind"),
    "folder": ({"name_path": "Item", "relative_path": "apps"}, "'apps' is no file"),
    "outside": ({"name_path": "Item", "relative_path": "../x"}, "outside|inside"),
}


@pytest.mark.parametrize(("arguments", "told"), REFUSED.values(), ids=REFUSED)
async def test_refuses(context: SerenaContext, arguments: dict[str, object], told: str) -> None:
    with pytest.raises(ToolRefusedError, match=told):
        await call(context, "find_symbol", **arguments)


async def test_sees_every_change_at_once(context: SerenaContext) -> None:
    assert "Item" in await call(context, "find_symbol", name_path="Item")
    (context.root / "app/items.py").write_text("class Thing:\n    pass\n")
    assert "No symbol" in await call(context, "find_symbol", name_path="Item")
    assert "Thing 1-2" in await call(context, "find_symbol", name_path="Thing")


async def test_many_hits_come_in_pages(context: SerenaContext) -> None:
    (context.root / "many.py").write_text("".join(f"def f{number}() -> None: ...\n" for number in range(300)))
    answer = await call(context, "find_symbol", name_path="f", substring_matching=True, max_answer_chars=600)
    assert len(answer) <= 600
    assert answer.splitlines()[-1].startswith("… ")
    skip = int(answer.rpartition("skip=")[2])
    following = await call(
        context, "find_symbol", name_path="f", substring_matching=True, max_answer_chars=600, skip=skip
    )
    assert answer.splitlines()[-2].split()[0] == f"f{skip - 2}"
    assert following.splitlines()[2].split()[0] == f"f{skip - 1}"


async def test_a_long_body_says_where_to_read_on(context: SerenaContext) -> None:
    lines = "".join(f"    x{number} = {number}\n" for number in range(400))
    (context.root / "long.py").write_text(f"def long() -> None:\n{lines}")
    answer = await call(context, "find_symbol", name_path="long", include_body=True, max_answer_chars=1_000)
    assert len(answer) <= 1_000
    shown = answer.splitlines()
    assert shown[2] == "def long() -> None:"
    assert shown[-1].endswith(f"start_line={len(shown) - 2}")
    assert shown[-2].strip() == f"x{len(shown) - 5} = {len(shown) - 5}"
