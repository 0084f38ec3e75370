# tests/gates/test_ruff_format.py — whose layout the change has to answer for
from pathlib import Path

import pytest
from change_bench import Bench, Files, blocking

from python_coder.evidence.verdict import Verdict
from python_coder.gates.ruff_format import RuffFormatGate

GOOD = "X = 1\n\n\ndef one() -> int:\n    return 1\n"
BAD = "X = 1\ndef one( ) -> int:\n    return  1\n"
MIGRATION = "migrations/versions/a.py"
SINGLE = "NAMES = ['a', 'b']\n"
HOUSE = {f"app/m{number}.py": "x = {'a':1 }\n" for number in range(5)}

FAILS: dict[str, tuple[Files | None, Files, list[str]]] = {
    "new-file": ({}, {"app/a.py": "x=1\n"}, ["app/a.py:1 format"]),
    "changed-line": ({"app/a.py": GOOD}, {"app/a.py": GOOD.replace("return 1", "return  1")}, ["app/a.py:5 format"]),
    "missing-blank-lines": ({"app/a.py": GOOD}, {"app/a.py": GOOD + "Y = 2\n"}, ["app/a.py:6 format"]),
    "changed-line-of-an-unformatted-file": (
        {"app/a.py": BAD + "\n\nY = 2\n"},
        {"app/a.py": BAD + "\n\nY  =  3\n"},
        ["app/a.py:6 format"],
    ),
    "unreadable": ({}, {"app/a.py": "def (:\n"}, ["app/a.py:0 unreadable"]),
    "line-length-is-the-base-s": (
        {"pyproject.toml": "[tool.ruff]\nline-length = 40\n"},
        {"pyproject.toml": "[tool.ruff]\nline-length = 200\n", "app/a.py": f"X = [{'1, ' * 14}1]\n"},
        ["app/a.py:1 format"],
    ),
    "migration-in-a-formatted-house": (
        {MIGRATION: GOOD},
        {MIGRATION: GOOD, "migrations/versions/b.py": "y=1\n"},
        ["migrations/versions/b.py:1 format"],
    ),
    "whole-repository": (None, {"app/a.py": "x=1\n"}, ["app/a.py:1 format"]),
}

PASSES: dict[str, tuple[Files, Files]] = {
    "new-file": ({}, {"app/a.py": GOOD}),
    "unformatted-before": ({"app/a.py": BAD + "\n\nY = 2\n"}, {"app/a.py": BAD + "\n\nY = 3\n"}),
    "line-before-an-old-fault": ({"app/a.py": "A = 1\nB = 2\n\nC=1\n"}, {"app/a.py": "A = 1\nB = 3\n\nC=1\n"}),
    "renamed": ({"app/a.py": BAD}, {"app/b.py": BAD}),
    "black-s-line-length": (
        {"pyproject.toml": "[tool.black]\nline-length = 200\nskip-string-normalization = true\n"},
        {
            "pyproject.toml": "[tool.black]\nline-length = 200\nskip-string-normalization = true\n",
            "app/a.py": f"X = [{'1, ' * 40}'a']\n",
        },
    ),
}

NOT_APPLICABLE: dict[str, tuple[Files, Files]] = {
    "no-python-file": ({"app/a.py": BAD}, {"app/a.py": BAD, "README.md": ""}),
    "excluded": (
        {"ruff.toml": 'extend-exclude = ["made"]\n'},
        {"ruff.toml": 'extend-exclude = ["made"]\n', "made/a.py": "x=1\n"},
    ),
    "excluded-above-settings-of-its-own": (
        {"ruff.toml": 'extend-exclude = ["made"]\n', "made/ruff.toml": "line-length = 99\n"},
        {"ruff.toml": 'extend-exclude = ["made"]\n', "made/ruff.toml": "line-length = 99\n", "made/a.py": "x=1\n"},
    ),
    "migrations-as-their-template-writes-them": (
        {"app/a.py": GOOD, MIGRATION: "x=1\n"},
        {"app/a.py": GOOD, MIGRATION: "x=1\n", "migrations/versions/b.py": "y=1\n"},
    ),
    "another-house-style": (HOUSE, {**HOUSE, "app/new.py": SINGLE}),
}


@pytest.mark.parametrize(("base", "delivered", "expected"), FAILS.values(), ids=FAILS)
def test_fails(tmp_path: Path, base: Files | None, delivered: Files, expected: list[str]) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(RuffFormatGate())
    assert (result.verdict, blocking(result)) == (Verdict.FAILED, expected)


@pytest.mark.parametrize(("base", "delivered"), PASSES.values(), ids=PASSES)
def test_passes(tmp_path: Path, base: Files, delivered: Files) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(RuffFormatGate())
    assert (result.verdict, result.findings) == (Verdict.PASSED, ())


@pytest.mark.parametrize(("base", "delivered"), NOT_APPLICABLE.values(), ids=NOT_APPLICABLE)
def test_has_nothing_to_look_at(tmp_path: Path, base: Files, delivered: Files) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(RuffFormatGate())
    assert result.verdict == Verdict.NOT_APPLICABLE


def test_a_configuration_that_ruff_cannot_read_is_no_pass(tmp_path: Path) -> None:
    config = {"ruff.toml": "[format]\nquote-style = 'odd'\n"}
    result = Bench(folder=tmp_path, base=config, delivered={**config, "app/a.py": GOOD}).check(RuffFormatGate())
    assert (result.verdict, bool(result.mend)) == (Verdict.NOT_RUN, True)
