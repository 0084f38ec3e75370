# tests/gates/test_known_good.py — how a repository's tests, linters and types really run
import shutil
import sys
import venv
from dataclasses import replace
from pathlib import Path

import pytest
from trials import PROJECT, PYPROJECT, known_good, lean_environment, write_tree

from python_coder.workspace.environment import ProjectEnvironment

SETTINGS = "import os\n\nSECRET = os.environ['SHOP_SECRET']\n"
DECLARED = PYPROJECT + "[tool.python-coder.env]\nSHOP_SECRET = 'declared'\n"


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> ProjectEnvironment:
    return lean_environment(tmp_path_factory.getbasetemp() / "lean")


async def test_finds_what_works(lean: ProjectEnvironment, tmp_path: Path) -> None:
    settings = (
        '[tool.pytest.ini_options]\nfilterwarnings = ["error", "ignore::ResourceWarning"]\n'
        "[tool.ruff]\nline-length = 99\n"
    )
    files = {"src/shop/__init__.py": "", "db/alembic.ini": "", "pyproject.toml": PYPROJECT + settings}
    tree = write_tree(tmp_path / "tree", {**PROJECT, **files, "mypy.ini": "[mypy]\nstrict = True\n"})
    shutil.rmtree(tree / "shop")
    found = await known_good(tree, tmp_path / "scratch", lean)
    assert found.problems == ()
    assert found.app_import_error == ""
    assert (found.project_root, found.import_roots, found.packages) == (".", ("src",), ("shop",))
    assert (found.test_paths, found.pytest_version) == (("tests",), pytest.__version__)
    assert (found.warnings_as_errors, found.asyncio_mode, found.alembic_ini) == (True, "", "db/alembic.ini")
    assert found.mypy_targets == ("src/shop",)
    assert found.ruff is not None
    assert found.mypy is not None
    assert found.bandit is not None
    assert (found.ruff.config_path, found.mypy.config_path, found.bandit.config_path) == (
        "pyproject.toml",
        "mypy.ini",
        "",
    )
    assert not found.mypy.is_projects_own
    assert found.mypy.argv[1:] == ("--python-executable", str(lean.python))
    assert found.mypy.version.count(".") == 2
    assert [entry.exit_code for entry in found.commands] == [0, 0, 0, 0, 0]
    assert not any(str(tmp_path) in word for entry in found.commands for word in entry.argv)
    assert list((tmp_path / "scratch").iterdir()) == []


BLOCKS = {
    "given": ({}, {"SHOP_SECRET": "given"}, "given"),
    "declared": ({"pyproject.toml": DECLARED}, {}, "declared"),
    "given-over-declared": ({"pyproject.toml": DECLARED}, {"SHOP_SECRET": "given"}, "given"),
    "example": ({".env.example": "SHOP_SECRET=changethis\nEMPTY=\n"}, {}, "changethis"),
    "declared-over-example": ({"pyproject.toml": DECLARED, ".env.example": "SHOP_SECRET=x\n"}, {}, "declared"),
    "given-over-example": ({".env.example": "SHOP_SECRET=x\nOTHER=y\n"}, {"SHOP_SECRET": "given"}, "given"),
}


@pytest.mark.parametrize(("files", "given", "value"), BLOCKS.values(), ids=BLOCKS)
async def test_finds_the_variables(
    files: dict[str, str], given: dict[str, str], value: str, lean: ProjectEnvironment, tmp_path: Path
) -> None:
    tree = write_tree(tmp_path / "tree", {**PROJECT, "shop/__init__.py": SETTINGS, **files})
    found = await known_good(tree, tmp_path / "scratch", lean, given)
    assert found.env == {"SHOP_SECRET": value}
    assert (found.problems, found.app_import_error) == ((), "")


PROBLEMS = {
    "missing-variable": (
        {"shop/__init__.py": SETTINGS},
        "Importing shop needs the variable SHOP_SECRET",
        "KeyError: 'SHOP_SECRET'",
    ),
    "server-away": (
        {"shop/__init__.py": "import socket\nsocket.create_connection(('127.0.0.1', 9))\n"},
        "Importing shop needs a server",
        "ConnectionRefusedError: [Errno 111] Connection refused",
    ),
    "package-away": (
        {"shop/__init__.py": "import no_such_package\n"},
        "needs the module no_such_package",
        "ModuleNotFoundError: No module named 'no_such_package'",
    ),
    "application-broken": (
        {"shop/main.py": "from fastapi import FastAPI\napp = FastAPI()\n"},
        "Importing shop.main needs the module fastapi",
        "ModuleNotFoundError: No module named 'fastapi'",
    ),
    "newer-syntax-than-the-interpreter": (
        {"shop/__init__.py": "try: ...\nexcept A, B, C as d: ...\n"},
        "shop does not import (SyntaxError",
        "SyntaxError: ",
    ),
    "exit-on-import": (
        {"shop/__init__.py": "raise SystemExit(0)\n"},
        "shop does not import (SystemExit",
        "SystemExit: 0",
    ),
    "process-ended-on-import": ({"shop/__init__.py": "import os\nos._exit(0)\n"}, "ended its interpreter", ""),
    "no-package": ({"shop/__init__.py": None}, "No Python package", ""),
}


@pytest.mark.parametrize(("files", "problem", "error"), PROBLEMS.values(), ids=PROBLEMS)
async def test_tells_what_is_missing(
    files: dict[str, str | None], problem: str, error: str, lean: ProjectEnvironment, tmp_path: Path
) -> None:
    tree = write_tree(tmp_path / "tree", PROJECT)
    for path, text in files.items():
        (tree / path).unlink(missing_ok=True) if text is None else (tree / path).write_text(text)
    found = await known_good(tree, tmp_path / "scratch", lean)
    assert any(problem in told for told in found.problems), found.problems
    assert found.app_import_error.startswith(error)


async def test_tree_is_not_written_to(lean: ProjectEnvironment, tmp_path: Path) -> None:
    writes = "from pathlib import Path\nPath('log.txt').write_text('x')\nPath(__file__).with_name('x').touch()\n"
    tree = write_tree(tmp_path / "tree", {**PROJECT, "shop/__init__.py": writes})
    before = sorted(tree.rglob("*"))
    assert (await known_good(tree, tmp_path / "scratch", lean)).problems == ()
    assert sorted(tree.rglob("*")) == before


async def test_project_below_the_git_root(lean: ProjectEnvironment, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree" / "backend", PROJECT).parent
    write_tree(tree, {"ruff.toml": "", "shared/x.txt": ""})
    found = await known_good(tree, tmp_path / "scratch", lean)
    assert (found.project_root, found.problems) == ("backend", ())
    assert found.ruff is not None
    assert found.ruff.config_path == "ruff.toml"


@pytest.fixture(scope="module")
def bare(lean: ProjectEnvironment, tmp_path_factory: pytest.TempPathFactory) -> ProjectEnvironment:
    folder = tmp_path_factory.getbasetemp() / "bare"
    venv.create(folder, symlinks=True)
    return replace(lean, folder=folder, python=folder / "bin/python", left_out={"python-ldap": "no lber.h"})


async def test_environment_without_pytest(bare: ProjectEnvironment, tmp_path: Path) -> None:
    found = await known_good(write_tree(tmp_path / "tree", PROJECT), tmp_path / "scratch", bare)
    assert found.pytest_version == ""
    assert [told.split(" ")[0] for told in found.problems] == ["python-ldap", "pytest"]
    assert "uv add --dev pytest" in found.problems[1]


PLUGINS = {
    "unknown": ("plugins = ['no_such.plugin']", False),
    "ours-has-it": ("plugins = 'pydantic.mypy'", True),
    "file-of-the-repository": ("plugins = ['./checks/plugin.py']", True),
    "none": ("strict = true", True),
}


@pytest.mark.parametrize(("setting", "is_there"), PLUGINS.values(), ids=PLUGINS)
async def test_mypy_plugins(setting: str, is_there: bool, bare: ProjectEnvironment, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {**PROJECT, "pyproject.toml": f"{PYPROJECT}[tool.mypy]\n{setting}\n"})
    found = await known_good(tree, tmp_path / "scratch", bare)
    assert (found.mypy is not None) is is_there
    assert any("mypy's settings name the plugin no_such" in told for told in found.problems) is not is_there


def with_ruff(bare: ProjectEnvironment, folder: Path, version: str) -> ProjectEnvironment:
    shutil.copytree(bare.folder, folder, symlinks=True)
    site = next(folder.glob("lib/python3*/site-packages"))
    metadata = f"Metadata-Version: 2.1\nName: ruff\nVersion: {version}\n"
    write_tree(site, {f"ruff-{version}.dist-info/METADATA": metadata})
    (folder / "bin/ruff").write_text(f"#!/bin/sh\necho ruff {version}\n")
    (folder / "bin/ruff").chmod(0o755)
    return replace(bare, folder=folder, python=folder / "bin/python")


async def test_a_ruff_without_a_formatter_does_not_judge(bare: ProjectEnvironment, tmp_path: Path) -> None:
    own = with_ruff(bare, tmp_path / "env", "0.0.275")
    found = await known_good(write_tree(tmp_path / "tree", PROJECT), tmp_path / "scratch", own)
    assert found.ruff is not None
    assert not found.ruff.is_projects_own


async def test_own_tools_win(bare: ProjectEnvironment, tmp_path: Path) -> None:
    folder = tmp_path / "env"
    own = with_ruff(bare, folder, "0.1.6")
    found = await known_good(write_tree(tmp_path / "tree", PROJECT), tmp_path / "scratch", own)
    assert found.ruff is not None
    assert (found.ruff.argv, found.ruff.version, found.ruff.is_projects_own) == (
        (str(folder / "bin/ruff"),),
        "0.1.6",
        True,
    )
    assert found.mypy is not None
    assert not found.mypy.is_projects_own


TARGETS = {
    "flat-modules": ({"main.py": "", "shop/__init__.py": None}, ("main.py",)),
    "package": ({}, ("shop",)),
    "named-by-mypy": ({"mypy.ini": "[mypy]\nfiles = shop\n"}, ()),
}


@pytest.mark.parametrize(("files", "targets"), TARGETS.values(), ids=TARGETS)
async def test_mypy_targets(
    files: dict[str, str | None], targets: tuple[str, ...], bare: ProjectEnvironment, tmp_path: Path
) -> None:
    tree = write_tree(tmp_path / "tree", PROJECT)
    for path, text in files.items():
        (tree / path).unlink() if text is None else (tree / path).write_text(text)
    assert (await known_good(tree, tmp_path / "scratch", bare)).mypy_targets == targets


def test_these_tests_run_in_an_environment() -> None:
    assert sys.prefix != sys.base_prefix, "make a virtual environment with `make setup`, and run its pytest"
