# tests/scenarios/test_house_styles.py — whole runs on services of other house styles: proven, or refused and untouched
import json
import os
import shutil
from pathlib import Path

import pytest

from scenarios.conftest import Coder
from scenarios.pricing_service import git, state_of

FIXTURES = Path(__file__).parents[1] / "fixtures"

pytestmark = pytest.mark.slow


def _repository(house: str, folder: Path) -> Path:
    shutil.copytree(FIXTURES / house, folder, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    (folder / ".gitignore").write_text("__pycache__/\n*.db\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "start")
    return folder


PROVEN = {
    "flat-resource": (
        "flat_service",
        "Add resource Bookmark with page: int, label: str unique max 30, note: -> Note, kind: enum(mine|shared) = mine",
        {"main.py", "models.py", "tests/test_bookmarks.py"},
    ),
    "domain-resource": (
        "domain_service",
        "Add resource OrderLine with item: -> Item, amount: int = 1, price: Decimal, sent_at: datetime optional",
        {"shop/main.py", "shop/order_lines/router.py", "tests/order_lines/test_router.py"},
    ),
    "domain-field": (
        "domain_service",
        "Add field code: str unique optional max 12 to Item",
        {"shop/items/models.py", "shop/items/schemas.py", "shop/items/router.py", "tests/items/test_items_code.py"},
    ),
}


@pytest.mark.parametrize(("house", "task", "paths"), PROVEN.values(), ids=PROVEN)
def test_follows_the_house(tmp_path: Path, coder: Coder, house: str, task: str, paths: set[str]) -> None:
    folder = _repository(house, tmp_path / "repo")
    before = state_of(folder)
    done = coder("run", task, "--repo", folder, "--json")
    if done.returncode == 3 and os.environ.get("CI") != "true":
        pytest.skip(f"No environment can be made here; give uv an index or a warm cache: {done.stderr[-500:]}")
    contract = json.loads(done.stdout)
    failed = [gate for gate in contract["gates"] if gate["verdict"] not in {"passed", "not_applicable"}]
    assert (done.returncode, contract["status"], failed) == (0, "proven", []), contract["summary"]
    assert state_of(folder) == before
    branch = contract["run"]["delivered"]["branch"]
    changed = git(folder, "diff", "--name-only", "main", branch).splitlines()
    assert paths <= set(changed)


REFUSED = {
    "tests-not-found": (
        "domain_service",
        {"tests/items/test_router.py": ("api.post(", "send(api, ")},
        "tests of items",
    ),
    "handler-knows-a-field": (
        "flat_service",
        {"main.py": ("(exclude_unset=True)", "(exclude_unset=True)\n    if db_note.stars == 5:\n        changes = {}")},
        "db_note.stars",
    ),
}


@pytest.mark.parametrize(("house", "changes", "says"), REFUSED.values(), ids=REFUSED)
def test_refuses_what_it_cannot_follow(
    tmp_path: Path, coder: Coder, house: str, changes: dict[str, tuple[str, str]], says: str
) -> None:
    folder = _repository(house, tmp_path / "repo")
    for path, (old, new) in changes.items():
        text = (folder / path).read_text()
        assert old in text
        (folder / path).write_text(text.replace(old, new))
    git(folder, "commit", "-q", "-a", "-m", "another way")
    before = state_of(folder)
    done = coder("run", "Add resource Product with name: str", "--repo", folder, "--json")
    contract = json.loads(done.stdout)
    assert (done.returncode, contract["status"]) == (2, "refused"), done.stderr
    assert says in contract["summary"], contract["summary"]
    assert state_of(folder) == before
    assert git(folder, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]
    assert git(folder, "worktree", "list").count("\n") == 1
