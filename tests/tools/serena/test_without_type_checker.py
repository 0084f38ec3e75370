# tests/tools/serena/test_without_type_checker.py — when ty cannot start, the tools that do not need it go on
from pathlib import Path
from types import SimpleNamespace

import pytest
from shop_project import call, make_project

from python_coder.errors import LanguageServerError
from python_coder.symbols import ty_server
from python_coder.tools.serena.context import SerenaContext


@pytest.fixture
async def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # Both places where it looks for ty; ruff and Python itself are still found.
    monkeypatch.setattr(ty_server, "sys", SimpleNamespace(executable=str(tmp_path / "python")))
    monkeypatch.setattr(ty_server, "sysconfig", SimpleNamespace(get_path=lambda _: str(tmp_path)))
    made = make_project(tmp_path)
    yield made
    await made.project.aclose()


NEEDS_IT = {
    "find_referencing_symbols": {"name_path": "Item", "relative_path": "app/items.py"},
    "find_referencing_code_snippets": {"relative_path": "app/items.py", "line": 8, "column": 7},
    "find_declaration": {"relative_path": "app/main.py", "regex": "Item"},
    "find_implementations": {"name_path": "Item", "relative_path": "app/items.py"},
    "get_diagnostics_for_file": {"relative_path": "app/items.py"},
    "rename_symbol": {"name_path": "Item", "relative_path": "app/items.py", "new_name": "Thing"},
    "safe_delete_symbol": {"name_path": "unused", "relative_path": "app/items.py"},
}


@pytest.mark.parametrize("name", NEEDS_IT)
async def test_says_why_in_one_line(context: SerenaContext, name: str) -> None:
    with pytest.raises(LanguageServerError, match="ty") as told:
        await call(context, name, **NEEDS_IT[name])
    assert "\n" not in str(told.value)


GOES_ON = {
    "get_symbols_overview": {"relative_path": "app/items.py"},
    "find_symbol": {"name_path": "Item"},
    "search_for_pattern": {"substring_pattern": "Item"},
    "read_file": {"relative_path": "app/items.py"},
    "find_routes": {"path": "/items"},
    "restart_language_server": {},
}


@pytest.mark.parametrize("name", GOES_ON)
async def test_the_others_go_on(context: SerenaContext, name: str) -> None:
    assert await call(context, name, **GOES_ON[name])


async def test_edits_go_on_and_say_once_that_types_were_not_checked(context: SerenaContext) -> None:
    context.type_wait_seconds = 5
    first = await call(
        context, "replace_content", relative_path="app/items.py", needle="return 1", repl="return missing"
    )
    assert "F821 Undefined name `missing`" in first
    assert first.count("Types were not checked: ") == 1
    second = await call(context, "replace_content", relative_path="app/items.py", needle="missing", repl="2")
    assert "Types were not checked" not in second
