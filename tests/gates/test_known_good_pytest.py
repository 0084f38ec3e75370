# tests/gates/test_known_good_pytest.py — helping a project's pytest until it collects
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from trials import PROJECT, PYPROJECT, TEST, lay_out, lean_environment, write_tree

from python_coder.gates.known_good_pytest import find_collection
from python_coder.workspace.environment import ProjectEnvironment
from python_coder.workspace.layout import pytest_ini

WARNS = "import warnings\nwarnings.warn('Using `old` is over: use new', DeprecationWarning)\n"
INI = PYPROJECT + "[tool.pytest.ini_options]\n"
SAME = {"tests/a/test_x.py": TEST, "tests/b/test_x.py": "def test_two(): pass\n"}


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> ProjectEnvironment:
    return lean_environment(tmp_path_factory.getbasetemp() / "lean")


@dataclass(frozen=True, kw_only=True)
class Case:
    """Files beside the usual ones, and what helps."""

    files: dict[str, str]
    options: tuple[str, ...] = ()
    roots: tuple[str, ...] = (".",)
    problems: tuple[str, ...] = ()
    is_working: bool = True
    env: dict[str, str] = field(default_factory=dict)


CASES = {
    "as-it-is": Case(files={}),
    "option-of-a-missing-plugin": Case(
        files={"pyproject.toml": INI + 'addopts = "-q --no-such=3 --also-no-such -rA"\n'},
        options=("-o", "addopts=-q -rA"),
        problems=("--also-no-such, --no-such=3",),
    ),
    "setting-of-a-missing-plugin": Case(
        files={"pyproject.toml": INI + 'addopts = "--strict-config -q"\nno_such = "1"\n'},
        options=("-o", "addopts=-q"),
        problems=("no_such",),
    ),
    "module-in-another-folder": Case(
        files={"lib/prices.py": "", "tests/test_shop.py": "import prices\n" + TEST}, roots=(".", "lib")
    ),
    "tests-import-each-other": Case(
        files={
            "src/shop/__init__.py": "",
            "tests/tools.py": "",
            "tests/a/test_x.py": "from tests import tools\n" + TEST,
        },
        roots=("src", "."),
    ),
    "two-files-of-one-name": Case(files=SAME, options=("--import-mode=importlib",)),
    "warning-as-error": Case(
        files={"pyproject.toml": INI + 'filterwarnings = ["error"]\n', "tests/test_shop.py": WARNS + TEST},
        options=("-W", "default:Using `old` is over"),
        problems=("turns warnings into errors",),
    ),
    "one-broken-file": Case(
        files={"tests/test_bad.py": "1 / 0\n"},
        options=("--continue-on-collection-errors",),
        problems=(r"tests/test_bad\.py cannot be collected \(ZeroDivisionError",),
    ),
    "no-tests": Case(files={"tests/test_shop.py": ""}, problems=("has no tests",)),
    "missing-variable": Case(
        files={"tests/conftest.py": "import os\nos.environ['SHOP_SECRET']\n"},
        problems=("needs the variable SHOP_SECRET.*--env-file",),
        is_working=False,
    ),
    "variable-given": Case(
        files={"tests/conftest.py": "import os\nos.environ['SHOP_SECRET']\n"}, env={"SHOP_SECRET": "x"}
    ),
    "server-away": Case(
        files={"tests/conftest.py": "import socket\nsocket.create_connection(('127.0.0.1', 9))\n"},
        problems=("a server that does not answer",),
        is_working=False,
    ),
    "package-away-and-a-namesake-in-the-package": Case(
        files={"shop/redis.py": "", "tests/conftest.py": "import redis\n"},
        problems=("module redis",),
        is_working=False,
    ),
    "folder-that-would-hide-the-standard-library": Case(
        files={"lib/prices.py": "", "lib/types.py": "", "tests/test_shop.py": "import prices\n" + TEST},
        problems=("module prices",),
        is_working=False,
    ),
    "package-away": Case(
        files={"tests/conftest.py": "import no_such_package\n"}, problems=("module no_such_package",), is_working=False
    ),
    "broken-conftest": Case(
        files={"tests/conftest.py": "def (:\n"}, problems=("cannot collect the tests .*SyntaxError",), is_working=False
    ),
    "exit-in-conftest": Case(
        files={"tests/conftest.py": "import sys\nsys.exit(0)\n"}, problems=(".",), is_working=False
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_helps_until_it_collects(case: Case, lean: ProjectEnvironment, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {**PROJECT, **case.files})
    if case.roots[0] == "src":
        (tree / "shop/__init__.py").unlink()
    bench = lay_out(tree, tmp_path / "scratch", lean)
    found = await find_collection(bench, pytest_ini(tree, tree)[1], {}, case.env)
    assert (found.options, found.import_roots, found.is_working) == (case.options, case.roots, case.is_working)
    assert len(found.problems) == len(case.problems)
    for problem, pattern in zip(found.problems, case.problems, strict=True):
        assert re.search(pattern, problem), problem


async def test_broken_plugin_is_switched_off(lean: ProjectEnvironment, tmp_path: Path) -> None:
    plugin = "def pytest_collection_modifyitems(items):\n    raise TypeError('made for another pytest')\n"
    installed = write_tree(
        tmp_path / "site-packages",
        {
            "bad_plugin.py": plugin,
            "bad_plugin-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: bad-plugin\nVersion: 1\n",
            "bad_plugin-1.dist-info/entry_points.txt": "[pytest11]\nbad = bad_plugin\n",
        },
    )
    bench = lay_out(write_tree(tmp_path / "tree", PROJECT), tmp_path / "scratch", replace(lean, overlay=installed))
    plugins = {"bad": "bad_plugin", "asyncio": "pytest_asyncio.plugin"}
    found = await find_collection(bench, {}, plugins, {})
    assert (found.options, found.is_working) == (("-p", "no:bad"), True)
    assert "made for another pytest" in found.problems[0]
