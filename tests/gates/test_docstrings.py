# tests/gates/test_docstrings.py — which public names must say what they are
from pathlib import Path

import pytest
from change_bench import Bench, Files, blocking, notes

from python_coder.evidence.verdict import Verdict
from python_coder.gates.docstrings import DocstringsGate

OLD = 'class Old:\n    """Old."""\n\n    def say(self) -> None:\n        """Say."""\n'
BARE = "def old() -> int:\n    return 1\n"
LEGACY = {"app/a.py": "\n\n".join(BARE.replace("old", f"old{number}") for number in range(6))}
SECTIONS = 'def new(x: int) -> int:\n    """Do it.\n\n    More words.\n    """\n    return x\n'

FAILS: dict[str, tuple[Files | None, Files, list[str]]] = {
    "function": ({"app/a.py": OLD}, {"app/a.py": OLD + "\n\n" + BARE}, ["app/a.py:8 D103"]),
    "class": ({"app/a.py": OLD}, {"app/a.py": OLD + "\n\nclass New:\n    x = 1\n"}, ["app/a.py:8 D101"]),
    "method": (
        {"app/a.py": OLD},
        {"app/a.py": OLD + "\n    def new(self) -> None:\n        pass\n"},
        ["app/a.py:7 D102"],
    ),
    "empty": ({"app/a.py": OLD}, {"app/a.py": OLD.replace("Say.", "")}, ["app/a.py:5 D419"]),
    "taken-off": (
        {"app/a.py": OLD},
        {"app/a.py": OLD.replace('        """Say."""', "        pass")},
        ["app/a.py:4 D102"],
    ),
    "first-file": ({"README.md": ""}, {"app/a.py": BARE}, ["app/a.py:1 D103"]),
    "whole-repository": (None, {"app/b.py": OLD, "app/a.py": BARE}, ["app/a.py:1 D103"]),
}

PASSES: dict[str, tuple[Files, Files]] = {
    "documented": ({"app/a.py": OLD}, {"app/a.py": OLD + '\n\ndef new() -> None:\n    """New."""\n'}),
    "private": ({"app/a.py": OLD}, {"app/a.py": OLD + "\n\ndef _new() -> None:\n    pass\n"}),
    "bare-before": ({"app/a.py": OLD + BARE}, {"app/a.py": OLD + BARE.replace("1", "2")}),
    "bare-before-and-renamed": ({"app/a.py": OLD + BARE}, {"app/a.py": OLD + BARE.replace("old", "older")}),
}

NOT_APPLICABLE: dict[str, tuple[Files, Files]] = {
    "tests-and-migrations": ({}, {"tests/test_a.py": BARE, "alembic/versions/a.py": BARE}),
    "no-python-file": ({"app/a.py": OLD}, {"app/a.py": OLD, "README.md": ""}),
    "house-without-docstrings": (LEGACY, {**LEGACY, "app/b.py": BARE}),
}


@pytest.mark.parametrize(("base", "delivered", "expected"), FAILS.values(), ids=FAILS)
def test_fails(tmp_path: Path, base: Files | None, delivered: Files, expected: list[str]) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(DocstringsGate())
    assert (result.verdict, blocking(result)) == (Verdict.FAILED, expected)


@pytest.mark.parametrize(("base", "delivered"), PASSES.values(), ids=PASSES)
def test_passes(tmp_path: Path, base: Files, delivered: Files) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(DocstringsGate())
    assert (result.verdict, blocking(result)) == (Verdict.PASSED, [])


@pytest.mark.parametrize(("base", "delivered"), NOT_APPLICABLE.values(), ids=NOT_APPLICABLE)
def test_has_nothing_to_look_at(tmp_path: Path, base: Files, delivered: Files) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(DocstringsGate())
    assert result.verdict == Verdict.NOT_APPLICABLE


def test_sections_are_only_told(tmp_path: Path) -> None:
    result = Bench(folder=tmp_path, base={"app/a.py": OLD}, delivered={"app/a.py": SECTIONS}).check(DocstringsGate())
    assert (result.verdict, notes(result)) == (Verdict.PASSED, ["DOC201"])


def test_a_convention_that_ruff_does_not_know_is_no_pass(tmp_path: Path) -> None:
    config = {"ruff.toml": "[lint.pydocstyle]\nconvention = 'odd'\n"}
    result = Bench(folder=tmp_path, base=config, delivered={**config, "app/a.py": BARE}).check(DocstringsGate())
    assert (result.verdict, bool(result.mend)) == (Verdict.NOT_RUN, True)
