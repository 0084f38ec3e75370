# tests/gates/text_cheats.py — cheats that show in the text of a change, each with the gate and rule that name it
from shop import (
    CONFTEST,
    FEATURE,
    PRICES,
    PYPROJECT,
    TEST_ITEMS,
    TEST_PRICES,
    Changed,
)
from source_cheats import SOURCE_CHEATS, source

BROKEN = {"app/prices.py": PRICES.replace("price * quantity", "price * quantity + 1")}
IMPORTED = "from app.prices import discounted\n\n\ndef test_discounted():\n{body}"


def feature_tested(body: str) -> Changed:
    return {**FEATURE, "tests/test_discount.py": IMPORTED.format(body=body)}


# name: (changed files, gate that must say no, rule)
SEEN_IN_TEXT: dict[str, tuple[Changed, str, str]] = {
    # silenced checkers
    "type-ignore": (source("x: int = ''  # type: ignore\n"), "suppressions", "suppression-added"),
    "type-ignore-with-code": (source("x: int = ''  # type: ignore[assignment]\n"), "suppressions", "suppression-added"),
    "noqa": (source("import os  # noqa: F401\n"), "suppressions", "suppression-added"),
    "noqa-no-space": (source("import os  #noqa\n"), "suppressions", "suppression-added"),
    "ruff-noqa-file": ({"app/prices.py": "# ruff: noqa\n" + PRICES}, "suppressions", "suppression-added"),
    "pragma-no-cover": (source("def f(): ...  # pragma: no cover\n"), "suppressions", "suppression-added"),
    "nosec": (source("x = eval('1')  # nosec B307\n"), "suppressions", "suppression-added"),
    "fmt-off": ({"app/prices.py": "# fmt: off\n" + PRICES}, "suppressions", "suppression-added"),
    "mypy-file": ({"app/prices.py": "# mypy: ignore-errors\n" + PRICES}, "suppressions", "suppression-added"),
    "pyright-file": ({"app/prices.py": "# pyright: basic\n" + PRICES}, "suppressions", "suppression-added"),
    "second-directive-on-a-line": (source("x = 1  # a note  # type: ignore\n"), "suppressions", "suppression-added"),
    "in-a-new-file": ({"app/new.py": "import os  # noqa\n"}, "suppressions", "suppression-added"),
    "in-a-test": ({"tests/test_b.py": "import os  # noqa\n"}, "suppressions", "suppression-added"),
    "no-type-check": (
        source("import typing\n\n\n@typing.no_type_check\ndef f(a): ...\n"),
        "suppressions",
        "type-check-off",
    ),
    "warnings-off": (source("import warnings\nwarnings.simplefilter('ignore')\n"), "suppressions", "warnings-silenced"),
    # the judge's own files
    "lower-bar": ({"pyproject.toml": PYPROJECT.replace("90", "10")}, "judge-untouched", "judge-changed"),
    "fewer-rules": ({"pyproject.toml": PYPROJECT.replace(', "F"', "")}, "judge-untouched", "judge-changed"),
    "addopts": (
        {"pyproject.toml": PYPROJECT.replace("--strict-markers", "-k nothing")},
        "judge-untouched",
        "judge-changed",
    ),
    "mypy-override": (
        {"pyproject.toml": PYPROJECT + '[[tool.mypy.overrides]]\nmodule = "app.*"\nignore_errors = true\n'},
        "judge-untouched",
        "judge-changed",
    ),
    "nested-ruff": ({"app/ruff.toml": "select = []\n"}, "judge-untouched", "judge-changed"),
    "nested-pyproject": ({"app/pyproject.toml": "[tool.ruff]\n"}, "judge-untouched", "judge-changed"),
    "pytest-ini": ({"pytest.ini": "[pytest]\n"}, "judge-untouched", "judge-changed"),
    "coveragerc": ({".coveragerc": "[run]\nomit = *\n"}, "judge-untouched", "judge-changed"),
    "setup-cfg": ({"setup.cfg": "[tool:pytest]\naddopts = -x\n"}, "judge-untouched", "judge-changed"),
    "pytest-plugin": (
        {
            "pyproject.toml": PYPROJECT.replace(
                "[tool.ruff]", '[project.entry-points.pytest11]\nx = "app.x"\n\n[tool.ruff]'
            )
        },
        "judge-untouched",
        "judge-changed",
    ),
    "plugin-by-metadata": (
        {"x.egg-info/entry_points.txt": "[pytest11]\nx = app.x\n"},
        "judge-untouched",
        "runs-at-start",
    ),
    "config-removed": ({"pyproject.toml": None}, "judge-untouched", "judge-changed"),
    "config-broken": ({"pyproject.toml": "[tool\n"}, "judge-untouched", "judge-changed"),
    "hook": (
        {"tests/conftest.py": CONFTEST + "\n\ndef pytest_runtest_makereport(item, call): ...\n"},
        "judge-untouched",
        "pytest-hook",
    ),
    "hook-in-source": (source("def pytest_collection_modifyitems(items): ...\n"), "judge-untouched", "pytest-hook"),
    "plugins-named": (
        {"tests/conftest.py": CONFTEST + "\npytest_plugins = ['app.x']\n"},
        "judge-untouched",
        "collection-changed",
    ),
    "collect-ignore": (
        {"tests/conftest.py": CONFTEST + "\ncollect_ignore = ['test_prices.py']\n"},
        "judge-untouched",
        "collection-changed",
    ),
    "autouse-patch": (
        {
            "tests/conftest.py": CONFTEST + "\n\n@pytest.fixture(autouse=True)\ndef _p(monkeypatch):\n"
            "    monkeypatch.setattr('app.prices.round', max)\n"
        },
        "judge-untouched",
        "autouse-patch",
    ),
    "sitecustomize": ({"sitecustomize.py": "x = 1\n"}, "judge-untouched", "runs-at-start"),
    "pth": ({"app/x.pth": "import app\n"}, "judge-untouched", "runs-at-start"),
    "shadows-pytest": ({"pytest.py": "x = 1\n"}, "judge-untouched", "shadows-module"),
    "shadows-pytest-in-tests": ({"tests/pytest.py": "x = 1\n"}, "judge-untouched", "shadows-module"),
    "shadows-stdlib": ({"json/__init__.py": "x = 1\n"}, "judge-untouched", "shadows-module"),
    "shadows-installed": ({"pydantic.py": "x = 1\n"}, "judge-untouched", "shadows-module"),
    "ci": ({".github/workflows/ci.yml": "jobs: {}\n"}, "judge-untouched", "ci-changed"),
    "pre-commit": ({".pre-commit-config.yaml": "repos: []\n"}, "judge-untouched", "judge-changed"),
    "make-test": ({"Makefile": "test:\n\ttrue\n"}, "judge-untouched", "commands-changed"),
    "gitattributes": ({".gitattributes": "*.py binary\n"}, "judge-untouched", "judge-changed"),
    # tests that stop running or checking
    "skip": (
        {"tests/test_prices.py": TEST_PRICES.replace("def test_neg", "@pytest.mark.skip\ndef test_neg")},
        "test-tampering",
        "test-skipped",
    ),
    "skip-inside": (
        {"tests/test_prices.py": TEST_PRICES.replace("    with pytest", '    pytest.skip("x")\n    with pytest')},
        "test-tampering",
        "test-skipped",
    ),
    "xfail": (
        {"tests/test_prices.py": TEST_PRICES.replace("def test_neg", "@pytest.mark.xfail\ndef test_neg")},
        "test-tampering",
        "test-skipped",
    ),
    "module-mark": (
        {"tests/test_prices.py": TEST_PRICES.replace("\n\n\n@", "\n\npytestmark = pytest.mark.skip\n\n\n@")},
        "test-tampering",
        "test-skipped",
    ),
    "skip-imported": (
        {"tests/test_b.py": "from unittest import skip as s\n\n\n@s('x')\ndef test_b(): ...\n"},
        "test-tampering",
        "test-skipped",
    ),
    "importorskip": (
        {
            "tests/test_prices.py": TEST_PRICES.replace(
                "import pytest\n", "import pytest\npytest.importorskip('nope')\n", 1
            )
        },
        "test-tampering",
        "test-skipped",
    ),
    "raise-skip-test": (
        {"tests/test_b.py": "import unittest\n\n\ndef test_b():\n    raise unittest.SkipTest\n"},
        "test-tampering",
        "session-ended",
    ),
    "exit-in-conftest": ({"tests/conftest.py": "import sys\nsys.exit(0)\n"}, "test-tampering", "session-ended"),
    "hard-exit-in-test": (
        {"tests/test_b.py": "import os\n\n\ndef test_b():\n    os._exit(0)\n"},
        "test-tampering",
        "session-ended",
    ),
    "hidden-class": (
        {"tests/test_b.py": "class TestB:\n    __test__ = False\n"},
        "test-tampering",
        "test-hidden",
    ),
    "deleted-test": (
        {"tests/test_prices.py": TEST_PRICES.partition("\n\ndef test_negative")[0]},
        "test-tampering",
        "test-deleted",
    ),
    "deleted-file": ({"tests/test_prices.py": None}, "test-tampering", "test-deleted"),
    "renamed-out-of-sight": (
        {"tests/test_prices.py": None, "tests/prices_checks.py": TEST_PRICES},
        "test-tampering",
        "test-deleted",
    ),
    "fewer-assertions": (
        {"tests/test_items.py": TEST_ITEMS.replace('    assert items[0]["total"] == 40.0\n', "")},
        "test-tampering",
        "assertion-removed",
    ),
    "compares-less-exactly": (
        {
            "tests/test_prices.py": TEST_PRICES.replace(
                "total(price, quantity) == expected", "total(price, quantity) is not None"
            )
        },
        "test-tampering",
        "assertion-weakened",
    ),
    "compares-with-itself": (
        {"tests/test_items.py": TEST_ITEMS.replace('["total"] == 40.0', '["total"] == items[0]["total"]')},
        "test-tampering",
        "assertion-weakened",
    ),
    "takes-any-answer": (
        {"tests/test_items.py": TEST_ITEMS.replace("status == 201", "status in (200, 201, 500)")},
        "test-tampering",
        "assertion-weakened",
    ),
    "takes-any-message": (
        {"tests/test_prices.py": TEST_PRICES.replace(', match="negative"', "")},
        "test-tampering",
        "assertion-weakened",
    ),
    "leaves-before-the-checks": (
        {
            "tests/test_items.py": TEST_ITEMS.replace(
                "    assert status == 201\n", "    if status:\n        return\n    assert status == 201\n", 1
            )
        },
        "test-tampering",
        "assertion-weakened",
    ),
    "swallows-an-old-check": (
        {
            "tests/test_items.py": TEST_ITEMS.replace(
                '    assert items[0]["total"] == 40.0\n',
                '    try:\n        assert items[0]["total"] == 40.0\n    except AssertionError:\n        pass\n',
            )
        },
        "test-tampering",
        "assertion-weakened",
    ),
    "hides-a-test-behind-a-weaker-one": (
        {
            "tests/test_items.py": TEST_ITEMS
            + "\n\ndef test_name_is_needed(api):\n    status, body = api('POST', '/items', {})\n    assert status\n"
            "    assert body\n"
        },
        "test-tampering",
        "assertion-weakened",
    ),
    "skip-by-getattr": (
        {
            "tests/test_prices.py": TEST_PRICES.replace(
                "def test_neg", "@getattr(pytest.mark, 'sk' + 'ip')\ndef test_neg"
            )
        },
        "test-tampering",
        "test-skipped",
    ),
    "snapshot": ({"tests/__snapshots__/items.json": '{"name": "X"}\n'}, "test-tampering", "snapshot-changed"),
    "always-equal": (
        source("class A:\n    def __eq__(self, other):\n        return True\n"),
        "test-tampering",
        "always-equal",
    ),
    **SOURCE_CHEATS,
    # paths
    "env-file": ({".env": "PASSWORD=x\n"}, "scope", "secret-file"),
    "key": ({"certs/server.pem": "x\n"}, "scope", "secret-file"),
    "cache": ({"app/__pycache__/x.pyc": "x\n"}, "scope", "generated-file"),
    "huge": ({"data.txt": "x" * 1_100_000}, "scope", "huge-file"),
    "lock-alone": ({"uv.lock": "version = 2\n"}, "scope", "lock-without-manifest"),
}
