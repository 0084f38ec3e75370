# tests/tools/serena/test_reading.py — folders and files as a model sees them
from pathlib import Path

import pytest
from shop_project import call, make_project

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.context import SerenaContext


@pytest.fixture
def context(tmp_path: Path) -> SerenaContext:
    return make_project(tmp_path)


LISTS = {
    "top": ({}, [".gitignore", "README.md", "app/", "tests/"]),
    "folder": ({"relative_path": "app"}, ["app/", "  __init__.py", "  db.py", "  items.py", "  main.py"]),
    "slash": ({"relative_path": "./tests/"}, ["tests/", "  test_items.py"]),
    "deep": (
        {"recursive": True},
        [".gitignore", "README.md", "app/", "  __init__.py", "  db.py", "  items.py", "  main.py", "tests/"],
    ),
    "ignored": ({"relative_path": "ignored", "skip_ignored_files": False}, ["ignored/", "  x.py"]),
}


@pytest.mark.parametrize(("arguments", "lines"), LISTS.values(), ids=LISTS)
async def test_lists(context: SerenaContext, arguments: dict[str, object], lines: list[str]) -> None:
    assert (await call(context, "list_dir", **arguments)).splitlines()[: len(lines)] == lines


async def test_finds_files_by_name_and_path(context: SerenaContext) -> None:
    assert await call(context, "find_file", file_mask="test_*.py") == "tests/\n  test_items.py"
    assert await call(context, "find_file", file_mask="app/d*.py", relative_path="app") == "app/\n  db.py"
    assert await call(context, "find_file", file_mask="*.toml") == "None of 7 files is named *.toml."


async def test_reads_lines_with_their_numbers(context: SerenaContext) -> None:
    assert await call(context, "read_file", relative_path="app/db.py", start_line=7, end_line=8) == (
        "7: class Session:\n8:     def get(self, key: int) -> str:"
    )
    whole = await call(context, "read_file", relative_path="app/main.py")
    assert whole.splitlines()[-1] == "7: first = Item().title()"


async def test_counts_lines_as_python_does(context: SerenaContext) -> None:
    (context.root / "odd.py").write_bytes(b"a = 1\r\nb = '\x0c'\rc = '\xe2\x80\xa8'\n")
    assert await call(context, "read_file", relative_path="odd.py") == "1: a = 1\n2: b = '\x0c'\n3: c = '\u2028'"


async def test_a_long_file_says_where_to_go_on(context: SerenaContext) -> None:
    (context.root / "long.txt").write_text("".join(f"line {number}\n" for number in range(1, 2001)))
    answer = await call(context, "read_file", relative_path="long.txt", max_answer_chars=500)
    assert len(answer) <= 500
    last = int(answer.splitlines()[-2].partition(":")[0])
    assert answer.splitlines()[-1] == f"… lines {last + 1}-2000 are left; read_file goes on with start_line={last + 1}"


async def test_one_endless_line_keeps_to_the_limit(context: SerenaContext) -> None:
    (context.root / "wide.txt").write_text("x" * 50_000)
    answer = await call(context, "read_file", relative_path="wide.txt", max_answer_chars=1_000)
    assert len(answer) <= 1_000
    assert answer.endswith("line 1 has 50003 characters; raise max_answer_chars")


REFUSED = {
    "misspelt": ("app/itms.py", "Do you mean app/items.py"),
    "other-folder": ("items.py", "Do you mean app/items.py"),
    "folder": ("app", "is a folder"),
    "outside": ("../secret", "outside the project"),
    "absolute": ("/etc/passwd", "outside the project"),
    "git": (".git/config", "belongs to git"),
    "env": (".env", "holds secrets"),
    "empty": ("", "the project itself"),
    "binary": ("app/logo.png", "NUL"),
}


@pytest.mark.parametrize(("path", "told"), REFUSED.values(), ids=REFUSED)
async def test_refuses_with_a_hint(context: SerenaContext, path: str, told: str) -> None:
    (context.root / "app/logo.png").write_bytes(b"\x89PNG\0\0")
    with pytest.raises(ToolRefusedError, match=told):
        await call(context, "read_file", relative_path=path)


async def test_a_line_behind_the_end_is_refused(context: SerenaContext) -> None:
    with pytest.raises(ToolRefusedError, match="has 7 lines"):
        await call(context, "read_file", relative_path="app/main.py", start_line=8)
