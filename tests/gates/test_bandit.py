# tests/gates/test_bandit.py — which security findings are the change's own
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from change_bench import KNOWN_GOOD, Bench, Files, blocking, notes

from python_coder.evidence.verdict import Verdict
from python_coder.gates.bandit import BanditGate
from python_coder.gates.known_good_tools import ToolFact

SHELL = "import subprocess\n\n\ndef run(word: str) -> None:\n    subprocess.run(word, shell=True)\n"
CLEAN = "X = 1\n"
SKIPS = "[tool.bandit]\nskips = ['B602']\n"
NEWER = "def f[T](x: T) -> T:\n    return x\n"

FAILS: dict[str, tuple[Files | None, Files, list[str]]] = {
    "new-file": ({}, {"app/a.py": SHELL}, ["app/a.py:5 B602"]),
    "new-line": ({"app/a.py": CLEAN}, {"app/a.py": CLEAN + SHELL}, ["app/a.py:6 B602"]),
    "second-of-a-kind": (
        {"app/a.py": SHELL},
        {"app/a.py": SHELL + "    subprocess.run(word * 2, shell=True)\n"},
        ["app/a.py:6 B602"],
    ),
    "configuration-is-the-base-s": (
        {"pyproject.toml": "[tool.bandit]\n"},
        {"pyproject.toml": SKIPS, "app/a.py": SHELL},
        ["app/a.py:5 B602"],
    ),
    "whole-repository": (None, {"app/a.py": SHELL}, ["app/a.py:5 B602"]),
}

PASSES: dict[str, tuple[Files, Files]] = {
    "clean": ({}, {"app/a.py": CLEAN}),
    "there-before": ({"app/a.py": SHELL}, {"app/a.py": SHELL + "\n\nX = 1\n"}),
    "renamed": ({"app/a.py": SHELL}, {"app/b.py": SHELL}),
    "project-skips-it": ({"pyproject.toml": SKIPS}, {"pyproject.toml": SKIPS, "app/a.py": SHELL}),
}


@pytest.mark.parametrize(("base", "delivered", "expected"), FAILS.values(), ids=FAILS)
def test_fails(tmp_path: Path, base: Files | None, delivered: Files, expected: list[str]) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(BanditGate())
    assert (result.verdict, blocking(result)) == (Verdict.FAILED, expected)


@pytest.mark.parametrize(("base", "delivered"), PASSES.values(), ids=PASSES)
def test_passes(tmp_path: Path, base: Files, delivered: Files) -> None:
    result = Bench(folder=tmp_path, base=base, delivered=delivered).check(BanditGate())
    assert (result.verdict, blocking(result)) == (Verdict.PASSED, [])


@pytest.mark.parametrize("path", ["tests/test_a.py", "README.md"])
def test_has_nothing_to_look_at(tmp_path: Path, path: str) -> None:
    result = Bench(folder=tmp_path, base={}, delivered={path: SHELL}).check(BanditGate())
    assert result.verdict == Verdict.NOT_APPLICABLE


def test_words_that_only_look_dangerous_are_told(tmp_path: Path) -> None:
    source = 'import subprocess\n\ntoken_type = "bearer"\n'
    result = Bench(folder=tmp_path, base={}, delivered={"app/a.py": source}).check(BanditGate())
    assert (result.verdict, notes(result)) == (Verdict.PASSED, ["B404", "B105"])


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads the newer syntax; run with 3.11 to see it")
def test_a_file_that_bandit_cannot_read_is_no_pass(tmp_path: Path) -> None:
    result = Bench(folder=tmp_path, base={}, delivered={"app/a.py": NEWER}).check(BanditGate())
    assert (result.verdict, "app/a.py" in result.reason, bool(result.mend)) == (Verdict.NOT_RUN, True, True)


def test_broken_configuration_is_no_pass(tmp_path: Path) -> None:
    fact = ToolFact(name="bandit", argv=("/bin/false",), version="0", is_projects_own=True)
    known_good = replace(KNOWN_GOOD, bandit=fact)
    bench = Bench(folder=tmp_path, base={}, delivered={"app/a.py": CLEAN}, known_good=known_good)
    result = bench.check(BanditGate())
    assert (result.verdict, bool(result.mend)) == (Verdict.NOT_RUN, True)
