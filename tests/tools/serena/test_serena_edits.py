# tests/tools/serena/test_serena_edits.py — edits answer with what they break, and are refused when they could hurt
import asyncio
from pathlib import Path

import pytest
from shop_project import FILES, call, edit_unheard, make_project

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.context import SerenaContext


@pytest.fixture
async def context(tmp_path: Path):
    made = make_project(tmp_path)
    made.type_wait_seconds = 5
    yield made
    await made.project.aclose()


ITEMS = FILES["app/items.py"]
EDITS = {
    "replace-symbol": (
        ("replace_symbol_body", {"name_path": "Item/title", "body": 'def title(self) -> str:\n    return "x"\n'}),
        ITEMS.replace("self.name.title()", '"x"'),
    ),
    "insert-before": (
        ("insert_before_symbol", {"name_path": "read_item", "body": "LIMIT = 3"}),
        ITEMS.replace("@router.get", "LIMIT = 3\n\n\n@router.get"),
    ),
    "insert-after": (
        ("insert_after_symbol", {"name_path": "Item/title", "body": "def low(self) -> str:\n    return self.name"}),
        ITEMS.replace(
            "self.name.title()\n", "self.name.title()\n\n    def low(self) -> str:\n        return self.name\n"
        ),
    ),
    "replace-lines": (
        (
            "replace_lines",
            {
                "start_line": 23,
                "end_line": 24,
                "content": "LAST = 1\n",
                "first_line_text": "def unused() -> int:",
                "last_line_text": "    return 1",
            },
        ),
        ITEMS.replace("def unused() -> int:\n    return 1\n", "LAST = 1\n"),
    ),
    "replace-one-line": (
        (
            "replace_lines",
            {"start_line": 24, "end_line": 24, "content": "    return 2", "first_line_text": "    return 1"},
        ),
        ITEMS.replace("return 1", "return 2"),
    ),
    "insert-at-line": (
        ("insert_at_line", {"line": 24, "content": "    # why", "line_text": "    return 1"}),
        ITEMS.replace("    return 1", "    # why\n    return 1"),
    ),
    "replace-content": (
        ("replace_content", {"needle": "return 1", "repl": "return 2"}),
        ITEMS.replace("return 1", "return 2"),
    ),
    "replace-content-other-name": (
        ("replace_content", {"needle": "return 1", "replacement": "return 2"}),
        ITEMS.replace("return 1", "return 2"),
    ),
    "replace-by-regex": (
        ("replace_content", {"needle": r"def (un\w+)", "repl": r"def not_\1", "mode": "regex"}),
        ITEMS.replace("def unused", "def not_unused"),
    ),
    "whole-file": (("create_text_file", {"content": "x = 1\n"}), "x = 1\n"),
}


@pytest.mark.parametrize(("edit", "after"), EDITS.values(), ids=EDITS)
async def test_edits(context: SerenaContext, edit: tuple[str, dict[str, object]], after: str) -> None:
    context.type_wait_seconds = 0
    name, arguments = edit
    answer = await call(context, name, relative_path="app/items.py", **arguments)
    assert "app/items.py" in answer.splitlines()[0]
    assert (context.root / "app/items.py").read_text() == after


REFUSED = {
    "lost-decorator": (
        "replace_symbol_body",
        {"name_path": "read_item", "body": "def read_item() -> int:\n    return 1"},
    ),
    "broken-body": ("replace_symbol_body", {"name_path": "unused", "body": "def unused() -> int:\n    return ("}),
    "other-name": ("replace_symbol_body", {"name_path": "unused", "body": "def used() -> int:\n    return 1"}),
    "no-symbol": ("replace_symbol_body", {"name_path": "nope", "body": "def nope() -> int:\n    return 1"}),
    "broken-insert": ("insert_after_symbol", {"name_path": "unused", "body": "def f(:\n    pass"}),
    "unquoted": ("replace_lines", {"start_line": 24, "end_line": 24, "content": "    return 2"}),
    "misquoted": (
        "replace_lines",
        {
            "start_line": 23,
            "end_line": 24,
            "content": "",
            "first_line_text": "def unused() -> int:",
            "last_line_text": "x",
        },
    ),
    "no-such-line": ("replace_lines", {"start_line": 90, "end_line": 91, "content": "", "first_line_text": ""}),
    "unquoted-insert": ("insert_at_line", {"line": 24, "content": "    x = 1"}),
    "absent": ("replace_content", {"needle": "return 9", "repl": "x"}),
    "ambiguous": ("replace_content", {"needle": "def", "repl": "x"}),
    "broken-content": ("replace_content", {"needle": "return 1", "repl": "return ("}),
    "broken-file": ("create_text_file", {"content": "import (\n"}),
    "redacted": ("replace_content", {"needle": "return 1", "repl": "return '[redacted]'"}),
}


@pytest.mark.parametrize(("name", "arguments"), REFUSED.values(), ids=REFUSED)
async def test_refuses_and_leaves_the_file_alone(
    context: SerenaContext, name: str, arguments: dict[str, object]
) -> None:
    with pytest.raises(ToolRefusedError):
        await call(context, name, relative_path="app/items.py", **arguments)
    assert (context.root / "app/items.py").read_text() == ITEMS


async def test_an_edit_tells_what_it_breaks_in_its_file(context: SerenaContext) -> None:
    body = "def title(self) -> str:\n    return missing\n"
    answer = await call(context, "replace_symbol_body", name_path="Item/title", relative_path="app/items.py", body=body)
    assert answer.startswith("Replaced Item/title in app/items.py.")
    assert answer.endswith("\nNew findings:\n  app/items.py:12: F821 Undefined name `missing`")


async def test_an_edit_tells_what_it_breaks_elsewhere(context: SerenaContext) -> None:
    (context.root / "app/old.py").write_text("from app.items import Item\n\nbad: int = ''\n")
    body = "def title(self, loud: bool) -> str:\n    return self.name\n"
    answer = await call(context, "replace_symbol_body", name_path="Item/title", relative_path="app/items.py", body=body)
    found = [line.strip().partition(" ")[0] for line in answer.splitlines()[2:]]
    assert found == ["app/items.py:15:16:", "app/main.py:7:9:", "tests/test_items.py:5:12:"]
    again = await call(context, "replace_content", relative_path="README.md", needle="# Shop", repl="# Store")
    assert again.endswith("No new findings.")


async def test_what_comes_too_late_is_told_with_the_next_answer(context: SerenaContext) -> None:
    context.type_wait_seconds = 0
    answer = await call(context, "replace_content", relative_path="app/items.py", needle="return 1", repl="return ''")
    assert answer.endswith("Still being checked: types; what is found comes with a later answer.")
    for _ in range(100):
        later = await call(context, "list_dir")
        if "after the last edit" in later:
            break
        await asyncio.sleep(0.05)
    assert "Found by the type checker after the last edit:\napp/items.py:24:12: " in later
    assert "after the last edit" not in await call(context, "list_dir")


async def test_a_deleted_file_is_missed_by_those_that_import_it(context: SerenaContext) -> None:
    answer = await call(context, "delete_file", relative_path="app/items.py")
    assert not (context.root / "app/items.py").exists()
    assert "app/main.py:3:6: " in answer
    assert "tests/test_items.py:1:6: " in answer


STALE = {
    "replace_symbol_body": {"name_path": "unused", "body": "def unused() -> int:\n    return 2\n"},
    "insert_after_symbol": {"name_path": "unused", "body": "x = 1"},
    "replace_content": {"needle": "return 1", "repl": "return 2"},
    "replace_lines": {"start_line": 24, "end_line": 24, "content": "    return 2", "first_line_text": "    return 1"},
    "insert_at_line": {"line": 24, "content": "    # x", "line_text": "    return 1"},
    "create_text_file": {"content": "x = 1\n"},
    "delete_file": {},
}


@pytest.mark.parametrize("name", STALE)
async def test_an_edit_based_on_a_stale_read_is_refused(context: SerenaContext, name: str) -> None:
    context.type_wait_seconds = 0
    await call(context, "read_file", relative_path="app/items.py")
    changed = ITEMS.replace('name: str = ""', 'name: str = "new"')
    (context.root / "app/items.py").write_text(changed)
    with pytest.raises(ToolRefusedError, match="changed by someone else since you read it"):
        await call(context, name, relative_path="app/items.py", **STALE[name])
    assert (context.root / "app/items.py").read_text() == changed
    await call(context, "find_symbol", name_path="unused", include_body=True)
    await call(context, name, relative_path="app/items.py", **STALE[name])


async def test_own_edits_are_not_stale(context: SerenaContext) -> None:
    context.type_wait_seconds = 0
    await call(context, "read_file", relative_path="app/items.py")
    for number in range(3):
        needle, repl = f"return {number + 1}", f"return {number + 2}"
        await call(context, "replace_content", relative_path="app/items.py", needle=needle, repl=repl)
    assert "return 4" in (context.root / "app/items.py").read_text()


async def test_line_ends_mark_and_mode_are_kept(context: SerenaContext) -> None:
    context.type_wait_seconds = 0
    file = context.root / "app/dos.py"
    file.write_bytes(b"\xef\xbb\xbfdef f() -> int:\r\n    return 1\r\n")
    file.chmod(0o755)
    await call(
        context,
        "replace_symbol_body",
        name_path="f",
        relative_path="app/dos.py",
        body="def f() -> int:\n    return 2\n",
    )
    assert file.read_bytes() == b"\xef\xbb\xbfdef f() -> int:\r\n    return 2\r\n"
    await call(context, "create_text_file", relative_path="app/dos.py", content="x = 1\ny = 2\n")
    assert file.read_bytes() == b"\xef\xbb\xbfx = 1\r\ny = 2\r\n"
    assert file.stat().st_mode & 0o777 == 0o755


async def test_a_definition_that_is_there_twice_must_be_told_apart(context: SerenaContext) -> None:
    context.type_wait_seconds = 0
    (context.root / "app/twice.py").write_text("def f() -> int:\n    return 1\n\n\ndef f() -> int:\n    return 2\n")
    body = "def f() -> int:\n    return 3\n"
    with pytest.raises(ToolRefusedError, match=r"defines f 2 times; name one of:\nf\[0\] 1-2"):
        await call(context, "replace_symbol_body", name_path="f", relative_path="app/twice.py", body=body)
    await call(context, "replace_symbol_body", name_path="f[1]", relative_path="app/twice.py", body=body)
    assert (context.root / "app/twice.py").read_text().endswith("return 3\n")


async def test_a_refused_call_does_not_swallow_late_findings(context: SerenaContext) -> None:
    await edit_unheard(context, "return 1", "return ''")
    with pytest.raises(ToolRefusedError):
        await call(context, "read_file", relative_path="nowhere.py")
    assert "after the last edit" in await call(context, "list_dir")
