# tests/gates/test_baseline.py — what the base revision says before the change
import json
from dataclasses import asdict, replace

import pytest
from courtroom import KNOWN_GOOD, Court

from python_coder.gates.baseline import Baseline, take_baseline
from python_coder.workspace.sandbox import make_runner

FLAKY = """\
import pathlib
import tempfile

MARK = pathlib.Path(__file__).parents[3] / "seen"


def test_flaky():
    is_second = MARK.exists()
    MARK.write_text("x")
    assert is_second


def test_steady():
    assert len("ab") == 2


def test_failing():
    assert len("ab") == 3
"""
FILES = {
    "app/__init__.py": "",
    "app/m.py": "x: int = 'a'\n",
    "tests/test_a.py": FLAKY,
    "tests/test_b.py": "import app.nothing\n",
    "mypy.ini": "[mypy]\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("has_pytest", [True, False], ids=["with-pytest", "without-pytest"])
async def test_what_is_seen(court: Court, has_pytest: bool) -> None:
    tree = court.tree(FILES)
    known_good = KNOWN_GOOD if has_pytest else replace(KNOWN_GOOD, pytest_version="")
    baseline = await take_baseline(
        folder=court.trees.folder(tree),
        tree=tree,
        known_good=known_good,
        runner=make_runner("none"),
        scratch=court.scratch,
        cache=court.folder / "cache",
    )
    if has_pytest:
        assert baseline.tests == {
            "tests/test_a.py::test_flaky": "flaky",
            "tests/test_a.py::test_steady": "passed",
            "tests/test_a.py::test_failing": "failed",
        }
        assert baseline.passing == {"tests/test_a.py::test_steady"}
        assert baseline.collection_errors == ("tests/test_b.py",)
        assert baseline.tests_problem == ""
    else:
        assert "pytest" in baseline.tests_problem
    assert Baseline(**json.loads(json.dumps(asdict(baseline)))).tests == baseline.tests
