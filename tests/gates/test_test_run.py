# tests/gates/test_test_run.py — judged sessions: outcomes, coverage, and every way to forge them
import pytest
from courtroom import Court

APP = {
    "app/__init__.py": "",
    "app/calc.py": "def add(a, b):\n    return a + b\n\n\ndef unused(a,\n           b):\n"
    "    return (\n        a\n    )\n",
    "tests/test_calc.py": "from app.calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
}
WRONG = {"tests/test_wrong.py": "from app.calc import add\n\n\ndef test_wrong():\n    assert add(1, 2) == 4\n"}
HOOK = "import pytest\n@pytest.hookimpl({how})\ndef {hook}({args}):\n"

OUTCOMES = {
    "passed": ("def test_x():\n    assert 1\n", "passed"),
    "failed": ("def test_x():\n    assert 0\n", "failed"),
    "fixture-missing": ("def test_x(nothing):\n    assert 1\n", "error"),
    "teardown": (
        "import pytest\n@pytest.fixture\ndef f():\n    yield\n    raise OSError\ndef test_x(f):\n    assert 1\n",
        "error",
    ),
    "skipped": ("import pytest\n@pytest.mark.skip\ndef test_x():\n    assert 1\n", "skipped"),
    "skipped-inside": ("import pytest\ndef test_x():\n    pytest.skip('no')\n", "skipped"),
    "xfailed": ("import pytest\n@pytest.mark.xfail\ndef test_x():\n    assert 0\n", "xfailed"),
    "xpassed": ("import pytest\n@pytest.mark.xfail\ndef test_x():\n    assert 1\n", "xpassed"),
    "xfail-strict": ("import pytest\n@pytest.mark.xfail(strict=True)\ndef test_x():\n    assert 1\n", "failed"),
    "sys-exit": ("import sys\ndef test_x():\n    sys.exit(0)\n", "failed"),
    "unittest-fails": (
        "import unittest\nclass T(unittest.TestCase):\n    def test_x(self):\n        self.fail()\n",
        "failed",
    ),
    "unittest-passes": (
        "import unittest\nclass T(unittest.TestCase):\n    def test_x(self):\n        self.assertTrue(1)\n",
        "passed",
    ),
    "subtest-fails": (
        (
            "def test_x(subtests):\n    with subtests.test('a'):\n        assert 0\n"
            "    with subtests.test('b'):\n        assert 1\n"
        ),
        "failed",
    ),
}


@pytest.mark.parametrize(("body", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
async def test_outcomes(court: Court, body: str, outcome: str) -> None:
    run = await court.run({"tests/test_x.py": body})
    assert (run.problem, list(run.outcomes.values())) == ("", [outcome])


KINDS = {
    "assertion": ("def test_x():\n    assert 1 == 2\n", "assertion", "assert 1 == 2"),
    "pytest-fail": ("import pytest\ndef test_x():\n    pytest.fail('no')\n", "assertion", "no"),
    "did-not-raise": (
        "import pytest\ndef test_x():\n    with pytest.raises(ValueError):\n        pass\n",
        "assertion",
        "DID NOT RAISE",
    ),
    "import": ("def test_x():\n    import app.nope\n", "import", "No module named 'app'"),
    "attribute": ("import os\ndef test_x():\n    os.nope()\n", "import", "no attribute 'nope'"),
    "parameter": ("def f(): ...\ndef test_x():\n    f(a=1)\n", "import", "unexpected keyword"),
    "route": ("def test_x():\n    assert 404 == 200\n", "missing-route", "assert 404 == 200"),
    "fixture": ("def test_x(nope):\n    pass\n", "fixture", "nope"),
    "error": ("def test_x():\n    {}['a']\n", "error", "'a'"),
}


@pytest.mark.parametrize(("body", "kind", "words"), KINDS.values(), ids=KINDS)
async def test_failure_kinds(court: Court, body: str, kind: str, words: str) -> None:
    run = await court.run({"tests/test_x.py": body})
    failure = run.failures["tests/test_x.py::test_x"]
    assert failure.kind == kind
    assert words in failure.message


async def test_measures_lines_and_collects_the_rest(court: Court) -> None:
    run = await court.run(APP | {"tests/test_b.py": "import app.nope\n"}, with_coverage=True)
    assert run.problem == ""
    assert run.executed["app/calc.py"] == {1, 2, 5}
    assert run.missing["app/calc.py"] == {7}
    assert "app.nope" in run.collection_errors["tests/test_b.py"]
    assert run.outcomes == {"tests/test_calc.py::test_add": "passed"}


@pytest.mark.parametrize("with_greenlets", [True, False])
async def test_lines_are_measured_with_or_without_greenlets(court: Court, with_greenlets: bool) -> None:
    asks = f"""\
import coverage
def test_x():
    followed = coverage.Coverage.current().get_option("run:concurrency")
    assert ("greenlet" in followed) is {with_greenlets}
"""
    run = await court.run(APP | {"tests/test_x.py": asks}, with_coverage=True, with_greenlets=with_greenlets)
    assert run.outcomes["tests/test_x.py::test_x"] == "passed", run.failures
    assert run.executed["app/calc.py"]


async def test_no_test_at_all_is_no_problem_of_the_session(court: Court) -> None:
    run = await court.run({"app/__init__.py": ""})
    assert (run.problem, run.outcomes) == ("", {})


async def test_hang_tells_how_far_it_got(court: Court) -> None:
    text = "import threading\ndef test_a():\n    assert 1\ndef test_b():\n    threading.Event().wait(60)\n"
    run = await court.run({"tests/test_x.py": text}, timeout_seconds=10)
    assert "tests/test_x.py::test_b" in run.problem
    assert run.problem.partition("the main thread was in wait (threading.py:")[2].endswith(
        "), called from test_b (tests/test_x.py:5)"
    ), run.problem
    assert run.failures["tests/test_x.py::test_b"].kind == "timeout"
    assert run.outcomes["tests/test_x.py::test_a"] == "passed"


IGNORED_OPTIONS = {
    "stops-at-first-failure": "-x",
    "coverage-bar": "--cov=app --cov-fail-under=100",
    "quiet": "-qqq",
    "last-failed": "--lf",
}


@pytest.mark.parametrize("options", IGNORED_OPTIONS.values(), ids=IGNORED_OPTIONS)
async def test_options_of_the_project_do_not_hide_results(court: Court, options: str) -> None:
    run = await court.run(APP | WRONG | {"pytest.ini": f"[pytest]\naddopts = {options}\n"})
    assert run.problem == ""
    assert sorted(run.outcomes.values()) == ["failed", "passed"]


FORGED = {
    "exit-in-conftest": {"tests/conftest.py": "import sys\nsys.exit(0)\n"},
    "hard-exit-in-conftest": {"tests/conftest.py": "import os\nos._exit(0)\n"},
    "hard-exit-in-test": {"tests/test_a.py": "import os\ndef test_a():\n    os._exit(0)\n"},
    "hard-exit-in-test-with-ones-code": {"tests/test_z.py": "import os\ndef test_a():\n    os._exit(1)\n"},
    "pytest-exit": {"tests/test_a.py": "import pytest\ndef test_a():\n    pytest.exit('done', returncode=0)\n"},
    "interrupt": {"tests/test_a.py": "def test_a():\n    raise KeyboardInterrupt\n"},
    "exit-in-source": {"app/calc.py": "import os\nos._exit(0)\n"},
    "reports-rewritten": {
        "tests/conftest.py": HOOK.format(how="hookwrapper=True", hook="pytest_runtest_makereport", args="item, call")
        + "    out = yield\n    out.get_result().outcome = 'passed'\n"
    },
    "one-report-rewritten": {
        "tests/conftest.py": HOOK.format(how="hookwrapper=True", hook="pytest_runtest_makereport", args="item, call")
        + "    out = yield\n    if 'wrong' in item.name:\n        out.get_result().outcome = 'passed'\n"
    },
    "call-info-emptied": {
        "tests/conftest.py": HOOK.format(how="tryfirst=True", hook="pytest_runtest_makereport", args="item, call")
        + "    if 'wrong' in item.name:\n        call.excinfo = None\n"
    },
    "items-removed": {
        "tests/conftest.py": HOOK.format(
            how="hookwrapper=True, tryfirst=True", hook="pytest_collection_modifyitems", args="items"
        )
        + "    yield\n    items[:] = items[:1]\n"
    },
    "items-removed-late": {
        "tests/conftest.py": HOOK.format(how="tryfirst=True", hook="pytest_runtestloop", args="session")
        + "    session.items[:] = session.items[:1]\n"
    },
    "loop-replaced": {
        "tests/conftest.py": HOOK.format(how="tryfirst=True", hook="pytest_runtestloop", args="session")
        + "    return True\n"
    },
    "protocol-skipped": {
        "tests/conftest.py": HOOK.format(how="tryfirst=True", hook="pytest_runtest_protocol", args="item")
        + "    return True\n"
    },
    "exit-code-rewritten": {
        "tests/conftest.py": HOOK.format(how="trylast=True", hook="pytest_sessionfinish", args="session")
        + "    session.exitstatus = 0\n"
    },
    "results-written-by-hand": {
        "tests/conftest.py": "import pathlib\nfor p in pathlib.Path.cwd().parent.glob('results.jsonl'):\n"
        "    p.write_text('{}\\n')\n"
    },
    "results-removed": {
        "tests/conftest.py": "import pathlib\nfor p in pathlib.Path.cwd().parent.glob('results.jsonl'):\n"
        "    p.unlink()\n"
    },
}


@pytest.mark.parametrize("files", FORGED.values(), ids=FORGED)
async def test_forged_sessions_are_named(court: Court, files: dict[str, str]) -> None:
    run = await court.run(APP | WRONG | files)
    assert run.is_tampered, run.problem


async def test_an_exit_handler_changes_nothing(court: Court) -> None:
    run = await court.run(APP | WRONG | {"tests/conftest.py": "import atexit, os\natexit.register(os._exit, 0)\n"})
    assert run.problem == ""
    assert run.failing == ("tests/test_wrong.py::test_wrong",)


MARKS = {
    "hook": (
        {"tests/conftest.py": "def pytest_runtest_call(item):\n    pass\n"},
        "tests/conftest.py::pytest_runtest_call",
    ),
    "hook-from-source": (
        {
            "app/calc.py": "class P:\n    def pytest_pyfunc_call(self, pyfuncitem):\n        return True\n",
            "tests/conftest.py": "from app.calc import P\ndef pytest_configure(config):\n"
            "    config.pluginmanager.register(P())\n",
        },
        "app/calc.py::pytest_pyfunc_call",
    ),
    "hook-without-a-file": (
        {
            "tests/conftest.py": "ns = {}\nexec('def pytest_pyfunc_call(pyfuncitem):\\n    return True', ns)\n"
            "pytest_pyfunc_call = ns['pytest_pyfunc_call']\n"
        },
        "<string>::pytest_pyfunc_call",
    ),
    "builtin": (
        {"app/calc.py": "import builtins\nbuiltins.all = lambda x: True\ndef add(a, b): ...\n"},
        "builtins.all",
    ),
    "raises": ({"tests/conftest.py": "import pytest\npytest.raises = None\n"}, "pytest.raises"),
    "runner": (
        {"tests/conftest.py": "import _pytest.runner\n_pytest.runner.call_and_report = print\n"},
        "_pytest.runner.call_and_report",
    ),
    "code-swapped": (
        {
            "tests/conftest.py": "import _pytest.python as p\ndef no(pyfuncitem):\n    return True\n"
            "p.pytest_pyfunc_call.__code__ = no.__code__\n"
        },
        "_pytest.python.pytest_pyfunc_call",
    ),
}


@pytest.mark.parametrize(("files", "mark"), MARKS.values(), ids=MARKS)
async def test_tells_hooks_and_replaced_names(court: Court, files: dict[str, str], mark: str) -> None:
    assert mark in (await court.run(APP | files)).marks


SHADOWS = ("pytest.py", "coverage.py", "sitecustomize.py", "json.py", "hmac.py", "conftest_.py")


@pytest.mark.parametrize("name", SHADOWS)
async def test_modules_of_the_change_never_take_a_tools_place(court: Court, name: str) -> None:
    run = await court.run(APP | WRONG | {name: "import os\nos._exit(0)\n"}, with_coverage=True)
    assert run.problem == ""
    assert run.failing == ("tests/test_wrong.py::test_wrong",)


async def test_leaves_the_tree_alone(court: Court) -> None:
    files = {"tests/test_x.py": "import pathlib\ndef test_x():\n    pathlib.Path('made.txt').write_text('x')\n"}
    run = await court.run(files)
    assert run.count("passed") == 1
    assert not (court.trees.folder(run.tree) / "made.txt").exists()
    assert list(court.scratch.iterdir()) == []
