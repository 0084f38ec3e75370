# tests/symbols/test_lsp_places.py — between our places in files and those of the protocol
from pathlib import Path
from typing import Any

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.symbols.locations import Diagnostic, Location, TextEdit
from python_coder.symbols.lsp_places import Places, has_mark


def _range(line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    return {
        "start": {"line": line, "character": column},
        "end": {"line": end_line, "character": end_column},
    }


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "plain.py").write_text("class A: ...\n")
    (tmp_path / "marked.py").write_bytes(b"\xef\xbb\xbfclass A: ...\nA()\n")
    (tmp_path / "a b ü%41 😀#?.py").write_text("x = 1\n")
    return Places(tmp_path)


def test_a_mark_counts_as_no_column_of_ours(places: Places) -> None:
    marked = places.file("marked.py")
    assert has_mark(marked)
    assert places.position(marked, 1, 6) == {"line": 0, "character": 7}
    assert places.position(marked, 2, 0) == {"line": 1, "character": 0}
    assert places.position(places.file("plain.py"), 1, 6) == {"line": 0, "character": 6}
    found = places.locations([{"uri": marked.as_uri(), "range": _range(0, 7, 0, 8)}])
    assert found == (Location("marked.py", 1, 6, 1, 7),)
    found = places.locations([{"uri": marked.as_uri(), "range": _range(0, 7, 1, 1)}])
    assert found == (Location("marked.py", 1, 6, 2, 1),)


@pytest.mark.parametrize("name", ["plain.py", "a b ü%41 😀#?.py", "not/there yet.py"])
def test_paths_survive_their_uri(places: Places, name: str) -> None:
    uri = (places.root / name).as_uri()
    assert [found.path for found in places.locations({"uri": uri, "range": _range(1, 0, 1, 1)})] == [name]


def test_outside_the_root_paths_are_absolute(places: Places) -> None:
    outside = places.root.parent / "other.py"
    library = {"uri": "vendored://stdlib/builtins.pyi", "range": _range(1, 0, 1, 1)}
    found = places.locations([{"uri": outside.as_uri(), "range": _range(1, 0, 1, 1)}, library])
    assert [each.path for each in found] == [outside.as_posix(), "vendored://stdlib/builtins.pyi"]


def test_answers_are_sorted_by_file_then_place(places: Places) -> None:
    uris = [(places.root / name).as_uri() for name in ("b.py", "a.py")]
    answer = [{"uri": uri, "range": _range(line, 0, line, 1)} for uri in uris for line in (9, 2)]
    assert [(each.path, each.line) for each in places.locations(answer)] == [
        ("a.py", 3),
        ("a.py", 10),
        ("b.py", 3),
        ("b.py", 10),
    ]
    assert places.locations(None) == ()


def test_edits_of_all_files(places: Places) -> None:
    changes = {
        (places.root / "marked.py").as_uri(): [{"range": _range(0, 7, 0, 8), "newText": "B"}],
        (places.root / "b.py").as_uri(): [{"range": _range(4, 2, 4, 3), "newText": "B"}],
    }
    assert places.edits({"changes": changes}) == (
        TextEdit("b.py", 5, 2, 5, 3, "B"),
        TextEdit("marked.py", 1, 6, 1, 7, "B"),
    )
    assert places.edits({}) == ()


def test_findings_take_one_line(places: Places) -> None:
    items = [
        {"range": _range(3, 1, 3, 2), "severity": 2, "code": "late", "message": "Second\n\ninfo: at length"},
        {"range": _range(0, 7, 0, 8), "severity": 1, "code": "early", "message": "First"},
        {"range": _range(5, 0, 5, 0), "message": "Bare"},
    ]
    assert places.diagnostics("marked.py", {"items": items}, has_mark=True) == (
        Diagnostic("marked.py", 1, 6, "error", "early", "First"),
        Diagnostic("marked.py", 4, 1, "warning", "late", "Second"),
        Diagnostic("marked.py", 6, 0, "error", "", "Bare"),
    )
    assert places.diagnostics("marked.py", None, has_mark=True) == ()


@pytest.mark.parametrize(("line", "column"), [(0, 0), (-1, 0), (1, -1)])
def test_places_that_cannot_be_are_refused(places: Places, line: int, column: int) -> None:
    with pytest.raises(ToolRefusedError, match="lines count from 1"):
        places.position(places.file("plain.py"), line, column)


@pytest.mark.parametrize("path", ["none.py", ".", "nul\0.py", ""])
def test_what_is_no_file_is_refused(places: Places, path: str) -> None:
    with pytest.raises(ToolRefusedError, match="no file"):
        places.file(path)
