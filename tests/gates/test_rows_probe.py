# tests/gates/test_rows_probe.py — rows for tables of any shape, put in and read back
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from python_coder.gates.probes.rows_probe import main

HEAD = "CREATE TABLE alembic_version (version_num TEXT)"
PLAIN = "CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, note VARCHAR(50))"

SHAPES: dict[str, tuple[list[str], dict[str, int]]] = {
    "plain": ([PLAIN], {"item": 2}),
    "unique": (["CREATE TABLE t (id INTEGER PRIMARY KEY, sku VARCHAR(3) NOT NULL UNIQUE)"], {"t": 2}),
    "many-types": (
        [
            "CREATE TABLE t (id CHAR(32) PRIMARY KEY, a NUMERIC(10, 2) NOT NULL, b DATETIME NOT NULL, c DATE NOT NULL,"
            " d BOOLEAN NOT NULL, e FLOAT NOT NULL, f BLOB NOT NULL, g JSON NOT NULL, h TIME NOT NULL)"
        ],
        {"t": 2},
    ),
    "words-of-a-list": (
        ["CREATE TABLE t (id INTEGER PRIMARY KEY, mood VARCHAR(9) NOT NULL CHECK (mood IN ('sad', 'ok')))"],
        {"t": 2},
    ),
    "default": (["CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL DEFAULT 7)"], {"t": 2}),
    "points-to-another": (
        [PLAIN, "CREATE TABLE part (id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item (id))"],
        {"item": 2, "part": 2},
    ),
    "one-to-one": (
        [PLAIN, "CREATE TABLE part (item_id INTEGER PRIMARY KEY REFERENCES item (id))"],
        {"item": 2, "part": 2},
    ),
    "points-to-itself": (
        ["CREATE TABLE t (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES t (id))"],
        {"t": 2},
    ),
    "generated": (["CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER GENERATED ALWAYS AS (id + 1))"], {"t": 2}),
    "composite-key": (["CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b))"], {"t": 2}),
    "cannot-be-met": (["CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n > 99))"], {"t": 0}),
}


def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str], **job: object) -> dict[str, object]:
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"url": f"sqlite:///{tmp_path / 'a.db'}", **job}))
    main(str(path))
    assert not path.exists()
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def make(tmp_path: Path, statements: list[str]) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.begin() as connection:
        for statement in [HEAD, "INSERT INTO alembic_version VALUES ('aa')", *statements]:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.mark.parametrize(("statements", "expected"), SHAPES.values(), ids=SHAPES)
def test_fills_tables_of_any_shape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], statements: list[str], expected: dict[str, int]
) -> None:
    make(tmp_path, statements)
    answer = ask(tmp_path, capsys, action="fill", now={})
    rows = answer["rows"]
    assert isinstance(rows, dict)
    assert {name: len(table["rows"]) for name, table in rows.items()} == expected
    assert bool(answer["problems"]) is (0 in expected.values())
    assert ask(tmp_path, capsys, action="read", tables=list(expected))["rows"] == rows


def test_fills_only_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, [PLAIN, "CREATE TABLE other (id INTEGER PRIMARY KEY)"])
    shape = ask(tmp_path, capsys, action="shape")
    assert shape["versions"] == ["aa"]
    tables = shape["tables"]
    assert isinstance(tables, dict)
    answer = ask(tmp_path, capsys, action="fill", now={"other": tables["other"]})
    rows = answer["rows"]
    assert isinstance(rows, dict)
    assert list(rows) == ["item"]
    assert [row["note"] for row in rows["item"]["rows"]] == ["'1 is its number'", "None"]


def test_tells_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = ask(tmp_path, capsys, action="read", tables=["x"], url="sqlite:////nowhere/at/all.db")
    assert "unable to open database" in str(answer["error"])
