# tests/gates/test_scope_rule.py — which files may be added to a plan's scope, with an attack on each limit
from pathlib import Path

import pytest
from courtroom import KNOWN_GOOD

from python_coder.gates.judging_files import EMPTY_TREE
from python_coder.gates.scope_rule import MOST_WIDENED, ScopeRule, in_scope
from python_coder.workspace.git import private_repository
from python_coder.workspace.trees import TreeStore

PATTERNS = {
    "exact": ("app/x.py", ("app/x.py",), True),
    "other": ("app/y.py", ("app/x.py",), False),
    "star": ("app/a/b.py", ("app/*",), True),
    "two-stars": ("app/b.py", ("app/**/*.py",), True),
    "two-stars-deep": ("app/a/b.py", ("app/**",), True),
    "folder": ("app/a/b.py", ("app",), True),
    "folder-with-slash": ("app/a/b.py", ("app/",), True),
    "longer-name": ("application/b.py", ("app",), False),
    "empty-pattern": ("app/x.py", ("",), False),
    "nothing-planned": ("app/x.py", (), False),
}


@pytest.mark.parametrize(("path", "scope", "expected"), PATTERNS.values(), ids=PATTERNS)
def test_patterns(path: str, scope: tuple[str, ...], expected: bool) -> None:
    assert in_scope(path, scope) is expected


BASE = {
    "app/__init__.py": "",
    "app/crud.py": "from app.models import Item\n",
    "app/models.py": "class Item: ...\n",
    "app/main.py": "from app import crud\n",
    "app/jobs.py": "import app.main\n",
    "app/template.md": "# Dear {name}\n",
    "tests/test_crud.py": "from app import crud\n",
    "checks/strict.py": "import app.crud\n",
    "mypy.ini": "[mypy]\nplugins = checks/strict.py\n",
    "AGENTS.md": "Be brief.\n",
}


@pytest.fixture
def rule(tmp_path: Path) -> ScopeRule:
    trees = TreeStore(private_repository(tmp_path / "repository"), tmp_path / "trees")
    tree = trees.compose(EMPTY_TREE, put={path: text.encode() for path, text in BASE.items()})
    return ScopeRule(trees=trees, base_tree=tree, known_good=KNOWN_GOOD, scope=("app/crud.py",), has_migration=False)


ADDED = {
    "test-that-is-there": ("tests/test_crud.py", "test"),
    "new-test": ("tests/api/test_items.py", "test"),
    "test-data": ("tests/data/items.json", "test"),
    "readme": ("README.md", "document"),
    "changelog": ("backend/CHANGELOG.rst", "document"),
    "page": ("docs/api/items.md", "document"),
    "imported-by-the-plan": ("app/models.py", "neighbour"),
    "imports-the-plan": ("app/main.py", "neighbour"),
}


@pytest.mark.parametrize(("path", "sort"), ADDED.values(), ids=ADDED)
def test_adds(rule: ScopeRule, path: str, sort: str) -> None:
    (one,) = rule.weigh([path])
    assert (one.sort, one.refusal) == (sort, "")


REFUSED = {
    "everything": ("**", "pattern"),
    "all-tests": ("tests/*.py", "pattern"),
    "one-of-several": ("tests/test_[ab].py", "pattern"),
    "folder": ("tests/", "pattern or a folder"),
    "way-out": ("../other/README.md", "relative"),
    "way-round": ("tests/../app/jobs.py", "relative"),
    "absolute": ("/etc/README.md", "relative"),
    "nothing": ("", "relative"),
    "here": (".", "relative"),
    "configuration": ("pyproject.toml", "configures a gate"),
    "configuration-among-tests": ("tests/pytest.ini", "configures a gate"),
    "plugin-that-the-configuration-names": ("checks/strict.py", "configures a gate"),
    "workflow-called-tests": (".github/workflows/tests/README.md", "hidden"),
    "secrets-among-tests": ("tests/.env", "hidden"),
    "words-to-agents": ("AGENTS.md", "agents"),
    "words-to-agents-below-docs": ("docs/CLAUDE.md", "agents"),
    "migration-that-nobody-planned": ("migrations/versions/0002_x.py", "no migration"),
    "module-far-away": ("app/jobs.py", "no test"),
    "new-module": ("app/new.py", "no test"),
    "text-that-the-service-reads": ("app/template.md", "no test"),
    "page-of-the-service": ("app/docs/prompt.md", "no test"),
    "news-that-the-service-sends": ("app/templates/news.txt", "no test"),
    "stack-in-a-folder-called-test": ("deploy/test/compose.yaml", "no test"),
    "code-among-documents": ("docs/conf.py", "no test"),
    "pins": ("requirements.txt", "no test"),
}


@pytest.mark.parametrize(("path", "why"), REFUSED.values(), ids=REFUSED)
def test_refuses(rule: ScopeRule, path: str, why: str) -> None:
    (one,) = rule.weigh([path])
    assert one.sort is None
    assert why in one.refusal


def test_a_planned_migration_may_have_another_file(tmp_path: Path) -> None:
    trees = TreeStore(private_repository(tmp_path / "repository"), tmp_path / "trees")
    rule = ScopeRule(trees=trees, base_tree=EMPTY_TREE, known_good=KNOWN_GOOD, scope=("app/crud.py",))
    assert rule.weigh(["migrations/versions/0002_x.py"])[0].sort == "migration"


def test_each_sort_has_its_limit_over_the_whole_run(rule: ScopeRule) -> None:
    tests = [f"tests/test_{number}.py" for number in range(MOST_WIDENED + 1)]
    weighed = rule.weigh([*tests[2:], "README.md"], before=tests[:2])
    assert [one.sort for one in weighed] == ["test"] * (MOST_WIDENED - 2) + [None, "document"]
    assert str(MOST_WIDENED) in weighed[-2].refusal


def test_what_was_added_is_no_plan_from_which_to_go_on(rule: ScopeRule) -> None:
    (one,) = rule.weigh(["app/jobs.py"], before=["app/main.py"])
    assert one.sort is None
