# tests/service_map/test_migrations.py — Alembic's revisions and their heads
import pytest
from written_files import written

from python_coder.service_map.whole import whole_map

CASES: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "none": ([], []),
    "chain": ([("a", "None"), ("b", "'a'"), ("c", "'b'")], ["c"]),
    "two-heads": ([("a", "None"), ("b", "'a'"), ("c", "'a'")], ["b", "c"]),
    "merge": ([("a", "None"), ("b", "'a'"), ("c", "'a'"), ("d", "('b', 'c')")], ["d"]),
}


@pytest.mark.parametrize(("revisions", "heads"), CASES.values(), ids=CASES)
def test_finds_the_heads(revisions: list[tuple[str, str]], heads: list[str]) -> None:
    files = {
        f"alembic/versions/{name}.py": f"revision: str = '{name}'\ndown_revision: str | None = {down}\n"
        for name, down in revisions
    }
    service = whole_map(written(files))
    assert [head.revision for head in service.heads] == heads
    assert len(service.revisions) == len(revisions)


def test_keeps_the_histories_of_two_folders_apart() -> None:
    files = {f"{folder}/versions/1.py": "revision = 'a'\ndown_revision = None\n" for folder in ("first", "second")}
    files["second/versions/2.py"] = "revision = 'b'\ndown_revision = 'a'\n"
    assert [head.path for head in whole_map(written(files)).heads] == ["first/versions/1.py", "second/versions/2.py"]
