# tests/gates/test_file_banner.py — which files must open with their path and purpose
from dataclasses import replace
from pathlib import Path

import pytest
from change_bench import KNOWN_GOOD, Bench, Files, blocking

from python_coder.evidence.verdict import Verdict
from python_coder.gates.file_banner import FileBannerGate


def banner(path: str, purpose: str = "what it is for") -> str:
    return f"# {path} — {purpose}\nX = 1\n"


HOUSE = {"app/a.py": banner("app/a.py")}
LEGACY = {f"app/m{number}.py": "X = 1\n" for number in range(4)}
BELOW = {"backend/app/a.py": banner("app/a.py"), "backend/app/b.py": banner("app/b.py")}

FAILS: dict[str, tuple[Files | None, Files, list[str]]] = {
    "missing": (HOUSE, {**HOUSE, "app/b.py": "X = 1\n"}, ["app/b.py:1 banner-missing"]),
    "missing-in-the-first-file": ({"README.md": ""}, {"app/b.py": "X = 1\n"}, ["app/b.py:1 banner-missing"]),
    "hyphen-for-a-dash": (HOUSE, {**HOUSE, "app/b.py": "# app/b.py - x\n"}, ["app/b.py:1 banner-missing"]),
    "wrong-path": (HOUSE, {**HOUSE, "app/b.py": banner("app/a.py")}, ["app/b.py:1 banner-stale"]),
    "no-purpose": (HOUSE, {**HOUSE, "app/b.py": banner("app/b.py", "TODO purpose")}, ["app/b.py:1 banner-purpose"]),
    "dots-for-a-purpose": (HOUSE, {**HOUSE, "app/b.py": banner("app/b.py", "...")}, ["app/b.py:1 banner-purpose"]),
    "below-a-shebang": (
        HOUSE,
        {**HOUSE, "run.py": "#!/usr/bin/python\n# coding: utf-8\nX = 1\n"},
        ["run.py:3 banner-missing"],
    ),
    "taken-off": (HOUSE, {"app/a.py": "X = 1\n"}, ["app/a.py:1 banner-missing"]),
    "renamed": (HOUSE, {"app/b.py": banner("app/a.py")}, ["app/b.py:1 banner-stale"]),
    "not-the-first-line": (HOUSE, {**HOUSE, "app/b.py": "\n" + banner("app/b.py")}, ["app/b.py:1 banner-missing"]),
    "banners-on-empty-files": (
        {**HOUSE, "app/__init__.py": banner("app/__init__.py")},
        {**HOUSE, "app/__init__.py": banner("app/__init__.py"), "app/x/__init__.py": ""},
        ["app/x/__init__.py:1 banner-missing"],
    ),
    "house-path": (
        BELOW,
        {**BELOW, "backend/app/c.py": banner("backend/app/c.py")},
        ["backend/app/c.py:1 banner-stale"],
    ),
    "whole-repository": (None, {**HOUSE, "app/b.py": "X = 1\n"}, ["app/b.py:1 banner-missing"]),
}

PASSES: dict[str, tuple[Files | None, Files]] = {
    "new-file": (HOUSE, {**HOUSE, "app/b.py": banner("app/b.py")}),
    "renamed-with-its-banner": (HOUSE, {"app/b.py": banner("app/b.py")}),
    "below-a-shebang": (HOUSE, {**HOUSE, "run.py": "#!/usr/bin/python\n" + banner("run.py")}),
    "house-path": (BELOW, {**BELOW, "backend/app/c.py": banner("app/c.py")}),
    "whole-repository": (None, HOUSE),
}

NOT_APPLICABLE: dict[str, tuple[Files | None, Files]] = {
    "house-without-banners": (LEGACY, {**LEGACY, "app/new.py": "X = 1\n"}),
    "whole-house-without-banners": (None, LEGACY),
    "one-in-five": ({**LEGACY, **HOUSE}, {**LEGACY, **HOUSE, "app/new.py": "X = 1\n"}),
    "old-file-without": (HOUSE | {"app/old.py": "X = 1\n"}, HOUSE | {"app/old.py": "X = 2\n"}),
    "empty-init": ({**HOUSE, "app/__init__.py": ""}, {**HOUSE, "app/__init__.py": "", "app/x/__init__.py": ""}),
    "excluded-from-the-style": (
        {**HOUSE, "ruff.toml": 'extend-exclude = ["made"]\n'},
        {**HOUSE, "ruff.toml": 'extend-exclude = ["made"]\n', "made/b.py": "X = 1\n"},
    ),
    "no-python-file": (HOUSE, {**HOUSE, "README.md": ""}),
}


def bench(folder: Path, base: Files | None, delivered: Files) -> Bench:
    is_below = all(path.startswith("backend/") for path in delivered)
    known_good = replace(KNOWN_GOOD, project_root="backend") if is_below else KNOWN_GOOD
    return Bench(folder=folder, base=base, delivered=delivered, known_good=known_good)


@pytest.mark.parametrize(("base", "delivered", "expected"), FAILS.values(), ids=FAILS)
def test_fails(tmp_path: Path, base: Files | None, delivered: Files, expected: list[str]) -> None:
    result = bench(tmp_path, base, delivered).check(FileBannerGate())
    assert (result.verdict, blocking(result)) == (Verdict.FAILED, expected)


@pytest.mark.parametrize(("base", "delivered"), PASSES.values(), ids=PASSES)
def test_passes(tmp_path: Path, base: Files | None, delivered: Files) -> None:
    assert bench(tmp_path, base, delivered).check(FileBannerGate()).verdict == Verdict.PASSED


@pytest.mark.parametrize(("base", "delivered"), NOT_APPLICABLE.values(), ids=NOT_APPLICABLE)
def test_has_nothing_to_look_at(tmp_path: Path, base: Files | None, delivered: Files) -> None:
    assert bench(tmp_path, base, delivered).check(FileBannerGate()).verdict == Verdict.NOT_APPLICABLE
