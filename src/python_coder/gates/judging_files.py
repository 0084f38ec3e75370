# src/python_coder/gates/judging_files.py — which files judge, which test, which migrate; the tree that gates see
import configparser
import posixpath
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from python_coder.gates.known_good import KnownGood
from python_coder.workspace.trees import TreeStore

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""Git's id of the tree without files: the base of a check of the whole repository."""

JUDGING_NAMES = frozenset(
    {
        "pyproject.toml",
        "ruff.toml",
        ".ruff.toml",
        "mypy.ini",
        ".mypy.ini",
        "setup.cfg",
        "tox.ini",
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        ".coveragerc",
        ".coveragerc.toml",
        ".bandit",
        "bandit.yaml",
        "bandit.yml",
        "bandit.toml",
        ".compose-lint.yml",
        ".compose-lint.yaml",
    }
)
"""Names that, in any folder, configure a gate."""

_TEST_FOLDERS = frozenset({"tests", "test"})
_MIGRATION_FOLDERS = frozenset({"alembic", "migrations", "migration", "revisions"})


def is_judging_file(path: str) -> bool:
    """Whether a file configures a gate, in whatever folder it lies."""
    return posixpath.basename(path) in JUDGING_NAMES


def is_test_file(path: str, test_paths: Iterable[str] = ()) -> bool:
    """Whether a file is a test, a conftest, or data below a test folder.

    Args:
        path: Path relative to the git root.
        test_paths: Folders or files that hold tests, relative to the git root; see `test_paths_of`.
    """
    parts = path.split("/")
    name = parts[-1]
    if name == "conftest.py" or (name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))):
        return True
    if _TEST_FOLDERS.intersection(parts[:-1]):
        return True
    return any(is_below(path, folder) for folder in test_paths)


def is_migration_file(path: str) -> bool:
    """Whether a file is an Alembic revision or the `env.py` that runs them."""
    *folders, name = path.split("/")
    if not name.endswith(".py") or not _MIGRATION_FOLDERS.intersection(folders):
        return False
    return name == "env.py" or "versions" in folders


def from_git_root(known_good: KnownGood, path: str) -> str:
    """A path of the project, relative to the git root."""
    return posixpath.normpath(posixpath.join(known_good.project_root, path))


def test_paths_of(known_good: KnownGood) -> tuple[str, ...]:
    """The project's test folders, relative to the git root.

    A test path that holds a package of the source, such as `src` or `.`, is left out: below it only names tell
    tests from source, or else source could pass for test data.
    """
    paths = (from_git_root(known_good, path) for path in known_good.test_paths)
    sources = source_paths_of(known_good)
    return tuple(path for path in paths if path != "." and not any(is_below(source, path) for source in sources))


def source_paths_of(known_good: KnownGood) -> tuple[str, ...]:
    """Where the project's own packages can lie, relative to the git root."""
    return tuple(
        from_git_root(known_good, posixpath.join(root, package))
        for root in known_good.import_roots
        for package in known_good.packages
        if package not in _TEST_FOLDERS
    )


def judged_tree(trees: TreeStore, base_tree: str, delivered_tree: str) -> str:
    """The delivered tree with the base revision's judging files put back over it.

    New judging files are dropped, deleted ones restored. What a base judging file names (a configuration that it
    extends, a type checker's plugin) judges as well. On an empty base there is no earlier judge, and the delivered
    tree is judged as it is.
    """
    if base_tree == EMPTY_TREE:
        return delivered_tree
    named = named_judging_files(trees, base_tree)
    return trees.overlay(delivered_tree, base_tree, select=lambda path: is_judging_file(path) or path in named)


def named_judging_files(trees: TreeStore, tree: str) -> frozenset[str]:
    """Files that judge because a judging file of the tree names them, whatever their own name is."""
    return frozenset(_named_files(trees, tree))


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder, or lies in it; both relative to the git root."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _named_files(trees: TreeStore, tree: str) -> Iterator[str]:
    for path in trees.paths(tree):
        if not is_judging_file(path):
            continue
        text = (trees.read(tree, path) or b"").decode(errors="replace")
        for name in _names_in_toml(text) if path.endswith(".toml") else _names_in_ini(text):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(path), name))


def _names_in_toml(text: str) -> Iterator[str]:
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    tools = document.get("tool", {})
    for table in (document, tools.get("ruff", {}) if isinstance(tools, dict) else {}):
        if isinstance(table, dict) and isinstance(table.get("extend"), str):
            yield table["extend"]
    mypy = tools.get("mypy", {}) if isinstance(tools, dict) else {}
    plugins = mypy.get("plugins", []) if isinstance(mypy, dict) else []
    yield from _plugin_files(plugins.split(",") if isinstance(plugins, str) else plugins)


def _names_in_ini(text: str) -> Iterator[str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    yield from _plugin_files(parser.get("mypy", "plugins", fallback="").replace("\n", ",").split(","))


def _plugin_files(plugins: Iterable[object]) -> Iterator[str]:
    for plugin in plugins:
        name = str(plugin).strip().partition(":")[0]
        if name:
            yield name if name.endswith(".py") else name.replace(".", "/") + ".py"
