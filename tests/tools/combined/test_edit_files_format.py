# tests/tools/combined/test_edit_files_format.py — edits end as the gate ruff-format will ask for them, and no further
from pathlib import Path
from typing import Any

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.tools.combined.table import combined_tools
from python_coder.tools.schema import checked_arguments
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.table import serena_tools
from tools.serena.shop_project import FILES, make_project

UGLY = "x = {'a':1}\n"
PRETTY = 'x = {"a": 1}\n'
LONG = f'x = ["{"a" * 40}", "{"b" * 40}"]\n'
REVISION = "alembic/versions/1_a.py"
BAD_HOUSE = {f"app/bad{number}.py": UGLY for number in range(6)}
MIXED_HOUSE = {f"app/bad{number}.py": UGLY for number in range(3)}
HALF_BAD_REVISIONS = {"alembic/versions/0_a.py": UGLY, "alembic/versions/0_b.py": UGLY}
NEW = {"path": "app/new.py", "content": UGLY}
GOOD_OLD = {"app/old.py": "y = 1\n"}
IN_OLD = {"path": "app/old.py", "old": "y = 1", "new": UGLY}


@pytest.fixture
async def context(tmp_path: Path):
    made = make_project(tmp_path)
    made.type_wait_seconds = 0
    yield made
    await made.project.aclose()


async def edit(context: SerenaContext, *edits: dict[str, Any]) -> str:
    tools = combined_tools(context, serena_tools(context))
    tool = next(tool for tool in tools if tool.name == "mcp__coder__edit_files")
    return await tool.function(**checked_arguments(tool, {"edits": list(edits)}))


def write(context: SerenaContext, files: dict[str, str]) -> None:
    for path, text in files.items():
        (context.root / path).parent.mkdir(parents=True, exist_ok=True)
        (context.root / path).write_bytes(text.encode())


FORMATTED: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "a-new-file": ({}, NEW, PRETTY),
    "a-file-that-was-formatted": (GOOD_OLD, IN_OLD, PRETTY),
    "by-the-projects-configuration": ({"ruff.toml": 'format.quote-style = "single"\n'}, NEW, "x = {'a': 1}\n"),
    "by-the-configuration-nearest-to-it": (
        {"app/ruff.toml": 'format.quote-style = "single"\n'},
        NEW,
        "x = {'a': 1}\n",
    ),
    "as-black-is-told": (
        {"pyproject.toml": "[tool.black]\nline-length = 100\nskip-string-normalization = true\n"},
        {"path": "app/new.py", "content": UGLY + LONG},
        "x = {'a': 1}\n" + LONG,
    ),
    "in-a-house-where-half-is-formatted": (MIXED_HOUSE, NEW, PRETTY),
    "with-the-line-ends-of-the-file": ({"app/old.py": "y = 1\r\nz = 2\r\n"}, IN_OLD, 'x = {"a": 1}\r\n\r\nz = 2\r\n'),
    "a-revision-among-formatted-ones": ({}, {"path": REVISION, "content": UGLY}, PRETTY),
}
LEFT: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "what-was-not-formatted-before": (
        {"app/old.py": f"y = 1\n{UGLY}"},
        {"path": "app/old.py", "old": "y = 1", "new": "y = {'b':2}"},
        f"y = {{'b':2}}\n{UGLY}",
    ),
    "a-house-that-does-not-format": (BAD_HOUSE, NEW, UGLY),
    "an-excluded-file": ({"ruff.toml": 'extend-exclude = ["app"]\n'}, NEW, UGLY),
    "a-file-that-the-top-excludes": (
        {"ruff.toml": 'extend-exclude = ["app"]\n', "app/ruff.toml": "line-length = 90\n"},
        NEW,
        UGLY,
    ),
    "a-revision-among-unformatted-ones": (HALF_BAD_REVISIONS, {"path": REVISION, "content": UGLY}, UGLY),
    "a-configuration-for-another-ruff": ({"ruff.toml": 'required-version = "==0.0.1"\n'}, NEW, UGLY),
    "no-python": ({}, {"path": "app/new.txt", "content": UGLY}, UGLY),
    "what-is-formatted-anyway": ({}, {"path": "app/new.py", "content": PRETTY}, PRETTY),
}


@pytest.mark.parametrize(("files", "wanted", "after"), FORMATTED.values(), ids=FORMATTED)
async def test_formats(context: SerenaContext, files: dict[str, str], wanted: dict[str, str], after: str) -> None:
    write(context, files)
    answer = await edit(context, wanted)
    assert answer.splitlines()[0].endswith(", formatted")
    assert (context.root / wanted["path"]).read_bytes().decode() == after


@pytest.mark.parametrize(("files", "wanted", "after"), LEFT.values(), ids=LEFT)
async def test_leaves(context: SerenaContext, files: dict[str, str], wanted: dict[str, str], after: str) -> None:
    write(context, files)
    answer = await edit(context, wanted)
    assert ", formatted" not in answer
    assert (context.root / wanted["path"]).read_text() == after


async def test_only_the_edited_files_change(context: SerenaContext) -> None:
    write(context, {"app/ugly.py": UGLY})
    before = {path: (context.root / path).read_bytes() for path in context.files.paths()}
    await edit(context, NEW)
    (context.root / "app/new.py").unlink()
    assert {path: (context.root / path).read_bytes() for path in context.files.paths()} == before


async def test_a_file_that_is_new_in_the_session_is_formatted_by_a_later_call(context: SerenaContext) -> None:
    create = next(tool for tool in serena_tools(context) if tool.name == "mcp__serena__create_text_file")
    await create.function(relative_path="app/new.py", content=UGLY)
    answer = await edit(context, {"path": "app/new.py", "old": "'a'", "new": "'b'"})
    assert "formatted" in answer
    assert (context.root / "app/new.py").read_text() == 'x = {"b": 1}\n'


async def test_a_call_that_fails_formats_nothing(context: SerenaContext) -> None:
    before = {path: (context.root / path).read_bytes() for path in context.files.paths()}
    with pytest.raises(ToolRefusedError):
        await edit(context, NEW, {"path": "app/db.py", "old": "nowhere", "new": ""})
    assert {path: (context.root / path).read_bytes() for path in context.files.paths()} == before


async def test_findings_are_told_of_the_lines_as_formatted(context: SerenaContext) -> None:
    answer = await edit(context, {**NEW, "content": "def f()->int:\n    return 1\nx = absent\n"})
    assert "app/new.py:5: F821" in answer


async def test_a_formatted_file_can_be_edited_again(context: SerenaContext) -> None:
    await edit(context, NEW)
    answer = await edit(context, {"path": "app/new.py", "old": '"a": 1', "new": '"a": 2'})
    assert answer.splitlines()[0] == "app/new.py: replaced text"
    assert FILES["app/db.py"] == (context.root / "app/db.py").read_text()
