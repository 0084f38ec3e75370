# tests/workspace/test_layout.py — import roots, packages and tests, declared or as the files lie
from pathlib import Path

import pytest
from small_projects import write_tree

from python_coder.workspace.layout import imported_names, pytest_ini, read_layout
from python_coder.workspace.manifest import read_pyproject

HATCH = '[tool.hatch.build.targets.wheel]\npackages = ["lib/shop"]\n'
LAYOUTS = {
    "package": (["app/__init__.py", "tests/test_a.py"], "", (".",), ("app",), ("tests",)),
    "namespace-package": (["app/main.py", "tests/api/test_a.py"], "", (".",), ("app",), ("tests",)),
    "src": (["src/shop/__init__.py", "tests/test_a.py"], "", ("src",), ("shop",), ("tests",)),
    "src-is-the-package": (["src/__init__.py", "src/main.py"], "", (".",), ("src",), ()),
    "src-and-flat": (["src/shop/__init__.py", "main.py"], "", ("src", "."), ("shop", "main"), ()),
    "flat-modules": (["main.py", "models.py", "test_main.py"], "", (".",), ("main", "models"), ("test_main.py",)),
    "tooling-left-out": (
        ["app/__init__.py", "setup.py", "conftest.py", "scripts/run.py", "alembic/env.py", "docs/conf.py"],
        "",
        (".",),
        ("app",),
        (),
    ),
    "migrations-of-any-name": (["app/__init__.py", "db/script.py.mako", "db/env.py"], "", (".",), ("app",), ()),
    "tests-inside-the-package": (["app/__init__.py", "app/tests/test_a.py"], "", (".",), ("app",), ("app/tests",)),
    "hatch": (["lib/shop/__init__.py", "tools/x.py"], HATCH, ("lib",), ("shop",), ()),
    "setuptools-where": (
        ["code/shop/__init__.py"],
        '[tool.setuptools.packages.find]\nwhere = ["code"]\n',
        ("code",),
        ("shop",),
        (),
    ),
    "poetry-packages": (
        ["code/shop/__init__.py"],
        '[tool.poetry]\npackages = [{ include = "shop", from = "code" }]\n',
        ("code",),
        ("shop",),
        (),
    ),
    "pythonpath": (
        ["service/main.py", "checks/test_a.py"],
        '[tool.pytest.ini_options]\npythonpath = ["service"]\ntestpaths = "checks"\n',
        ("service",),
        ("main",),
        ("checks",),
    ),
    "virtual-environment-of-any-name": (
        ["app/__init__.py", "myenv/pyvenv.cfg", "myenv/x.py"],
        "",
        (".",),
        ("app",),
        (),
    ),
}


@pytest.mark.parametrize(("paths", "pyproject", "roots", "packages", "tests"), LAYOUTS.values(), ids=LAYOUTS)
def test_reads_layout(
    paths: list[str],
    pyproject: str,
    roots: tuple[str, ...],
    packages: tuple[str, ...],
    tests: tuple[str, ...],
    tmp_path: Path,
) -> None:
    write_tree(tmp_path, {**dict.fromkeys(paths, ""), "pyproject.toml": pyproject})
    layout = read_layout(tmp_path, read_pyproject(tmp_path), top=tmp_path)
    assert (layout.import_roots, layout.packages, layout.test_paths) == (roots, packages, tests)


def test_service_started_inside_its_folder(tmp_path: Path) -> None:
    files = {
        "api/main.py": "from database import engine\nimport logging\n",
        "api/database.py": "",
        "api/logging.py": "",
    }
    layout = read_layout(write_tree(tmp_path, files), {}, top=tmp_path)
    assert layout.import_roots == (".", "api")
    assert layout.packages == ("database", "logging", "main")


def test_package_is_no_import_root(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/cache.py": "import redis\n", "app/redis.py": ""}
    assert read_layout(write_tree(tmp_path, files), {}, top=tmp_path).import_roots == (".",)


def test_names_are_read_from_newer_syntax(tmp_path: Path) -> None:
    path = tmp_path / "new.py"
    path.write_text(
        "import os.path, json as j\nfrom . import x\nfrom fastapi import *\ntype X[T] = T\ntry: ...\nexcept A, B: ...\n"
    )
    assert imported_names(path) == {"os", "json", "fastapi"}


INIS = {
    "pytest-ini-wins": ({"pytest.ini": "[pytest]\naddopts = -x\n", "tox.ini": "[pytest]\naddopts = -q\n"}, "-x"),
    "pyproject-list": ({"pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["-x", "-q"]\n'}, "-x\n-q"),
    "pyproject-without-section": (
        {"pyproject.toml": "[tool.ruff]\n", "setup.cfg": "[tool:pytest]\naddopts=-v\n"},
        "-v",
    ),
    "empty-pytest-ini": ({"pytest.ini": "", "setup.cfg": "[tool:pytest]\naddopts=-v\n"}, ""),
    "none": ({}, ""),
}


@pytest.mark.parametrize(("files", "addopts"), INIS.values(), ids=INIS)
def test_takes_the_ini_that_pytest_takes(files: dict[str, str], addopts: str, tmp_path: Path) -> None:
    assert pytest_ini(write_tree(tmp_path, files), tmp_path)[1].get("addopts", "") == addopts


def test_ini_above_the_project(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pytest.ini": "[pytest]\npythonpath = backend/code\n", "backend/code/shop.py": ""})
    layout = read_layout(tmp_path / "backend", {}, top=tmp_path)
    assert layout.import_roots == ("code",)
