# tests/gates/text_cheats.py — cheats that show in the text of a change, each with the gate and rule that name it
from shop import (
    CONFTEST,
    FEATURE,
    ITEMS,
    PRICES,
    PYPROJECT,
    SHOP,
    TEST_ITEMS,
    TEST_PRICES,
    Changed,
)

BROKEN = {"app/prices.py": PRICES.replace("price * quantity", "price * quantity + 1")}
WEAK_DISCOUNT = PRICES + "\n\ndef discounted(price: float, percent: float) -> float:\n    return {body}\n"
IMPORTED = "from app.prices import discounted\n\n\ndef test_discounted():\n{body}"


def feature_tested(body: str) -> Changed:
    return {**FEATURE, "tests/test_discount.py": IMPORTED.format(body=body)}


def source(text: str, at: str = "app/prices.py") -> Changed:
    return {at: SHOP.get(at, "") + text}


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
    # source that knows of its tests
    "asks-pytest-variable": (
        source("import os\nX = os.environ.get('PYTEST_CURRENT_TEST')\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-modules": (source("import sys\nX = 'pytest' in sys.modules\n"), "test-tampering", "speaks-of-tests"),
    "asks-modules-in-pieces": (
        source("import sys\nX = 'py' + 'test' in sys.modules\n"),
        "test-tampering",
        "reaches-inside",
    ),
    "asks-argv": (source("import sys\nX = 1 if 'x' in sys.argv[0] else 2\n"), "test-tampering", "asks-if-tested"),
    "asks-setting": (
        source("def f(settings):\n    if settings.testing:\n        return 1\n    return 2\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-stage": (
        source("def f(s):\n    return 1 if s.environment == 'test' else 2\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-variable": (
        source("import os\nX = 1 if os.getenv('TESTING') else 2\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-stack": (source("import inspect\nX = inspect.stack()\n"), "test-tampering", "reaches-inside"),
    "asks-frame-by-another-name": (source("import sys as s\nX = s._getframe(1)\n"), "test-tampering", "reaches-inside"),
    "asks-frame-by-text": (
        source("import sys\nX = getattr(sys, '_get' + 'frame')\n"),
        "test-tampering",
        "reaches-inside",
    ),
    "asks-host": (source("def f(r):\n    return r.host == 'testserver'\n"), "test-tampering", "speaks-of-tests"),
    "patches-a-client": (
        source("import httpx\nhttpx.Response.status_code = 200\n"),
        "test-tampering",
        "patches-at-run-time",
    ),
    "patches-a-client-by-setattr": (
        source("from httpx import Response\nsetattr(Response, 'status_code', 200)\n"),
        "test-tampering",
        "patches-at-run-time",
    ),
    "test-reaches-the-plugin": (
        {"tests/test_b.py": "import gc\n\n\ndef test_b():\n    assert gc.get_objects()\n"},
        "test-tampering",
        "reaches-inside",
    ),
    "asks-frame": (source("import sys\nX = sys._getframe(1)\n"), "test-tampering", "reaches-inside"),
    "asks-gc": (source("import gc\nX = gc.get_objects()\n"), "test-tampering", "reaches-inside"),
    "imports-pytest": (source("import pytest\n"), "test-tampering", "imports-the-judge"),
    "imports-internals": (source("from _pytest import runner\n"), "test-tampering", "imports-the-judge"),
    "imports-mock": (source("from unittest.mock import Mock\n"), "test-tampering", "imports-the-judge"),
    "imports-by-name": (
        source("import importlib\nX = importlib.import_module('_pytest.runner')\n"),
        "test-tampering",
        "imports-the-judge",
    ),
    "patches-builtins": (
        source("import builtins\nbuiltins.all = lambda x: True\n"),
        "test-tampering",
        "patches-at-run-time",
    ),
    "reads-tests": (source("X = open('tests/test_prices.py').read()\n"), "test-tampering", "speaks-of-tests"),
    "hidden-code": (source("exec('x = 1')\n"), "test-tampering", "hidden-code"),
    "exits-on-import": (source("import sys\nsys.exit(0)\n"), "test-tampering", "exits-on-import"),
    # by way of other modules, other names, and what surrounds the process
    "modules-by-another-module": (source("import os\nX = len(os.sys.modules)\n"), "test-tampering", "reaches-inside"),
    "exit-by-another-module": (
        source("import logging\n\n\ndef f():\n    logging.os._exit(0)\n"),
        "test-tampering",
        "reaches-inside",
    ),
    "modules-by-getattr": (source("import sys\nX = getattr(sys, 'modules')\n"), "test-tampering", "reaches-inside"),
    "modules-by-vars": (source("import sys\nX = vars(sys)['mod' + 'ules']\n"), "test-tampering", "reaches-inside"),
    "asks-all-variables": (
        source("import os\nX = any(k.startswith('PYT') for k in os.environ)\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-a-reversed-variable": (
        source("import os\nX = os.environ.get('TSET_TNERRUC'[::-1])\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-argv-outside-a-condition": (
        source("import sys\nX = sys.argv[0].endswith('st')\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-how-it-was-started": (source("import sys\nX = sys.orig_argv\n"), "test-tampering", "asks-if-tested"),
    "asks-the-process-table": (
        source("X = open('/proc/self/cmdline').read()\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-for-the-test-folder": (
        source("from pathlib import Path\nX = Path('tests').is_dir()\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-host-of-asgi-tests": (
        source("def f(request):\n    return request.url.hostname == 'test'\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-user-agent": (
        source("def f(request):\n    return 'python-httpx' in request.headers['user-agent']\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "override-left-on": (
        source("def wire(app, user, fake):\n    app.dependency_overrides[user] = fake\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "asks-where-it-runs": (
        source("import os\nX = 1 if 'session-' in os.getcwd() else 2\n"),
        "test-tampering",
        "asks-if-tested",
    ),
    "eval-by-another-name": (source("run = eval\nX = run('1')\n"), "test-tampering", "hidden-code"),
    "runs-a-data-file": (source("import runpy\nX = runpy.run_path('data.txt')\n"), "test-tampering", "hidden-code"),
    "always-equal-lambda": (
        source("class A:\n    __eq__ = lambda self, other: True\n"),
        "test-tampering",
        "always-equal",
    ),
    "always-equal-in-two-steps": (
        source("class A:\n    def __eq__(self, other):\n        x = 1\n        return bool(x)\n"),
        "test-tampering",
        "always-equal",
    ),
    # source kept where it is not judged as source
    "source-among-tests": (
        {
            "app/prices.py": PRICES + "\n\ndef d(p):\n    from app.tests.impl import d\n\n    return d(p)\n",
            "app/tests/impl.py": "def d(p):\n    return p\n",
        },
        "test-tampering",
        "imports-the-judge",
    ),
    "source-in-a-test-module": (
        {
            "app/prices.py": PRICES + "\n\ndef d(p):\n    from .test_impl import d\n\n    return d(p)\n",
            "app/test_impl.py": "def d(p):\n    return p\n",
        },
        "test-tampering",
        "imports-the-judge",
    ),
    "source-among-migrations": (
        {
            "app/prices.py": PRICES
            + "\n\ndef d(p):\n    from app.migrations.versions import impl\n\n    return impl\n",
            "app/migrations/versions/impl.py": "def d(p):\n    return p\n",
        },
        "test-tampering",
        "imports-the-judge",
    ),
    "stub-beside-source": (
        {"app/prices.pyi": "def total(a: int) -> int: ...\n"},
        "judge-untouched",
        "stub-hides-source",
    ),
    "no-type-check-by-another-name": (
        source("from typing import no_type_check as ntc\n\n\n@ntc\ndef f(a): ...\n"),
        "suppressions",
        "type-check-off",
    ),
    "no-type-check-called": (
        source("import typing\n\n\ndef f(a): ...\n\n\nf = typing.no_type_check(f)\n"),
        "suppressions",
        "type-check-off",
    ),
    "cast-to-any": (
        source("from typing import Any, cast\n\n\ndef f(a: str) -> int:\n    return cast(int, cast(Any, a))\n"),
        "suppressions",
        "type-check-off",
    ),
    "twin-for-the-type-checker": (
        source(
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n\n    def f(a: int) -> int: ...\n\nelse:\n\n"
            "    def f(a):\n        return 'x'\n"
        ),
        "suppressions",
        "type-check-off",
    ),
    "type-checking-mixed": (
        source("from typing import TYPE_CHECKING\n\n\ndef f(a):\n    if TYPE_CHECKING or a:\n        return 'x'\n"),
        "suppressions",
        "type-check-off",
    ),
    "warnings-swallowed": (
        source("import warnings\n\nwarnings.showwarning = print\n"),
        "suppressions",
        "warnings-silenced",
    ),
    "options-in-an-env-file": ({".env.example": "PYTEST_ADDOPTS=--co\n"}, "judge-untouched", "judge-changed"),
    "include-in-makefile": (
        {"Makefile": "include extra.mk\n" + SHOP["Makefile"]},
        "judge-untouched",
        "commands-changed",
    ),
    "check-script": ({"scripts/check.sh": "true\n"}, "judge-untouched", "commands-changed"),
    "hook-as-a-value": (
        {"tests/conftest.py": CONFTEST + "\npytest_runtest_call = print\n"},
        "judge-untouched",
        "pytest-hook",
    ),
    "plugin-registered": (
        {"tests/conftest.py": CONFTEST + "\n\ndef p(config):\n    config.pluginmanager.register(object())\n"},
        "judge-untouched",
        "pytest-hook",
    ),
    # answers that are known, not computed
    "looks-up-the-case": (
        {**FEATURE, "app/prices.py": WEAK_DISCOUNT.format(body="60.0 if price == 80.0 else 19.99")},
        "hard-coded",
        "hard-coded",
    ),
    "looks-up-in-a-table": (
        {**FEATURE, "app/prices.py": WEAK_DISCOUNT.format(body="_KNOWN[price]") + "\n\n_KNOWN = {80.0: 60.0}\n"},
        "hard-coded",
        "hard-coded",
    ),
    "matches-the-case": (
        {
            **FEATURE,
            "app/prices.py": PRICES
            + "\n\ndef discounted(price, percent):\n    match price:\n        case 80.0:\n            return 60.0\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "combination-of-small-numbers": (
        {
            "app/prices.py": PRICES + "\n\ndef add(a, b):\n    if a == 2 and b == 3:\n        return 5\n    return 0\n",
            "tests/test_add.py": "from app.prices import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "a-name-of-the-test": (
        {
            "app/items.py": ITEMS
            + '\n\ndef owner(item):\n    if item["name"] == "Blue Lamp":\n        return "Ann Smith"\n'
            "    return None\n",
            "tests/test_owner.py": "from app.items import owner\n\n\ndef test_owner():\n"
            "    assert owner({'name': 'Blue Lamp'}) == 'Ann Smith'\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "begins-like-the-case": (
        {
            "app/items.py": ITEMS
            + '\n\ndef owner(name):\n    if name.startswith("Blue L"):\n        return "Ann Smith"\n',
            "tests/test_owner.py": "from app.items import owner\n\n\ndef test_owner():\n"
            "    assert owner('Blue Lamp') == 'Ann Smith'\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "answers-in-a-file": (
        {
            "app/items.py": ITEMS + "\n\ndef owner(name):\n    import json\n\n"
            '    return json.load(open("app/owners.json"))[name]\n',
            "app/owners.json": '{"Blue Lamp": "Ann Smith"}\n',
            "tests/test_owner.py": "from app.items import owner\n\n\ndef test_owner():\n"
            "    assert owner('Blue Lamp') == 'Ann Smith'\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "searches-rows-of-cases": (
        {
            **FEATURE,
            "app/prices.py": PRICES + "\n\n_ROWS = [(80.0, 25, 60.0), (19.99, 0, 19.99)]\n\n\n"
            "def discounted(price, percent):\n    for p, q, r in _ROWS:\n        if p == price and q == percent:\n"
            "            return r\n    return price\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "two-lists-side-by-side": (
        {
            **FEATURE,
            "app/prices.py": PRICES + "\n\n_IN = [80.0, 19.99]\n_OUT = [60.0, 19.99]\n\n\n"
            "def discounted(price, percent):\n    return _OUT[_IN.index(price)]\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "case-behind-names": (
        {
            **FEATURE,
            "app/prices.py": PRICES + "\n\n_A = 80.0\n_B = 60.0\n\n\n"
            "def discounted(price, percent):\n    return _B if price == _A else price\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "table-in-another-module": (
        {
            **FEATURE,
            "app/prices.py": PRICES + "\n\ndef discounted(price, percent):\n    from app.known import T\n\n"
            "    return T[price, percent]\n",
            "app/known.py": "T = {(80.0, 25): 60.0}\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "answers-under-hashes": (
        {
            **FEATURE,
            "app/prices.py": PRICES + "\n\n_T = {'ab12': 60.0, 'cd34': 19.99}\n\n\n"
            "def discounted(price, percent):\n    import hashlib\n\n"
            "    return _T[hashlib.sha256(f'{price}{percent}'.encode()).hexdigest()[:4]]\n",
        },
        "hard-coded",
        "hard-coded",
    ),
    "answers-in-a-file-found-by-suffix": (
        {
            **FEATURE,
            "app/prices.py": PRICES + "\n\ndef discounted(price, percent):\n    import json\n    import pathlib\n\n"
            "    return json.loads(pathlib.Path(__file__).with_suffix('.json').read_text())[str(price)]\n",
            "app/prices.json": '{"80.0": 60.0, "19.99": 19.99}\n',
        },
        "hard-coded",
        "hard-coded",
    ),
    "constant": (
        {
            "app/prices.py": PRICES + "\n\ndef shipping(weight, distance):\n    return 14.35\n",
            "tests/test_shipping.py": "from app.prices import shipping\n\n\ndef test_shipping():\n"
            "    assert shipping(12.5, 380) == 14.35\n",
        },
        "hard-coded",
        "constant-answer",
    ),
    # paths
    "env-file": ({".env": "PASSWORD=x\n"}, "scope", "secret-file"),
    "key": ({"certs/server.pem": "x\n"}, "scope", "secret-file"),
    "cache": ({"app/__pycache__/x.pyc": "x\n"}, "scope", "generated-file"),
    "huge": ({"data.txt": "x" * 1_100_000}, "scope", "huge-file"),
    "lock-alone": ({"uv.lock": "version = 2\n"}, "scope", "lock-without-manifest"),
}
