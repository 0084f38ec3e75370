# tests/tools/serena/test_searching.py — text is found by patterns that cannot hang
import asyncio
from pathlib import Path

import pytest
from shop_project import call, make_project

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.table import serena_tools


@pytest.fixture
def context(tmp_path: Path) -> SerenaContext:
    return make_project(tmp_path)


FOUND = {
    "word": ({"substring_pattern": "yield"}, "1 match in 1 of 7 files\napp/db.py\n  13: yield Session()"),
    "other-name": ({"pattern": "yield"}, "1 match in 1 of 7 files\napp/db.py\n  13: yield Session()"),
    "in-a-file": (
        {"substring_pattern": r"^def \w+", "relative_path": "app/items.py"},
        "1 match in 1 of 1 file\napp/items.py\n  23: def unused() -> int:",
    ),
    "with-context": (
        {"substring_pattern": "yield", "context_lines_before": 1, "context_lines_after": 1},
        "1 match in 1 of 7 files\napp/db.py\n"
        "  12: def get_db() -> Iterator[Session]:\n  13:     yield Session()\n  14:",
    ),
    "over-lines": (
        {"substring_pattern": r"(?s)def get_db.*?Session\(\)"},
        "1 match in 1 of 7 files\napp/db.py\n  12: def get_db() -> Iterator[Session]:\n  13:     yield Session()",
    ),
    "not-over-lines": ({"substring_pattern": r"def get_db.*Session\(\)"}, "No match in 7 files."),
    "only-some-paths": (
        {"substring_pattern": "Item", "paths_include_glob": "tests/**"},
        "2 matches in 1 of 1 file\ntests/test_items.py\n"
        '  1: from app.items import Item\n  5: assert Item().title() == ""',
    ),
    "paths-of-a-choice": (
        {"substring_pattern": "Item", "paths_include_glob": "{tests,nowhere}/test_*.{py,txt}"},
        "2 matches in 1 of 1 file\ntests/test_items.py\n"
        '  1: from app.items import Item\n  5: assert Item().title() == ""',
    ),
    "not-some-paths": (
        {"substring_pattern": "Item", "paths_exclude_glob": "*.py"},
        "No match in 2 files.",
    ),
    "only-code": ({"substring_pattern": "first", "restrict_search_to_code_files": True}, None),
    "ignored": ({"substring_pattern": "hidden"}, "No match in 7 files."),
}


@pytest.mark.parametrize(("arguments", "answer"), FOUND.values(), ids=FOUND)
async def test_finds(context: SerenaContext, arguments: dict[str, object], answer: str | None) -> None:
    found = await call(context, "search_for_pattern", **arguments)
    if answer is None:
        assert "README" not in found
    else:
        assert found == answer


@pytest.mark.parametrize("pattern", ["(", "a**", "*"])
async def test_refuses_what_is_no_expression(context: SerenaContext, pattern: str) -> None:
    with pytest.raises(ToolRefusedError, match="no regular expression"):
        await call(context, "search_for_pattern", substring_pattern=pattern)


@pytest.mark.slow
async def test_an_endless_expression_is_ended_and_blocks_nobody(context: SerenaContext) -> None:
    (context.root / "trap.txt").write_text("a" * 60 + "b")
    search = asyncio.create_task(call(context, "search_for_pattern", substring_pattern="(a+)+$"))
    await asyncio.sleep(0.3)
    assert await asyncio.wait_for(call(context, "read_file", relative_path="README.md"), 2)
    with pytest.raises(ToolRefusedError, match="stopped"):
        await search


async def test_a_large_search_closes_what_writes_until_it_ends(context: SerenaContext) -> None:
    context.large_search_files = 3
    made = next(tool for tool in serena_tools(context) if tool.name.endswith("create_text_file"))
    tool = context.modes.guard(made)
    search = asyncio.create_task(call(context, "search_for_pattern", substring_pattern=r"\w+"))
    await asyncio.sleep(0)
    with pytest.raises(ToolRefusedError, match="large search"):
        await tool.function("new.txt", "x")
    await search
    assert "Created" in await tool.function("new.txt", "x")
