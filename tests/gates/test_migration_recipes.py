# tests/gates/test_migration_recipes.py — what the recipes write for the skeleton passes the gate on PostgreSQL
from dataclasses import replace
from pathlib import Path

import pytest
from change_bench import Bench, blocking, notes

from python_coder.evidence.verdict import Verdict
from python_coder.gates.known_good import KnownGood
from python_coder.gates.migration import MigrationGate
from python_coder.recipes.apply import plan_recipe
from python_coder.recipes.grammar import parse_task
from python_coder.service_map.files import FolderView
from python_coder.skeleton.write import write_service

TASKS = (
    "Add resource Product with name: str, price: Decimal, sku: str unique max 20, in_stock: bool = true",
    "Add field nickname: str max 20 to Item",
    "Add field rank: int index = 3 to Item",
    "Add field fee: Decimal = 9.99 to Item",
    "Add field made_at: datetime to Item",
    "Add field due: date optional to Item",
    "Add field code: UUID unique to Item",
    "Add field state: enum(new|sent) to Item",
    "Add field parent: -> Item optional to Item",
)


def files_of(folder: Path) -> dict[str, str]:
    view = FolderView(folder)
    return {path: text for path in view.paths() if (text := view.read(path)) is not None}


@pytest.mark.slow
@pytest.mark.postgres
def test_recipes_pass_their_gate(tmp_path: Path, known_good: KnownGood) -> None:
    folder = write_service(tmp_path / "shop", "shop", defaults=True).folder
    base = files_of(folder)
    for task in TASKS:
        request = parse_task(task)
        assert request is not None
        for edit in plan_recipe(FolderView(folder), request.recipe, request.arguments).edits:
            (folder / edit.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / edit.path).write_text(edit.content or "")
    bench = Bench(
        folder=tmp_path / "bench",
        base=base,
        delivered=files_of(folder),
        known_good=replace(known_good, alembic_ini="alembic.ini"),
        cache=tmp_path / "cache",
    )
    result = bench.check(MigrationGate())
    assert (result.verdict, blocking(result)) == (Verdict.PASSED, []), result.findings
    assert (result.facts["database"], result.facts["new_revisions"]) == ("PostgreSQL", len(TASKS))
    # On columns that are new themselves, these lock only as long as a look at each row takes.
    assert set(notes(result)) == {
        "require-concurrent-index-creation",
        "disallowed-unique-constraint",
        "constraint-missing-not-valid",
    }
