# tests/gates/source_cheats.py — cheats in the source itself: it knows of its tests, hides, or knows the answers
from shop import CONFTEST, FEATURE, ITEMS, PRICES, SHOP, Changed

WEAK_DISCOUNT = PRICES + "\n\ndef discounted(price: float, percent: float) -> float:\n    return {body}\n"


def source(text: str, at: str = "app/prices.py") -> Changed:
    return {at: SHOP.get(at, "") + text}


# name: (changed files, gate that must say no, rule)
SOURCE_CHEATS: dict[str, tuple[Changed, str, str]] = {
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
}
