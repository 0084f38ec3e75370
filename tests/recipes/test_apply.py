# tests/recipes/test_apply.py — both recipes on three houses: tidy code, nothing else touched, the same bytes each time
import subprocess
import sys
from pathlib import Path

import pytest

from python_coder.errors import RecipeRefusedError, UsageError
from python_coder.recipes.apply import RecipeResult, plan_recipe
from python_coder.recipes.grammar import parse_task
from python_coder.service_map.files import FolderView

RUFF = str(Path(sys.executable).parent / "ruff")
RESOURCE = {"app": "Item", "main.py": "Note", "shop": "Item"}
"""By a path that only one house has."""

TASKS = {
    "resource": "Add resource Product with name: str, price: Decimal, sku: str unique max 20, in_stock: bool = true",
    "resource-of-all-types": (
        "add a resource Parcel with label: str max 40 optional, count: int = 1, weight: float, fee: Decimal = 9.99, "
        "sent_at: datetime optional, due: date, code: UUID, state: enum(new|sent|lost) = new, vital: bool"
    ),
    "str": "Add field nickname: str max 20 to {}",
    "int-index": "Add field rank: int index = 3 to {}",
    "float": "Add field weight: float to {}",
    "bool": "Add field is_open: bool = true to {}",
    "decimal": "Add field fee: Decimal = 9.99 to {}",
    "datetime": "Add field made_at: datetime to {}",
    "date-optional": "Add field due: date optional to {}",
    "uuid": "Add field code: UUID to {}",
    "enum": "Add field state: enum(new|sent) to {}",
    "reference": "Add field parent: -> {} optional to {}",
}


def _plan(folder: Path, task: str) -> RecipeResult:
    request = parse_task(task)
    assert request is not None
    return plan_recipe(FolderView(folder), request.recipe, request.arguments)


def _resource(folder: Path) -> str:
    return next(name for path, name in RESOURCE.items() if (folder / path).exists())


def _check_migration(result: RecipeResult, *, has_alembic: bool) -> None:
    """A change of the table has a migration that goes down."""
    assert result.has_migration == has_alembic
    revisions = [edit.content or "" for edit in result.edits if "versions/" in edit.path]
    assert len(revisions) == has_alembic
    for revision in revisions:
        _, _, down = revision.partition("def downgrade() -> None:")
        assert "op.drop_" in down or "batch_op.drop_" in down


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_writes_tidy_code_and_nothing_else(service: Path, task: str) -> None:
    task = task.replace("{}", _resource(service))
    before = {path: FolderView(service).read(path) for path in FolderView(service).paths()}
    result = _plan(service, task)
    assert result.scope == tuple(edit.path for edit in result.edits)
    assert "test" in result.edits[0].path
    assert result.edits[0].path not in before
    assert not {edit.path for edit in result.edits if edit.path in before and "tests/" in edit.path}
    for edit in result.edits:
        target = service / edit.path
        target.parent.mkdir(parents=True, exist_ok=True)
        assert edit.content is not None
        target.write_text(edit.content)
    written = [edit.path for edit in result.edits if edit.path.endswith(".py")]
    # A file that was there may have been laid out by hand; the format gate looks at changed lines alone.
    new = [path for path in written if path not in before or (service / "app").is_dir()]
    for command in (["check", "--no-cache", *written], ["format", "--check", "--no-cache", *new]):
        done = subprocess.run([RUFF, *command], cwd=service, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    _check_migration(result, has_alembic=(service / "alembic.ini").exists())
    kept = {path: text for path, text in before.items() if path not in result.scope}
    assert {path: FolderView(service).read(path) for path in kept} == kept


def test_writes_the_same_bytes_each_time(service: Path) -> None:
    task = TASKS["resource-of-all-types"]
    assert _plan(service, task) == _plan(service, task)


REFUSED = {
    "there-already": ("Add resource Item with name: str", "exists already"),
    "field-there-already": ("Add field name: str to Item", "already"),
    "no-such-resource": ("Add field size: int to Frob", "Known: Item"),
    "old-rows-point-nowhere": ("Add field parent: -> Item to Item", "say `optional`"),
    "old-rows-would-clash": ("Add field sku: str unique to Item", "say `optional`"),
    "one-default-for-all-is-not-unique": ('Add field sku: str unique = "x" to Item', "would clash"),
    "no-such-target": ("Add field parent: -> Frob optional to Item", "Frob"),
}


@pytest.mark.parametrize(("task", "says"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_a_reason(written_service: Path, task: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        _plan(written_service, task)
    assert says in str(refused.value)


def test_says_what_it_looked_for_in_a_house_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    with pytest.raises(RecipeRefusedError, match="looked for a table model"):
        _plan(tmp_path, "Add resource Product with name: str")
