# tests/gates/test_judging_files.py — which files judge, and how the judged tree is composed
from dataclasses import replace
from pathlib import Path

import pytest
from change_bench import KNOWN_GOOD, Files, tree_of

from python_coder.gates.judging_files import (
    EMPTY_TREE,
    is_judging_file,
    is_migration_file,
    is_test_file,
    judged_tree,
)
from python_coder.gates.judging_files import test_paths_of as paths_of
from python_coder.workspace.git import private_repository
from python_coder.workspace.trees import TreeStore


@pytest.mark.parametrize(
    "path",
    [
        "pyproject.toml",
        "backend/setup.cfg",
        "a/b/.coveragerc",
        "tests/pytest.ini",
        "x/.ruff.toml",
        "mypy.ini",
        ".bandit",
    ],
)
def test_judges_in_any_folder(path: str) -> None:
    assert is_judging_file(path)


@pytest.mark.parametrize("path", ["app/pyproject.py", "my-mypy.ini", "uv.lock", "tests/conftest.py", "ruff.toml/x.py"])
def test_does_not_judge(path: str) -> None:
    assert not is_judging_file(path)


TESTS = {
    "test-file": ("app/test_a.py", (), True),
    "suffix": ("app/a_test.py", (), True),
    "conftest": ("app/conftest.py", (), True),
    "in-tests": ("backend/tests/data/a.json", (), True),
    "below-a-named-path": ("spec/data.txt", ("spec",), True),
    "named-file": ("checks.py", ("checks.py",), True),
    "source": ("app/a.py", ("tests",), False),
    "only-begins-alike": ("specials/a.py", ("spec",), False),
    "name-inside": ("app/latest_a.py", (), False),
    "not-python": ("app/test_data.json", (), False),
}


@pytest.mark.parametrize(("path", "test_paths", "expected"), TESTS.values(), ids=TESTS)
def test_knows_tests(path: str, test_paths: tuple[str, ...], expected: bool) -> None:
    assert is_test_file(path, test_paths) is expected


MIGRATIONS = {
    "alembic/versions/a.py": True,
    "backend/app/migrations/versions/2024/a.py": True,
    "migrations/env.py": True,
    "migrations/service.py": False,
    "app/versions/v1.py": False,
    "alembic/versions/README": False,
}


@pytest.mark.parametrize(("path", "expected"), MIGRATIONS.items(), ids=MIGRATIONS)
def test_knows_migrations(path: str, expected: bool) -> None:
    assert is_migration_file(path) is expected


PATHS = {
    "plain": (("tests",), ".", (".",), ("tests",)),
    "below-the-git-root": (("tests",), "backend", (".",), ("backend/tests",)),
    "everything-is-no-test-path": ((".", "tests"), ".", (".",), ("tests",)),
    "source-is-no-test-path": (("src", "src/app", "src/app/checks"), ".", ("src",), ("src/app/checks",)),
}


@pytest.mark.parametrize(("named", "root", "import_roots", "expected"), PATHS.values(), ids=PATHS)
def test_test_paths_from_the_git_root(
    named: tuple[str, ...], root: str, import_roots: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    known_good = replace(KNOWN_GOOD, test_paths=named, project_root=root, import_roots=import_roots)
    assert paths_of(known_good) == expected


EXTENDING = '[tool.ruff]\nextend = "lint/base.toml"\n'
PLUGGED = "[mypy]\nplugins = tools/plugin.py, tools.other:make\n"
TREES: dict[str, tuple[Files, Files, Files]] = {
    "changed": ({"pyproject.toml": "a"}, {"pyproject.toml": "b", "a.py": "1"}, {"pyproject.toml": "a", "a.py": "1"}),
    "added": ({"a.py": ""}, {"a.py": "", "app/mypy.ini": "x"}, {"a.py": ""}),
    "deleted": ({"a.py": "", "tox.ini": "x"}, {"a.py": "1"}, {"a.py": "1", "tox.ini": "x"}),
    "extended": (
        {"pyproject.toml": EXTENDING, "lint/base.toml": "a"},
        {"pyproject.toml": EXTENDING, "lint/base.toml": "b"},
        {"pyproject.toml": EXTENDING, "lint/base.toml": "a"},
    ),
    "plugins": (
        {"x/mypy.ini": PLUGGED, "x/tools/plugin.py": "a", "x/tools/other.py": "a"},
        {"x/mypy.ini": PLUGGED, "x/tools/plugin.py": "b", "x/tools/other.py": "b"},
        {"x/mypy.ini": PLUGGED, "x/tools/plugin.py": "a", "x/tools/other.py": "a"},
    ),
    "unreadable": (
        {"pyproject.toml": "[[", "setup.cfg": "=="},
        {"a.py": ""},
        {"pyproject.toml": "[[", "setup.cfg": "==", "a.py": ""},
    ),
    "odd-types": ({"pyproject.toml": "tool = 1\nextend = 2"}, {}, {"pyproject.toml": "tool = 1\nextend = 2"}),
}


@pytest.mark.parametrize(("base", "delivered", "expected"), TREES.values(), ids=TREES)
def test_judged_tree(tmp_path: Path, base: Files, delivered: Files, expected: Files) -> None:
    trees = TreeStore(private_repository(tmp_path / "repository"), tmp_path / "trees")
    judged = judged_tree(trees, tree_of(trees, base), tree_of(trees, delivered))
    assert judged == tree_of(trees, expected)


def test_without_a_base_the_delivered_tree_is_judged_as_it_is(tmp_path: Path) -> None:
    trees = TreeStore(private_repository(tmp_path / "repository"), tmp_path / "trees")
    delivered = tree_of(trees, {"pyproject.toml": "a"})
    assert judged_tree(trees, EMPTY_TREE, delivered) == delivered
