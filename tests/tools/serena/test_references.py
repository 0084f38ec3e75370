# tests/tools/serena/test_references.py — uses, declarations and implementations, with the routes behind them
from pathlib import Path

import pytest
from shop_project import call, make_project

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.context import SerenaContext


@pytest.fixture
async def context(tmp_path: Path):
    made = make_project(tmp_path)
    yield made
    await made.project.aclose()


async def test_uses_are_told_by_the_symbol_they_stand_in(context: SerenaContext) -> None:
    assert await call(context, "find_referencing_symbols", name_path="Item/title", relative_path="app/items.py") == (
        "3 uses of Item/title (app/items.py:11) in 3 files\n"
        "app/items.py\n  Item/shout 15: return self.title().upper()\n"
        "app/main.py\n  first 7: first = Item().title()\n"
        'tests/test_items.py\n  test_title 5: assert Item().title() == ""'
    )


async def test_imports_are_told_apart(context: SerenaContext) -> None:
    (context.root / "app/api.py").write_text("from app.items import (\n    Item,  # again\n    router,\n)\n")
    answer = await call(context, "find_referencing_symbols", name_path="/Item", relative_path="app/items.py")
    assert answer.startswith(
        "5 uses of Item (app/items.py:8) in 3 files, 3 imports among them\napp/api.py\n  import 2\n"
    )


async def test_the_kind_of_what_uses_it_can_be_chosen(context: SerenaContext) -> None:
    answer = await call(context, "find_referencing_symbols", name_path="Item/title", include_kinds=[12])
    assert answer.splitlines()[1:] == ["tests/test_items.py", '  test_title 5: assert Item().title() == ""']


async def test_a_dependency_leads_to_its_routes(context: SerenaContext) -> None:
    (context.root / "app/admin.py").write_text(
        "from fastapi import APIRouter, Depends\n\nfrom app.db import get_db\n\n"
        "router = APIRouter(\n    prefix='/admin',\n"
        "    dependencies=[\n        Depends(\n            get_db,\n        )\n    ],\n)\n\n\n"
        "@router.get('/stats')\ndef stats() -> int:\n    return 1\n"
    )
    (context.root / "app/main.py").write_text(
        "from fastapi import FastAPI\n\nfrom app import admin, items\n\napp = FastAPI()\n"
        "app.include_router(items.router, prefix='/v1')\napp.include_router(admin.router)\n"
    )
    answer = await call(context, "find_referencing_symbols", name_path="get_db", relative_path="app/db.py")
    assert "routes that depend on it: 2" in answer.splitlines()[0]
    assert "app/admin.py: routes that depend on it through router level\n  GET /admin/stats stats 16" in answer
    assert "app/items.py: routes that depend on it through SessionDep\n  GET /v1/items/{key} read_item 19" in answer
    alias = await call(context, "find_referencing_symbols", name_path="SessionDep", relative_path="app/db.py")
    assert "GET /v1/items/{key} read_item 19" in alias


async def test_snippets_show_the_code_around(context: SerenaContext) -> None:
    by_place = await call(context, "find_referencing_code_snippets", relative_path="app/items.py", line=11, column=9)
    by_name = await call(
        context, "find_referencing_code_snippets", relative_path="app/items.py", name_path="Item/title"
    )
    assert by_place == by_name
    assert "app/main.py\n  6: app.include_router(router)\n  7: first = Item().title()" in by_place


async def test_a_place_beside_the_name_will_do(context: SerenaContext) -> None:
    answer = await call(context, "find_referencing_code_snippets", relative_path="app/db.py", line=12)
    assert answer.startswith("1 use in 1 file\napp/db.py\n  15:\n  16: SessionDep")


DECLARED = {
    "attribute": ({"relative_path": "app/main.py", "regex": r"Item\(\)\.(title)\("}, "Item/title 11-12"),
    "whole-match": ({"relative_path": "app/items.py", "regex": "SessionDep$"}, "SessionDep 16"),
    "several-names": ({"relative_path": "app/items.py", "regex": r"def (\w+)"}, None),
    "no-match": ({"relative_path": "app/items.py", "regex": "nothing"}, None),
    "within": (
        {"relative_path": "app/items.py", "regex": r"self\.(title)", "containing_symbol_name_path": "Item/shout"},
        "Item/title 11-12",
    ),
}


@pytest.mark.parametrize(("arguments", "answer"), DECLARED.values(), ids=DECLARED)
async def test_declarations(context: SerenaContext, arguments: dict[str, object], answer: str | None) -> None:
    if answer is None:
        with pytest.raises(ToolRefusedError, match=r"matches nothing|places"):
            await call(context, "find_declaration", **arguments)
    else:
        assert answer in await call(context, "find_declaration", **arguments)


async def test_implementations(context: SerenaContext) -> None:
    (context.root / "app/more.py").write_text(
        "from app.items import Item\n\n\nclass Book(Item):\n    def title(self) -> str:\n        return 'b'\n"
    )
    answer = await call(context, "find_implementations", name_path="Item/title", relative_path="app/items.py")
    assert "app/more.py\n  Book/title 5: def title(self) -> str:" in answer


async def test_findings_are_told_by_symbol(context: SerenaContext) -> None:
    (context.root / "app/bad.py").write_text("def f() -> int:\n    return ''\n\n\ny: int = g\n")
    answer = await call(context, "get_diagnostics_for_file", relative_path="app/bad.py")
    assert answer.startswith("2 findings in app/bad.py\nf\n  2:12 error ")
    assert "\ny\n  5:10 error F821: Undefined name `g`" in answer
    few = await call(context, "get_diagnostics_for_file", relative_path="app/bad.py", start_line=3)
    assert few.startswith("1 finding in app/bad.py\ny\n")


REFUSED = {
    "no-symbol": ({"name_path": "nope", "relative_path": "app/items.py"}, "No symbol matches nope"),
    "several": ({"name_path": "name"}, "2 symbols match name"),
}


@pytest.mark.parametrize(("arguments", "told"), REFUSED.values(), ids=REFUSED)
async def test_refuses(context: SerenaContext, arguments: dict[str, object], told: str) -> None:
    (context.root / "app/other.py").write_text("name = 1\n")
    with pytest.raises(ToolRefusedError, match=told):
        await call(context, "find_referencing_symbols", **arguments)


async def test_many_uses_stay_short_and_come_in_pages(context: SerenaContext) -> None:
    for number in range(60):
        lines = "".join(f"def use_{line}() -> str:\n    return Item().title()\n\n\n" for line in range(4))
        (context.root / f"app/user_{number:02}.py").write_text(f"from app.items import Item\n\n\n{lines}")
    answer = await call(context, "find_referencing_symbols", name_path="/Item", relative_path="app/items.py")
    assert answer.startswith("304 uses of Item")
    assert len(answer) <= 60 * 304
    page = await call(
        context, "find_referencing_symbols", name_path="/Item", relative_path="app/items.py", max_answer_chars=700
    )
    assert len(page) <= 700
    assert "go on with skip=" in page


async def test_a_declaration_outside_is_named_without_the_machine(context: SerenaContext) -> None:
    (context.root / "app/outer.py").write_text("from typing import overload\n")
    answer = await call(context, "find_declaration", relative_path="app/outer.py", regex="overload")
    assert answer.startswith("outside the project: stdlib/typing.pyi:")


async def test_overloads_and_properties_are_one_symbol(context: SerenaContext) -> None:
    (context.root / "app/price.py").write_text(
        "class P:\n    @property\n    def v(self) -> int:\n        return 1\n\n"
        "    @v.setter\n    def v(self, n: int) -> None: ...\n\n\nP().v = 1\nprint(P().v)\n"
    )
    answer = await call(context, "find_referencing_symbols", name_path="P/v", relative_path="app/price.py")
    assert answer.startswith("3 uses of P/v (app/price.py:3) in 1 file\n")
