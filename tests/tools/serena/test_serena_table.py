# tests/tools/serena/test_serena_table.py — reading and editing tools on a real folder
from pathlib import Path

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.tools.answers import shorten
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.editing import EditingTools
from python_coder.tools.serena.reading import ReadingTools
from python_coder.tools.serena.table import serena_tools

SOURCE = "class A:\n    async def b(self):\n        pass\n\ndef c():\n    return 1\n"


@pytest.fixture
def context(tmp_path: Path) -> SerenaContext:
    root = tmp_path / "project"
    (root / "app").mkdir(parents=True)
    (root / "app" / "a.py").write_text(SOURCE)
    (root / "README.md").write_text("# x\n")
    return SerenaContext(project=OpenProject(root=root, memories=tmp_path / "memories", store=tmp_path / "store"))


async def test_reads_with_line_numbers(context: SerenaContext) -> None:
    reading = ReadingTools(context)
    assert await reading.list_dir() == "README.md\napp/"
    assert await reading.list_dir(".", recursive=True) == "README.md\napp/a.py"
    assert await reading.read_file("app/a.py", 5, 6) == "5: def c():\n6:     return 1"
    assert await reading.search_for_pattern(r"def \w+\(\)", "app") == "app/a.py:5: def c():"
    assert await reading.get_symbols_overview("app/a.py") == "1-3 class A\n  2-3 async def b\n5-6 def c"


EDITS = {
    "replaces-one": (("app/a.py", "return 1", "return 2"), SOURCE.replace("return 1", "return 2")),
    "refuses-absent": (("app/a.py", "return 9", "x"), None),
    "refuses-ambiguous": (("app/a.py", "def", "x"), None),
    "refuses-empty": (("app/a.py", "", "x"), None),
    "refuses-broken-python": (("app/a.py", "return 1", "return ("), None),
    "refuses-new-file": (("app/new.py", "a", "b"), None),
}


@pytest.mark.parametrize(("edit", "after"), EDITS.values(), ids=EDITS)
async def test_replace_content(context: SerenaContext, edit: tuple[str, str, str], after: str | None) -> None:
    if after is None:
        with pytest.raises(ToolRefusedError):
            await EditingTools(context).replace_content(*edit)
    else:
        await EditingTools(context).replace_content(*edit)
    assert context.files.read("app/a.py") == (after or SOURCE)


async def test_creates_and_deletes(context: SerenaContext) -> None:
    editing = EditingTools(context)
    assert await editing.create_text_file("app/b/c.py", "x = 1\n") == "Created app/b/c.py, 1 lines."
    assert await editing.create_text_file("app/b/c.py", "x = 2\n") == "Replaced app/b/c.py, 1 lines."
    await editing.delete_file("app/b/c.py")
    assert context.files.read("app/b/c.py") is None
    with pytest.raises(ToolRefusedError):
        await editing.delete_file("app/b/c.py")


def test_a_long_answer_says_what_is_left_out() -> None:
    text = "\n".join(["x" * 99] * 1000)
    short = shorten(text)
    assert len(short) < 20_100
    assert short.endswith("more lines; ask for a part")
    kept, _, left = short.rpartition("\n… ")
    assert kept.count("\n") + 1 + int(left.split()[0]) == 1000


def test_every_tool_says_what_it_does(context: SerenaContext) -> None:
    tools = serena_tools(context)
    assert {tool.name for tool in tools} >= {"mcp__serena__read_file", "mcp__serena__create_text_file"}
    for tool in tools:
        assert (tool.function.__doc__ or "").strip(), tool.name
        assert tool.may_write == (tool.effect != "reads")
