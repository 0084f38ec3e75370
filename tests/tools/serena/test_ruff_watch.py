# tests/tools/serena/test_ruff_watch.py — the check after an edit tells what the gate will say, and nothing that is old
from pathlib import Path

import pytest
from shop_project import call, make_project

from python_coder.tools.serena.context import SerenaContext


@pytest.fixture
async def context(tmp_path: Path):
    made = make_project(tmp_path)
    made.type_wait_seconds = 0
    yield made
    await made.project.aclose()


CHAINED = "try:\n    x = 1\nexcept ValueError:\n    raise KeyError('x')\n"
OLD = {"app/old.py": CHAINED}
TOLD: dict[str, tuple[dict[str, str], str, str, str]] = {
    "our-guideline": ({}, "app/x.py", CHAINED, "app/x.py:4: B904 "),
    "unused-import": ({}, "app/x.py", "import os\n", "app/x.py:1: F401 "),
    "undefined-name": ({}, "app/x.py", "x = missing\n", "app/x.py:1: F821 "),
    "the-projects-rules": ({"ruff.toml": 'lint.select = ["N"]\n'}, "app/x.py", "def Bad(): ...\n", "N802"),
    "our-guideline-beside-it": ({"ruff.toml": 'lint.select = ["N"]\n'}, "app/x.py", CHAINED, "B904"),
    "a-fault-in-every-house": ({"app/old.py": "x = missing\n"}, "app/x.py", "x = missing\n", "F821"),
    "a-config-for-another-ruff": ({"ruff.toml": 'lint.select = ["NOPE1"]\n'}, "app/x.py", CHAINED, "B904"),
    "an-unknown-rule-is-off": ({"ruff.toml": 'lint.ignore = ["NOPE1"]\n'}, "app/x.py", "x = missing\n", "F821"),
}
NOT_TOLD: dict[str, tuple[dict[str, str], str, str]] = {
    "rules-that-the-house-breaks": (OLD, "app/x.py", CHAINED),
    "rules-that-are-off": ({"ruff.toml": 'lint.ignore = ["B904"]\n'}, "app/x.py", CHAINED),
    "rules-that-are-off-here": (
        {"pyproject.toml": '[tool.ruff.lint.per-file-ignores]\n"app/*" = ["B904"]\n'},
        "app/x.py",
        CHAINED,
    ),
    "excluded-files": ({"ruff.toml": 'extend-exclude = ["app/gen"]\n'}, "app/gen/x.py", CHAINED),
    "asserts-in-tests": ({}, "tests/test_x.py", "def test_x() -> None:\n    assert [1]\n"),
    "no-python": ({}, "notes.txt", CHAINED),
    "silenced-lines": ({}, "app/x.py", CHAINED.replace("('x')", "('x')  # noqa: B904")),
}


def write(context: SerenaContext, files: dict[str, str]) -> None:
    for path, text in files.items():
        (context.root / path).write_text(text)


@pytest.mark.parametrize(("files", "path", "text", "told"), TOLD.values(), ids=TOLD)
async def test_tells(context: SerenaContext, files: dict[str, str], path: str, text: str, told: str) -> None:
    write(context, files)
    answer = await call(context, "create_text_file", relative_path=path, content=text)
    assert "New findings:" in answer
    assert told in answer


@pytest.mark.parametrize(("files", "path", "text"), NOT_TOLD.values(), ids=NOT_TOLD)
async def test_does_not_tell(context: SerenaContext, files: dict[str, str], path: str, text: str) -> None:
    write(context, files)
    answer = await call(context, "create_text_file", relative_path=path, content=text)
    assert "No new findings" in answer


async def test_an_old_finding_that_moves_is_old_and_a_new_one_above_it_is_told(context: SerenaContext) -> None:
    write(context, {"app/x.py": "a = 1\nb = missing\n"})
    moved = await call(context, "replace_content", relative_path="app/x.py", needle="a = 1", repl="a = 1\nc = 2")
    assert "No new findings" in moved
    above = await call(context, "replace_content", relative_path="app/x.py", needle="a = 1", repl="a = missing")
    assert "app/x.py:1: F821 Undefined name `missing`" in above
    assert above.count("F821") == 1


async def test_what_was_taken_out_and_is_put_back_is_not_new(context: SerenaContext) -> None:
    write(context, {"app/x.py": "a = 1\nb = missing\n"})
    await call(context, "replace_content", relative_path="app/x.py", needle="b = missing", repl="b = 2")
    back = await call(context, "replace_content", relative_path="app/x.py", needle="b = 2", repl="b = missing")
    assert "No new findings" in back


async def test_an_edit_of_the_configuration_does_not_soften_our_own_rules(context: SerenaContext) -> None:
    await call(context, "create_text_file", relative_path="ruff.toml", content='lint.ignore = ["B904"]\n')
    answer = await call(context, "create_text_file", relative_path="app/x.py", content=CHAINED)
    assert "B904" in answer
