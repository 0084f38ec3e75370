# tests/gates/test_mypy.py — which type errors are the change's own
import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest
from change_bench import KNOWN_GOOD, Bench, Files, blocking, notes

from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.gates.baseline import Baseline
from python_coder.gates.known_good import KnownGood
from python_coder.gates.mypy import MypyGate, TypeReport, type_errors
from python_coder.workspace.sandbox import make_runner

STRICT = {"pyproject.toml": "[tool.mypy]\nstrict = true\n"}
LOOSE = {"pyproject.toml": "[tool.mypy]\n"}
INIT = {"app/__init__.py": ""}
CLEAN = "def one(a: int) -> int:\n    return a\n"
BAD = 'X: int = "a"\n'
USER = "from app.a import one\n\nY: int = one(1)\n"
UNTYPED = "def legacy(a):\n    return a\n"

FAILS: dict[str, tuple[Files | None, Files, list[str]]] = {
    "new-error": ({**STRICT, **INIT}, {**STRICT, **INIT, "app/a.py": BAD}, ["app/a.py:1 assignment"]),
    "in-a-file-that-did-not-change": (
        {**STRICT, **INIT, "app/a.py": CLEAN, "app/b.py": USER},
        {**STRICT, **INIT, "app/a.py": CLEAN.replace("int", "str"), "app/b.py": USER},
        ["app/b.py:3 assignment", "app/b.py:3 arg-type"],
    ),
    "one-more-of-a-kind": (
        {**STRICT, **INIT, "app/a.py": BAD},
        {**STRICT, **INIT, "app/a.py": BAD + 'Z: int = "a"\n'},
        ["app/a.py:2 assignment"],
    ),
    "strict-without-a-configuration": (INIT, {**INIT, "app/a.py": UNTYPED}, ["app/a.py:1 no-untyped-def"]),
    "configuration-is-the-base-s": (
        {**STRICT, **INIT},
        {"pyproject.toml": "[tool.mypy]\nignore_errors = true\n", **INIT, "app/a.py": BAD},
        ["app/a.py:1 assignment"],
    ),
    "new-configuration-is-dropped": (
        INIT,
        {**INIT, "mypy.ini": "[mypy]\nignore_errors = true\n", "app/a.py": BAD},
        ["app/a.py:1 assignment"],
    ),
    "stub-that-hides-the-source": (
        {**STRICT, **INIT, "app/a.py": CLEAN},
        {**STRICT, **INIT, "app/a.py": BAD + CLEAN, "app/a.pyi": "def one(a: int) -> int: ...\n"},
        ["app/a.pyi:1 stub-shadows-source"],
    ),
    "stub-that-hides-a-library": (
        INIT,
        {**INIT, "pydantic/__init__.pyi": ""},
        ["pydantic/__init__.pyi:1 stub-shadows-library"],
    ),
    "stub-that-hides-the-standard-library": (
        INIT,
        {**INIT, "stubs/json.pyi": ""},
        ["stubs/json.pyi:1 stub-shadows-library"],
    ),
    "new-package-outside-the-known-ones": (INIT, {**INIT, "worker/a.py": BAD}, ["worker/a.py:1 assignment"]),
    "syntax-error": ({**STRICT, **INIT}, {**STRICT, **INIT, "app/a.py": "def (:\n"}, ["app/a.py:1 syntax"]),
    "whole-repository": (None, {**STRICT, **INIT, "app/a.py": BAD}, ["app/a.py:1 assignment"]),
}

PASSES: dict[str, tuple[Files, Files]] = {
    "clean": ({**STRICT, **INIT}, {**STRICT, **INIT, "app/a.py": CLEAN}),
    "error-before": ({**STRICT, **INIT, "app/a.py": BAD}, {**STRICT, **INIT, "app/a.py": CLEAN + BAD}),
    "error-in-a-renamed-file": ({**STRICT, **INIT, "app/a.py": BAD * 5}, {**STRICT, **INIT, "app/b.py": BAD * 5}),
    "project-that-asks-for-less": ({**LOOSE, **INIT}, {**LOOSE, **INIT, "app/a.py": UNTYPED}),
    "stub-of-a-library-without-types": (INIT, {**INIT, "app/a.py": CLEAN, "stubs/untyped_thing.pyi": "x: int\n"}),
    "types-in-the-source-folder": (
        {**STRICT, "src/app/__init__.py": ""},
        {**STRICT, "src/app/__init__.py": "", "src/app/a.py": CLEAN, "src/app/b.py": USER},
    ),
}


def check(folder: Path, base: Files | None, delivered: Files, known_good: KnownGood = KNOWN_GOOD) -> GateResult:
    """The gate with a true baseline."""
    if any(path.startswith("src/") for path in delivered):
        known_good = replace(known_good, import_roots=("src",))
    bench = Bench(folder=folder, base=base, delivered=delivered, known_good=known_good)
    if base is not None:
        report = asyncio.run(types_of(bench))
        found = Baseline(tree="", type_errors=report.errors, types_problem=report.problem)
        bench = replace(bench, baseline=found)
    return bench.check(MypyGate())


async def types_of(bench: Bench) -> TypeReport:
    """What mypy says of the base."""
    context = await bench.context()
    scratch = bench.folder / "scratch"
    return await type_errors(
        context.base_folder, known_good=bench.known_good, runner=bench.runner, scratch=scratch, cache=scratch
    )


@pytest.mark.slow
@pytest.mark.parametrize(("base", "delivered", "expected"), FAILS.values(), ids=FAILS)
def test_fails(tmp_path: Path, base: Files | None, delivered: Files, expected: list[str]) -> None:
    result = check(tmp_path, base, delivered)
    assert (result.verdict, blocking(result)[: len(expected)]) == (Verdict.FAILED, expected), result


@pytest.mark.slow
@pytest.mark.parametrize(("base", "delivered"), PASSES.values(), ids=PASSES)
def test_passes(tmp_path: Path, base: Files, delivered: Files) -> None:
    result = check(tmp_path, base, delivered)
    assert (result.verdict, result.findings) == (Verdict.PASSED, ()), result


def test_calls_of_untyped_code_are_told_where_nobody_asked_for_types(tmp_path: Path) -> None:
    base = {**INIT, "app/old.py": UNTYPED}
    source = "from app.old import legacy\n\n\ndef new() -> None:\n    legacy(1)\n"
    result = check(tmp_path, base, {**base, "app/a.py": source})
    assert (result.verdict, notes(result)) == (Verdict.PASSED, ["no-untyped-call"])


PASSED_ON = {**INIT, "app/models/__init__.py": "from .a import A, B\n", "app/models/a.py": "A = 1\nB = 2\n"}
IMPORTS_A, IMPORTS_B = "from app.models import A\n\nX = A\n", "from app.models import B\n\nX = B\n"


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ({**PASSED_ON, "app/x.py": IMPORTS_A}, (Verdict.PASSED, ["attr-defined"])),
        (PASSED_ON, (Verdict.FAILED, [])),
        ({**STRICT, **PASSED_ON, "app/x.py": IMPORTS_A}, (Verdict.FAILED, [])),
    ],
    ids=["as-the-base-does", "where-the-base-never-did", "where-the-project-asks-for-it"],
)
def test_a_name_that_a_package_hands_on_is_told(tmp_path: Path, base: Files, told: tuple[Verdict, list[str]]) -> None:
    result = check(tmp_path, base, {**base, "app/y.py": IMPORTS_B})
    assert (result.verdict, notes(result)) == told


def test_has_nothing_to_look_at(tmp_path: Path) -> None:
    bench = Bench(folder=tmp_path, base=INIT, delivered={**INIT, "README.md": ""})
    assert bench.check(MypyGate()).verdict == Verdict.NOT_APPLICABLE


NOT_RUN = {
    "plugin-that-is-not-there": "[tool.mypy]\nplugins = ['nowhere.mypy']\n",
    "nothing-to-check": "[tool.mypy]\nfiles = ['nowhere']\n",
}


@pytest.mark.parametrize("config", NOT_RUN.values(), ids=NOT_RUN)
def test_never_passes_when_mypy_could_not_judge(tmp_path: Path, config: str) -> None:
    base = {"pyproject.toml": config, **INIT}
    result = check(tmp_path, base, {**base, "app/a.py": CLEAN})
    assert (result.verdict, bool(result.mend)) == (Verdict.NOT_RUN, True), result


def test_a_base_that_nobody_could_judge_is_no_pass(tmp_path: Path) -> None:
    baseline = Baseline(tree="", types_problem="it crashed")
    bench = Bench(folder=tmp_path, base=INIT, delivered={**INIT, "app/a.py": CLEAN}, baseline=baseline)
    result = bench.check(MypyGate())
    assert (result.verdict, "it crashed" in result.reason) == (Verdict.NOT_RUN, True)


def test_keys_are_the_same_on_every_machine(tmp_path: Path) -> None:
    bench = Bench(folder=tmp_path, base={**STRICT, **INIT, "app/a.py": BAD}, delivered={})
    report = asyncio.run(types_of(bench))
    message = 'Incompatible types in assignment (expression has type "str", variable has type "int")'
    assert report.errors == {f"app/a.py|assignment|{message}": 1}
    assert report.command is not None
    assert str(tmp_path) not in " ".join(report.command.argv)


def test_sees_a_change_of_the_same_size_and_date(tmp_path: Path) -> None:
    async def errors(name: str, kind: str) -> int:
        folder = tmp_path / name / "app"
        folder.mkdir(parents=True)
        (folder / "a.py").write_text(f"def one() -> {kind}: ...\n")
        (folder / "b.py").write_text("from app.a import one\n\nX: int = one()\n")
        (folder / "link.py").symlink_to("b.py")
        (folder / "out.py").symlink_to("/etc/hostname")
        for path in folder.iterdir():
            if not path.is_symlink():
                os.utime(path, (1, 1))
        report = await type_errors(
            folder.parent, known_good=KNOWN_GOOD, runner=make_runner("none"), scratch=tmp_path, cache=tmp_path
        )
        return sum(count for key, count in report.errors.items() if "|assignment|" in key)

    assert asyncio.run(errors("before", "int")) == 0
    assert asyncio.run(errors("after", "str")) == 2
