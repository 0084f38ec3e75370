# tests/gates/test_changed_coverage.py — which changed lines count, and when they are covered
import pytest
from courtroom import Court

from python_coder.evidence.verdict import Verdict
from python_coder.gates.changed_coverage import ChangedCoverageGate, ranges

CALC = '"""Doc."""\n\n\ndef add(a, b):\n    return a + b\n'
TEST = "from app.calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"
BASE = {"app/__init__.py": "", "app/calc.py": CALC, "tests/test_calc.py": TEST}
UNRUN = "\n\ndef sub(a, b):\n    return a - b\n"
CONTINUED = "\n\ndef table():\n    return [\n        1,\n        2,\n    ]\n"

CASES = {
    "covered": ({"app/calc.py": CALC.replace("a + b", "b + a")}, Verdict.PASSED),
    "uncovered-function": ({"app/calc.py": CALC + UNRUN}, Verdict.FAILED),
    "pragma-does-not-exclude": (
        {"app/calc.py": CALC + UNRUN.replace(":\n", ":  # pragma: no cover\n", 1)},
        Verdict.FAILED,
    ),
    "pragma-in-a-string": ({"app/calc.py": CALC + UNRUN.replace("b)", 'b="# pragma: no cover")', 1)}, Verdict.FAILED),
    "new-file-never-imported": ({"app/more.py": "def f():\n    return 1\n"}, Verdict.FAILED),
    "comment-only": ({"app/calc.py": CALC + "# a note\n"}, Verdict.NOT_APPLICABLE),
    "docstring-only": ({"app/calc.py": CALC.replace("Doc.", "Other.")}, Verdict.NOT_APPLICABLE),
    "new-file-with-docstring-only": ({"app/more.py": '"""Only words."""\n'}, Verdict.NOT_APPLICABLE),
    "tests-only": ({"tests/test_b.py": "def test_b():\n    assert not 0\n"}, Verdict.NOT_APPLICABLE),
    "migration": ({"migrations/versions/1_a.py": "def upgrade():\n    pass\n"}, Verdict.NOT_APPLICABLE),
    "config-cannot-be-weakened": (
        {"app/calc.py": CALC + UNRUN, ".coveragerc": "[report]\nexclude_lines =\n    def sub\n"},
        Verdict.FAILED,
    ),
    "config-cannot-omit": ({"app/calc.py": CALC + UNRUN, ".coveragerc": "[run]\nomit = app/*\n"}, Verdict.FAILED),
}


@pytest.mark.parametrize(("changed", "verdict"), CASES.values(), ids=CASES)
async def test_verdicts(court: Court, changed: dict[str, str], verdict: Verdict) -> None:
    result = await court.judge(ChangedCoverageGate(), BASE, changed)
    assert result.verdict is verdict, result


async def test_a_continuation_line_belongs_to_its_statement(court: Court) -> None:
    base = BASE | {"app/calc.py": CALC + CONTINUED}
    result = await court.judge(ChangedCoverageGate(), base, {"app/calc.py": CALC + CONTINUED.replace("2,", "3,")})
    assert result.verdict is Verdict.FAILED
    assert "lines 9;" in result.findings[0].message


async def test_the_base_may_exclude_and_omit(court: Court) -> None:
    base = BASE | {".coveragerc": "[run]\nomit = app/legacy.py\n[report]\nexclude_also =\n    def __repr__\n"}
    more = CALC + "\n\nclass A:\n    def __repr__(self):\n        return ''\n"
    result = await court.judge(ChangedCoverageGate(), base, {"app/legacy.py": "x = 1\n", "app/calc.py": more})
    assert result.verdict is Verdict.PASSED
    assert [finding.rule for finding in result.findings] == ["omitted"]


async def test_a_mere_rename_is_left_out_and_listed(court: Court) -> None:
    more = CALC + UNRUN + "\n\ndef use(a):\n    return sub(a, 1)\n"
    changed = {"app/calc.py": more.replace("sub", "minus") + "\n\nX = add(1, 2)\n"}
    result = await court.judge(ChangedCoverageGate(), BASE | {"app/calc.py": more}, changed)
    assert result.verdict is Verdict.PASSED
    assert "lines 8, 13 merely rename" in result.findings[0].message


SWAPS = {
    "to-a-name-in-use": ("    return a - b\n", "    return b - b\n"),
    "only-some-places": ("    c = a\n    return a - b\n", "    d = a\n    return c - b\n"),
    "an-operator": ("    return a - b\n", "    return a * b\n"),
    "a-keyword": ("    return a and b\n", "    return a or b\n"),
    "a-string": ("    return 'a'\n", "    return 'b'\n"),
}


@pytest.mark.parametrize(("before", "after"), SWAPS.values(), ids=SWAPS)
async def test_other_swaps_count(court: Court, before: str, after: str) -> None:
    head = CALC + "\n\ndef sub(a, b):\n"
    result = await court.judge(
        ChangedCoverageGate(), BASE | {"app/calc.py": head + before}, {"app/calc.py": head + after}
    )
    assert result.verdict is Verdict.FAILED


def test_ranges_read_well() -> None:
    assert ranges([9, 3, 4, 5]) == "3-5, 9"
