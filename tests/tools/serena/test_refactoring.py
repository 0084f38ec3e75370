# tests/tools/serena/test_refactoring.py — renames, deletions and replacements in many files are all or nothing
from pathlib import Path

import pytest
from shop_project import FILES, call, make_project

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.context import SerenaContext


@pytest.fixture
async def context(tmp_path: Path):
    made = make_project(tmp_path)
    made.type_wait_seconds = 0
    yield made
    await made.project.aclose()


def texts(context: SerenaContext) -> dict[str, str]:
    return {path: (context.root / path).read_text() for path in FILES if (context.root / path).exists()}


async def test_renames_everywhere_and_tells_what_is_left(context: SerenaContext) -> None:
    (context.root / "README.md").write_text("Call `Item.title` for the title.\n")
    answer = await call(context, "rename_symbol", name_path="Item", relative_path="app/items.py", new_name="Thing")
    assert answer.startswith("Renamed Item to Thing: 5 places in 3 files.\n")
    assert "Item is still mentioned, unchanged:\nREADME.md:1: Call `Item.title` for the title." in answer
    changed = texts(context)
    assert changed["app/items.py"] == FILES["app/items.py"].replace("Item:", "Thing:")
    assert changed["app/main.py"] == FILES["app/main.py"].replace("Item", "Thing")
    assert changed["tests/test_items.py"] == FILES["tests/test_items.py"].replace("Item", "Thing")


RENAMES_REFUSED = {
    "keyword": ("class", "no name in Python"),
    "no-identifier": ("a b", "no name in Python"),
    "taken": ("shout", "has Item/shout already, at line 14"),
    "same": ("title", "has Item/title already"),
}


@pytest.mark.parametrize(("new_name", "told"), RENAMES_REFUSED.values(), ids=RENAMES_REFUSED)
async def test_refuses_names(context: SerenaContext, new_name: str, told: str) -> None:
    with pytest.raises(ToolRefusedError, match=told):
        await call(context, "rename_symbol", name_path="Item/title", relative_path="app/items.py", new_name=new_name)
    assert texts(context) == FILES


async def test_a_rename_that_cannot_be_written_everywhere_is_written_nowhere(context: SerenaContext) -> None:
    await call(context, "read_file", relative_path="tests/test_items.py")
    stale = FILES["tests/test_items.py"] + "\n\n# by somebody else\n"
    (context.root / "tests/test_items.py").write_text(stale)
    with pytest.raises(ToolRefusedError, match="changed by someone else"):
        await call(context, "rename_symbol", name_path="Item", relative_path="app/items.py", new_name="Thing")
    assert texts(context) == {**FILES, "tests/test_items.py": stale}


async def test_a_failure_in_the_middle_takes_back_what_was_written(context: SerenaContext) -> None:
    (context.root / "a.txt").write_text("needle\n")
    (context.root / "z.txt").write_text("needle\n" * 3)
    with pytest.raises(ToolRefusedError, match=r"z.txt would have \d+ bytes"):
        await call(context, "replace_in_files", needle="needle", repl="x" * 400_000)
    assert (context.root / "a.txt").read_text() == "needle\n"
    assert (context.root / "z.txt").read_text() == "needle\n" * 3
    assert "Replaced" in await call(context, "replace_content", relative_path="a.txt", needle="needle", repl="pin")


async def test_deletes_what_nothing_uses(context: SerenaContext) -> None:
    answer = await call(context, "safe_delete_symbol", name_path="unused", relative_path="app/items.py")
    assert answer.startswith("Deleted unused from app/items.py.")
    assert texts(context)["app/items.py"] == FILES["app/items.py"].replace(
        "\n\n\ndef unused() -> int:\n    return 1\n", "\n"
    )


DELETED = {
    "between": (
        "class A:\n    x = 1\n\n    def f(self): ...\n\n    y = 2\n",
        "A/f",
        "class A:\n    x = 1\n\n    y = 2\n",
    ),
    "first": ("def f(): ...\n\n\nx = 1\n", "f", "x = 1\n"),
    "last": ("x = 1\n\n\ndef f(): ...\n", "f", "x = 1\n"),
    "only-member": ("class A:\n    def f(self): ...\n", "A/f", "class A:\n    pass\n"),
    "all-of-a-name": ("if x:\n    def f(): ...\nelse:\n    def f(): ...\n", "f", "if x:\n    pass\nelse:\n    pass\n"),
    "recursive": ("def f():\n    f()\n", "f", ""),
    "property": (
        "class A:\n    @property\n    def f(self): ...\n\n    @f.setter\n    def f(self, v): ...\n\n    y = 2\n",
        "A/f",
        "class A:\n    y = 2\n",
    ),
}


@pytest.mark.parametrize(("before", "name", "after"), DELETED.values(), ids=DELETED)
async def test_deletes_whole_definitions(context: SerenaContext, before: str, name: str, after: str) -> None:
    (context.root / "app/case.py").write_text(before)
    await call(context, "safe_delete_symbol", name_path=name, relative_path="app/case.py")
    assert (context.root / "app/case.py").read_text() == after


KEPT = {
    "used": ("Item/title", "app/items.py", r"3 uses of Item/title\n"),
    "imported-only": ("helper", "app/helper.py", r"1 use of helper\napp/__init__.py\n  import 1"),
    "route": ("read_item", "app/items.py", r"@router.get\(.*may use it"),
    "named-in-text": (
        "worker",
        "app/work.py",
        r"texts do, which may be uses:\nProcfile:1: web: run \"app.work:worker\"",
    ),
}


@pytest.mark.parametrize(("name", "path", "told"), KEPT.values(), ids=KEPT)
async def test_keeps_what_may_be_used(context: SerenaContext, name: str, path: str, told: str) -> None:
    (context.root / "app/helper.py").write_text("def helper() -> None: ...\n")
    (context.root / "app/__init__.py").write_text("from app.helper import helper\n")
    (context.root / "app/work.py").write_text("def worker() -> None: ...\n")
    (context.root / "Procfile").write_text('web: run "app.work:worker"\n')
    before = (context.root / path).read_text()
    with pytest.raises(ToolRefusedError, match=told):
        await call(context, "safe_delete_symbol", name_path=name, relative_path=path)
    assert (context.root / path).read_text() == before


async def test_a_dry_run_shows_every_place_and_writes_nothing(context: SerenaContext) -> None:
    answer = await call(context, "replace_in_files", needle="Item", repl="Thing", dry_run=True)
    assert answer.splitlines()[:3] == [
        "5 places in 3 files would change; nothing was written",
        "app/items.py",
        "  8: Item → Thing",
    ]
    assert texts(context) == FILES


async def test_chosen_places_alone_are_replaced(context: SerenaContext) -> None:
    ids = ["app/main.py:7", "app/items.py:8"]
    answer = await call(context, "replace_in_files", needle="Item", repl="Thing", occurrence_ids=ids)
    assert answer.startswith("Replaced 2 places in app/items.py, app/main.py.")
    assert texts(context) == {
        **FILES,
        "app/items.py": FILES["app/items.py"].replace("Item:", "Thing:"),
        "app/main.py": FILES["app/main.py"].replace("Item()", "Thing()"),
    }


REPLACEMENTS_REFUSED = {
    "nothing-there": ({"needle": "nowhere", "repl": "x"}, "in none of"),
    "wrong-count": ({"needle": "Item", "repl": "x", "expected_count": 3}, "5 places match, not 3"),
    "no-such-place": ({"needle": "Item", "repl": "x", "occurrence_ids": ["app/main.py:1"]}, "no place 'app/main.py:1'"),
    "no-place": ({"needle": "Item", "repl": "x", "occurrence_ids": []}, "no place was chosen"),
    "would-not-parse": ({"needle": "Item()", "repl": "Item("}, "would not parse"),
    "empty": ({"needle": "", "repl": "x"}, "empty"),
    "no-regex": ({"needle": "(", "repl": "x", "mode": "regex"}, "no regular expression"),
}


@pytest.mark.parametrize(("arguments", "told"), REPLACEMENTS_REFUSED.values(), ids=REPLACEMENTS_REFUSED)
async def test_refused_replacements_write_nothing(
    context: SerenaContext, arguments: dict[str, object], told: str
) -> None:
    with pytest.raises(ToolRefusedError, match=told):
        await call(context, "replace_in_files", **arguments)
    assert texts(context) == FILES


async def test_what_changed_since_the_dry_run_is_not_written(context: SerenaContext) -> None:
    await call(context, "replace_in_files", needle="Item", repl="Thing", dry_run=True)
    (context.root / "app/main.py").write_text(FILES["app/main.py"] + "second = Item()\n")
    with pytest.raises(ToolRefusedError, match="changed by someone else"):
        await call(context, "replace_in_files", needle="Item", repl="Thing")
    assert texts(context)["app/items.py"] == FILES["app/items.py"]
