# tests/tools/serena/test_untyped_functions.py — functions without types are told where the project's mypy asks for them
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


BARE = "def test_x():\n    pass\n"
HALF = "def test_x(client: int):\n    pass\n"
TYPED = "class A:\n    def __init__(self, x: int):\n        self.x = x\n\n\ndef test_x(client: int) -> None: ...\n"
STRICT = {"pyproject.toml": "[tool.mypy]\nstrict = true\nfiles = ['app', 'tests']\n"}
OFF = "[[tool.mypy.overrides]]\nmodule = 'tests.*'\n"
IN_TESTS, IN_APP = "tests/test_x.py", "app/x.py"
RETURN = "1: no-untyped-def Missing return type annotation for public function `test_x`"

TOLD: dict[str, tuple[dict[str, str], str, str, str]] = {
    "a-test-among-the-files": (STRICT, IN_TESTS, BARE, RETURN),
    "an-argument": (STRICT, IN_TESTS, "def test_x(client) -> None: ...\n", "no-untyped-def Missing type annotation"),
    "half-a-type": (STRICT, IN_TESTS, HALF, RETURN),
    "source-where-no-files-are-named": ({"mypy.ini": "[mypy]\nstrict = True\n"}, IN_APP, BARE, RETURN),
    "tests-of-the-package": (
        {"setup.cfg": "[mypy]\ndisallow_untyped_defs = true\n", "app/tests/__init__.py": ""},
        "app/tests/test_x.py",
        BARE,
        RETURN,
    ),
    "half-types-alone-are-refused": ({"mypy.ini": "[mypy]\ndisallow_incomplete_defs=True\n"}, IN_APP, HALF, RETURN),
    "a-package": ({"mypy.ini": "[mypy]\nstrict = True\npackages = app\n"}, IN_APP, BARE, RETURN),
    "tests-by-a-section": (
        {"mypy.ini": "[mypy]\nfiles = .\n[mypy-tests.*]\ndisallow_untyped_defs = True\n"},
        IN_TESTS,
        BARE,
        RETURN,
    ),
    "beside-an-override-of-no-module": (
        {"pyproject.toml": STRICT["pyproject.toml"] + "[[tool.mypy.overrides]]\nignore_errors = true\n"},
        IN_TESTS,
        BARE,
        RETURN,
    ),
    "beside-overrides-that-are-none": (
        {"pyproject.toml": STRICT["pyproject.toml"] + "overrides = [1]\n"},
        IN_TESTS,
        BARE,
        RETURN,
    ),
    "a-file-that-ruff-excludes": ({**STRICT, "ruff.toml": "extend-exclude = ['tests']\n"}, IN_TESTS, BARE, RETURN),
}
NOT_TOLD: dict[str, tuple[dict[str, str], str, str]] = {
    "no-configuration": ({}, IN_APP, BARE),
    "a-lenient-configuration": ({"mypy.ini": "[mypy]\nfiles = .\n"}, IN_TESTS, BARE),
    "with-types": (STRICT, IN_TESTS, TYPED),
    "tests-beside-the-package": ({"mypy.ini": "[mypy]\nstrict = True\n"}, IN_TESTS, BARE),
    "tests-not-among-the-files": ({"mypy.ini": "[mypy]\nstrict = True\nfiles = app\n"}, IN_TESTS, BARE),
    "excluded-files": ({"mypy.ini": "[mypy]\nstrict = True\nfiles = .\nexclude = ^tests/\n"}, IN_TESTS, BARE),
    "off-for-tests": (
        {"pyproject.toml": STRICT["pyproject.toml"] + OFF + "disallow_untyped_defs = false\n"},
        IN_TESTS,
        BARE,
    ),
    "ignored-in-tests": ({"pyproject.toml": STRICT["pyproject.toml"] + OFF + "ignore_errors = true\n"}, IN_TESTS, BARE),
    "the-code-is-off": (
        {"mypy.ini": "[mypy]\nstrict = True\nfiles = .\ndisable_error_code = no-untyped-def\n"},
        IN_TESTS,
        BARE,
    ),
    "untyped-where-half-types-are-refused": ({"mypy.ini": "[mypy]\ndisallow_incomplete_defs=True\n"}, IN_APP, BARE),
    "a-broken-configuration": ({"pyproject.toml": "[tool.mypy\nstrict = true\n"}, IN_APP, BARE),
}


def write(context: SerenaContext, files: dict[str, str]) -> None:
    for path, text in files.items():
        (context.root / path).parent.mkdir(parents=True, exist_ok=True)
        (context.root / path).write_text(text)


@pytest.mark.parametrize(("files", "path", "text", "told"), TOLD.values(), ids=TOLD)
async def test_tells(context: SerenaContext, files: dict[str, str], path: str, text: str, told: str) -> None:
    write(context, files)
    answer = await call(context, "create_text_file", relative_path=path, content=text)
    assert f"{path}:" in answer
    assert told in answer


@pytest.mark.parametrize(("files", "path", "text"), NOT_TOLD.values(), ids=NOT_TOLD)
async def test_does_not_tell(context: SerenaContext, files: dict[str, str], path: str, text: str) -> None:
    write(context, files)
    answer = await call(context, "create_text_file", relative_path=path, content=text)
    assert "no-untyped-def" not in answer


async def test_only_new_functions_are_told(context: SerenaContext) -> None:
    write(context, {**STRICT, IN_TESTS: "def test_old():\n    assert 1\n"})
    answer = await call(
        context, "replace_content", relative_path=IN_TESTS, needle="def test_old", repl=f"{BARE}\n\ndef test_old"
    )
    assert answer.count("no-untyped-def") == 1
    assert RETURN in answer


async def test_what_the_projects_own_rules_tell_is_told_once(context: SerenaContext) -> None:
    write(context, {**STRICT, "ruff.toml": "lint.select = ['ANN']\n"})
    answer = await call(context, "create_text_file", relative_path=IN_TESTS, content=BARE)
    assert answer.count("Missing return type") == 1
