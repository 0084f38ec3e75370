# tests/gates/test_ruff_check.py — which ruff findings are the change's own
from dataclasses import replace
from pathlib import Path

import pytest
from change_bench import KNOWN_GOOD, Bench, Files, blocking, notes

from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import Verdict
from python_coder.gates.known_good_tools import ToolFact
from python_coder.gates.ruff_check import RuffCheckGate

OLD = "import os\n\n\ndef old() -> int:\n    return 1\n"
CLEAN = "def old() -> int:\n    return 1\n"
NEW = "\n\ndef new() -> int:\n    return undefined\n"
SELECT = '[tool.ruff.lint]\nselect = ["F", "T20"]\n'
SHELL = 'import subprocess\n\n\ndef run(word: str) -> None:\n    subprocess.run(f"ls {word}", shell=True)\n'
ASSERT = "\n\ndef sure(value: int) -> None:\n    assert value\n"

FAILS: dict[str, tuple[Files | None, Files, list[str]]] = {
    "new-file": ({}, {"app/a.py": "import os\n"}, ["app/a.py:1 F401"]),
    "changed-line": ({"app/a.py": CLEAN}, {"app/a.py": CLEAN + NEW}, ["app/a.py:6 F821"]),
    "far-from-the-changed-line": (
        {"app/a.py": "import os\n\nx = os.sep\n"},
        {"app/a.py": "import os\n\nx = 1\n"},
        ["app/a.py:1 F401"],
    ),
    "a-mended-fault-pays-for-no-new-one": (
        {"app/a.py": OLD + "\n\nX = 1\n"},
        {"app/a.py": CLEAN + "\n\nX = 1\n\n\ndef more() -> None:\n    import os\n"},
        ["app/a.py:9 F401"],
    ),
    "second-of-a-kind": (
        {"app/a.py": OLD},
        {"app/a.py": OLD + "\n\ndef new() -> None:\n    import os\n"},
        ["app/a.py:9 F401"],
    ),
    "syntax-error": ({"app/a.py": CLEAN}, {"app/a.py": "def old(:\n"}, ["app/a.py:1 invalid-syntax"]),
    "rule-of-the-project": (
        {"pyproject.toml": SELECT, "app/a.py": CLEAN},
        {"pyproject.toml": SELECT, "app/a.py": CLEAN + "print(1)\n"},
        ["app/a.py:3 T201"],
    ),
    "configuration-is-the-base-s": (
        {"pyproject.toml": SELECT, "app/a.py": CLEAN},
        {"pyproject.toml": '[tool.ruff.lint]\nselect = ["W"]\nignore = ["F"]\n', "app/a.py": CLEAN + NEW},
        ["app/a.py:6 F821"],
    ),
    "new-nested-configuration-is-dropped": (
        {"pyproject.toml": SELECT, "app/a.py": CLEAN},
        {"pyproject.toml": SELECT, "app/ruff.toml": 'exclude = ["*"]\n', "app/a.py": CLEAN + "print(1)\n"},
        ["app/a.py:3 T201"],
    ),
    "extended-configuration-is-the-base-s": (
        {"pyproject.toml": '[tool.ruff]\nextend = "lint/all.toml"\n', "lint/all.toml": 'lint.select = ["T20"]\n'},
        {
            "pyproject.toml": '[tool.ruff]\nextend = "lint/all.toml"\n',
            "lint/all.toml": 'lint.select = ["W"]\n',
            "app/a.py": "print(1)\n",
        },
        ["app/a.py:1 T201"],
    ),
    "unused-import-in-a-migration": (
        {"README.md": ""},
        {"migrations/versions/a.py": "import os\n"},
        ["migrations/versions/a.py:1 F401"],
    ),
    "security": ({}, {"app/a.py": SHELL}, ["app/a.py:5 S602"]),
    "whole-repository": (None, {"app/a.py": OLD}, ["app/a.py:1 F401"]),
}

PASSES: dict[str, tuple[Files, Files]] = {
    "clean": ({}, {"app/a.py": CLEAN}),
    "old-fault-elsewhere": ({"app/a.py": OLD}, {"app/a.py": OLD + "\n\nX = 1\n"}),
    "old-fault-on-a-changed-line": ({"app/a.py": "import os  # a\n"}, {"app/a.py": "import os  # b\n"}),
    "old-fault-in-a-renamed-file": ({"app/a.py": OLD}, {"app/b.py": OLD}),
    "old-syntax-error": ({"app/a.py": "def old(:\n"}, {"app/a.py": "def old(:\n\n"}),
    "project-ignores-the-rule": (
        {"pyproject.toml": '[tool.ruff.lint]\nignore = ["S602"]\n'},
        {"pyproject.toml": '[tool.ruff.lint]\nignore = ["S602"]\n', "app/a.py": SHELL},
    ),
    "project-ignores-the-rule-here": (
        {"pyproject.toml": '[tool.ruff.lint.per-file-ignores]\n"app/*" = ["S"]\n'},
        {"pyproject.toml": '[tool.ruff.lint.per-file-ignores]\n"app/*" = ["S"]\n', "app/a.py": SHELL},
    ),
    "migrations-as-their-template-writes-them": (
        {"migrations/versions/a.py": "import os\n"},
        {"migrations/versions/a.py": "import os\n", "migrations/versions/b.py": "import os\n"},
    ),
    "assert-in-a-test": ({}, {"tests/test_a.py": "def test_a() -> None:\n    assert 1 + 1\n"}),
    "export-in-init": ({"app/a.py": CLEAN}, {"app/a.py": CLEAN, "app/__init__.py": "from app.a import old\n"}),
    "depends-in-a-default": (
        {},
        {"app/a.py": "from fastapi import Depends\n\n\ndef get(x: int = Depends(int)) -> int:\n    return x\n"},
    ),
    "newer-defaults-are-nobody-s-choice": (
        {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"},
        {
            "pyproject.toml": "[tool.ruff]\nline-length = 100\n",
            "app/a.py": "from typing import List\n\nX: List[int] = []\n",
        },
    ),
}

NOT_APPLICABLE: dict[str, tuple[Files, Files]] = {
    "no-python-file": ({"app/a.py": OLD}, {"app/a.py": OLD, "README.md": "hello"}),
    "only-deleted": ({"app/a.py": OLD}, {}),
    "excluded": (
        {"pyproject.toml": '[tool.ruff]\nextend-exclude = ["made"]\n'},
        {"pyproject.toml": '[tool.ruff]\nextend-exclude = ["made"]\n', "made/a.py": OLD},
    ),
}


@pytest.mark.parametrize(("base", "delivered", "expected"), FAILS.values(), ids=FAILS)
def test_fails_on_what_the_change_adds(
    tmp_path: Path, base: Files | None, delivered: Files, expected: list[str]
) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(RuffCheckGate())
    assert (result.verdict, blocking(result)[:1]) == (Verdict.FAILED, expected)
    assert all(command.tree for command in result.commands)


@pytest.mark.parametrize(("base", "delivered"), PASSES.values(), ids=PASSES)
def test_passes_what_the_change_did_not_bring(tmp_path: Path, base: Files, delivered: Files) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(RuffCheckGate())
    assert (result.verdict, blocking(result)) == (Verdict.PASSED, [])


@pytest.mark.parametrize(("base", "delivered"), NOT_APPLICABLE.values(), ids=NOT_APPLICABLE)
def test_has_nothing_to_look_at(tmp_path: Path, base: Files, delivered: Files) -> None:
    assert Bench(folder=tmp_path, base=base, delivered=delivered).check(RuffCheckGate()).verdict == "not_applicable"


def test_a_rule_that_the_base_breaks_is_only_told(tmp_path: Path) -> None:
    base = {"app/a.py": CLEAN, "app/other.py": ASSERT}
    result = Bench(folder=tmp_path, base=base, delivered={**base, "app/a.py": CLEAN + ASSERT}).check(RuffCheckGate())
    assert (result.verdict, notes(result)) == (Verdict.PASSED, ["S101"])


def test_a_configuration_that_ruff_cannot_read_is_no_pass(tmp_path: Path) -> None:
    config = {"pyproject.toml": '[tool.ruff.lint]\nselect = ["NOPE"]\n'}
    result = Bench(folder=tmp_path, base=config, delivered={**config, "app/a.py": CLEAN}).check(RuffCheckGate())
    assert (result.verdict, bool(result.mend)) == (Verdict.NOT_RUN, True)


def test_a_ruff_that_is_gone_is_no_pass(tmp_path: Path) -> None:
    fact = ToolFact(name="ruff", argv=("/nowhere/ruff",), version="0", is_projects_own=True)
    bench = Bench(folder=tmp_path, base={}, delivered={"app/a.py": CLEAN}, known_good=replace(KNOWN_GOOD, ruff=fact))
    with pytest.raises(EnvironmentLacksError, match="/nowhere/ruff"):
        bench.check(RuffCheckGate())
