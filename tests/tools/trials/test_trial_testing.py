# tests/tools/trials/test_trial_testing.py — run_tests: which tests it runs, and how it tells of failures
from pathlib import Path

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.tools.trials.testing import TestingTools
from tools.trials.trial_bench import SHOP, placed

DOUBLED = SHOP["app/prices.py"].replace("119", "238")
CHOSEN = {
    "imports-and-requests": (
        {"app/prices.py": DOUBLED.replace("238", "119 * 1")},
        "affected: tests/api/test_reading.py, tests/test_prices.py",
    ),
    "imports-alone": ({"app/words.py": SHOP["app/words.py"] + "\n"}, "affected: tests/test_words.py"),
    "a-test-itself": (
        {"tests/test_words.py": SHOP["tests/test_words.py"] + "\n"},
        "affected: tests/test_words.py (the rest",
    ),
    "conftest": ({"tests/conftest.py": ""}, "the whole suite, since tests/conftest.py changed"),
    "nobody-names-it": ({"app/other.py": "A = 1\n"}, "the whole suite, since no test file names what changed"),
    "a-file-is-gone": ({"app/words.py": None}, "the whole suite, since app/words.py is gone"),
}


@pytest.mark.parametrize(("changed", "said"), CHOSEN.values(), ids=CHOSEN)
async def test_runs_what_a_change_reaches(tmp_path: Path, changed: dict[str, str | None], said: str) -> None:
    place, seen = await placed(tmp_path, changed)
    answer = await TestingTools(place=place).run_tests()
    assert said in answer.splitlines()[0]
    assert any("overlay" in " ".join(record.argv) for record in seen)


async def test_tells_the_first_failure_with_its_source(tmp_path: Path) -> None:
    place, _ = await placed(tmp_path, {"app/prices.py": DOUBLED})
    answer = await TestingTools(place=place).run_tests(["all"])
    assert "1 failed, 2 passed" in answer
    assert "failed: tests/test_prices.py::test_gross at tests/test_prices.py:5 (on the base: passed)" in answer
    assert "> 5     assert gross(100) == 119" in answer


async def test_runs_named_tests_alone(tmp_path: Path) -> None:
    place, _ = await placed(tmp_path, {"app/prices.py": DOUBLED})
    answer = await TestingTools(place=place).run_tests(["tests/test_words.py::test_plural"])
    assert "1 passed" in answer
    assert "failed" not in answer


async def test_a_session_that_proves_nothing_says_so(tmp_path: Path) -> None:
    place, _ = await placed(tmp_path, {"tests/test_words.py": "import os\n\n\ndef test_ends():\n    os._exit(0)\n"})
    answer = await TestingTools(place=place).run_tests()
    assert "The session proves nothing" in answer


async def test_refuses_tests_that_are_not_there(tmp_path: Path) -> None:
    place, _ = await placed(tmp_path, {"app/prices.py": DOUBLED})
    with pytest.raises(ToolRefusedError, match=r"no tests/test_none\.py"):
        await TestingTools(place=place).run_tests(["tests/test_none.py"])
