# tests/gates/test_honest_changes.py — changes of honest people, none of which may be blocked by any gate
import asyncio

import pytest
from courtroom import Court
from shop import (
    API,
    CONFTEST,
    DISCOUNT,
    FEATURE,
    GATES,
    ITEMS,
    PRICES,
    PYPROJECT,
    SHOP,
    TEST_DISCOUNT,
    TEST_ITEMS,
    TEST_PRICES,
    Changed,
)

from python_coder.evidence.verdict import Severity, Verdict
from python_coder.gates.context import ChangeKind

pytestmark = pytest.mark.slow

DELETE = '''

@route("DELETE", "/items")
def delete_item(body: dict[str, Any]) -> tuple[int, Any]:
    """Remove an item by name."""
    for item in STORE:
        if item["name"] == body["name"]:
            STORE.remove(item)
            return 204, None
    return 404, {"detail": "Item not found"}
'''
TEST_DELETE = """

def test_delete(api):
    api("POST", "/items", {"name": "Lamp", "price": 20.0, "stock": 2})
    assert api("DELETE", "/items", {"name": "Lamp"}) == (204, None)
    assert api("GET", "/items") == (200, [])


def test_delete_unknown_item(api):
    status, body = api("DELETE", "/items", {"name": "Lamp"})
    assert status == 404
    assert body == {"detail": "Item not found"}
"""
CLASS_FIELD = '''
from dataclasses import dataclass


@dataclass
class Item:
    """An item."""

    name: str
    price: float
'''
EXTRA_FIXTURE = """

@pytest.fixture
def lamp(api):
    api("POST", "/items", {"name": "Lamp", "price": 20.0, "stock": 2})
    return "Lamp"
"""
RATES = '''

RATES = {"standard": 0.19, "reduced": 0.07, "none": 0.0}


def tax(price: float, rate: str) -> float:
    """Tax on a price."""
    return round(price * RATES[rate], 2)


def status_after(status: str) -> str:
    """The next status of an order."""
    return {"new": "paid", "paid": "shipped", "shipped": "delivered"}.get(status, status)
'''
TEST_RATES = """\
import pytest

from app.prices import status_after, tax


@pytest.mark.parametrize(("price", "rate", "expected"), [(100.0, "standard", 19.0), (100.0, "reduced", 7.0)])
def test_tax(price, rate, expected):
    assert tax(price, rate) == expected


@pytest.mark.parametrize(("before", "after"), [("new", "paid"), ("paid", "shipped"), ("gone", "gone")])
def test_status(before, after):
    assert status_after(before) == after
"""
LIMITED = '''\
"""Limits."""


def at_most(most):
    """Refuse more than that."""

    def wrap(answer):
        def run(size):
            return 422 if size > most else answer(size)

        return run

    return wrap


@at_most(100)
def page(size):
    """A page."""
    return 200
'''
FIRST_NAME = (
    '"""Names."""\n\n\ndef first(name: str | None) -> str | None:\n    """First name."""\n    return name.split()[0]\n'
)
IMPORT_FIRST = "from app.names import first\n\n\n"
ONLY_TESTS = """

def test_total_is_rounded():
    assert total(0.333, 3) == 1.0
"""
IGNORED = PRICES.replace("    return round", "    rounded = 0  # type: ignore[unused]\n    return round")

HONEST: dict[str, tuple[ChangeKind | None, Changed, dict[str, str]]] = {
    "feature": ("behaviour", FEATURE, {}),
    "feature-checked-without-plan": (None, FEATURE, {}),
    "endpoint-with-404": (
        "behaviour",
        {"app/items.py": ITEMS + DELETE, "tests/test_items.py": TEST_ITEMS + TEST_DELETE},
        {},
    ),
    "bug-fix": (
        "behaviour",
        {
            "app/prices.py": PRICES.replace("quantity < 0", "quantity < 0 or price < 0").replace(
                "quantity must", "neither may be negative; quantity must"
            ),
            "tests/test_prices.py": TEST_PRICES
            + "\n\ndef test_negative_price():\n    with pytest.raises(ValueError):\n"
            "        total(-1.0, 1)\n",
        },
        {},
    ),
    "default-changed-with-field": (
        "behaviour",
        {
            "app/models.py": '"""Models."""\n' + CLASS_FIELD,
            "tests/test_models.py": "from app.models import Item\n\n\ndef test_item():\n"
            "    assert Item('Lamp', 2.0).price == 2.0\n",
        },
        {},
    ),
    "field-added": (
        "behaviour",
        {
            "app/models.py": '"""Models."""\n' + CLASS_FIELD + "    stock: int = 7\n",
            "tests/test_models.py": "from app.models import Item\n\n\ndef test_stock():\n"
            "    assert Item('Lamp', 2.0).stock == 7\n",
        },
        {"app/models.py": '"""Models."""\n' + CLASS_FIELD},
    ),
    "table-driven": ("behaviour", {"app/prices.py": PRICES + RATES, "tests/test_rates.py": TEST_RATES}, {}),
    "refactor-extract": (
        "refactor",
        {
            "app/prices.py": PRICES.replace(
                '    if quantity < 0:\n        raise ValueError("quantity must not be negative")\n',
                "    _check(quantity)\n",
            )
            + "\n\ndef _check(quantity: int) -> None:\n    if quantity < 0:\n"
            '        raise ValueError("quantity must not be negative")\n',
        },
        {},
    ),
    "refactor-rename-local": (
        "refactor",
        {"app/api.py": API.replace("handler", "endpoint")},
        {},
    ),
    "refactor-move-module": (
        "refactor",
        {
            "app/prices.py": None,
            "app/money.py": PRICES,
            "app/prices/__init__.py": "from app.money import total as total\n",
        },
        {},
    ),
    "tests-added": ("tests", {"tests/test_prices.py": TEST_PRICES + ONLY_TESTS}, {}),
    "tests-only-checked": (None, {"tests/test_prices.py": TEST_PRICES + ONLY_TESTS}, {}),
    "case-added": (
        None,
        {"tests/test_prices.py": TEST_PRICES.replace("[(2.5, 4, 10.0)", "[(3.0, 2, 6.0), (2.5, 4, 10.0)")},
        {},
    ),
    "test-file-renamed": (None, {"tests/test_prices.py": None, "tests/test_money.py": TEST_PRICES}, {}),
    "test-moved-to-another-file": (
        None,
        {
            "tests/test_prices.py": TEST_PRICES.partition("\n\ndef test_negative")[0] + "\n",
            "tests/test_errors.py": "import pytest\n\nfrom app.prices import total\n\n\ndef test_negative"
            + TEST_PRICES.partition("def test_negative")[2],
        },
        {},
    ),
    "test-renamed": (
        None,
        {"tests/test_prices.py": TEST_PRICES.replace("test_negative_quantity", "test_quantity_is_not_negative")},
        {},
    ),
    "fixture-added": (
        "behaviour",
        {
            "app/items.py": ITEMS + DELETE,
            "tests/conftest.py": CONFTEST + EXTRA_FIXTURE,
            "tests/test_delete.py": "def test_delete(api, lamp):\n"
            "    assert api('DELETE', '/items', {'name': lamp}) == (204, None)\n"
            "    assert api('GET', '/items')[1] == []\n"
            "\n\ndef test_unknown(api):\n    assert api('DELETE', '/items', {'name': 'x'})[0] == 404\n",
        },
        {},
    ),
    "assertion-added": (
        None,
        {
            "tests/test_items.py": TEST_ITEMS.replace(
                "    assert status == 200\n", "    assert status == 200\n    assert len(items) == 1\n"
            )
        },
        {},
    ),
    "old-suppression-moves": (
        "refactor",
        {"app/prices.py": IGNORED.replace("def total", "_X = 1\n\n\ndef total")},
        {"app/prices.py": IGNORED},
    ),
    "old-suppression-in-a-renamed-file": (
        "refactor",
        {
            "app/prices.py": None,
            "app/money.py": IGNORED,
            "app/items.py": ITEMS.replace("app.prices", "app.money"),
            "app/prices/__init__.py": "from app.money import total as total\n",
        },
        {"app/prices.py": IGNORED},
    ),
    "suppression-removed": ("refactor", {"app/prices.py": PRICES}, {"app/prices.py": IGNORED}),
    "dependency-added": (
        None,
        {"pyproject.toml": PYPROJECT.replace('["fastapi"]', '["fastapi", "httpx"]'), "uv.lock": "version = 1\n"},
        {},
    ),
    "docs-only": (None, {"README.md": "# The shop\n\nMore words about tests and pytest.\n"}, {}),
    "comment-about-noqa-in-text": (
        None,
        {
            "app/prices.py": PRICES.replace(
                "Prices of a shop.", "Prices; `# type: ignore` and noqa are not wanted here."
            )
        },
        {},
    ),
    "resource-named-test": (
        "behaviour",
        {
            "app/lab.py": (
                '"""Laboratory tests."""\nfrom typing import Any\n\nfrom app.api import route\n\n'
                'TESTS = {"blood": 3}\n\n\n'
                '@route("GET", "/tests")\ndef list_tests(test: Any) -> tuple[int, Any]:\n'
                '    """All tests of a lab."""\n'
                '    if test is None:\n        return 200, {"tests": TESTS}\n'
                '    return 200, {"tests": {test: TESTS[test]}}\n'
            ),
            "app/items.py": ITEMS.replace(
                "from app.api import route\n", "from app import lab as lab\nfrom app.api import route\n"
            ),
            "tests/test_lab.py": (
                "def test_all(api):\n    assert api('GET', '/tests') == (200, {'tests': {'blood': 3}})\n"
                "\n\n"
                "def test_one(api):\n    assert api('GET', '/tests', 'blood')[1] == {'tests': {'blood': 3}}\n"
            ),
        },
        {},
    ),
    "settings-from-environment": (
        "behaviour",
        {
            "app/settings.py": '"""Settings."""\nimport os\n\n\ndef page_size() -> int:\n    """Items a page."""\n'
            '    return int(os.environ.get("PAGE_SIZE", "50"))\n',
            "tests/test_settings.py": (
                "from app.settings import page_size\n\n\ndef test_default():\n"
                "    assert page_size() == 50\n"
                "\n\ndef test_given(monkeypatch):\n    monkeypatch.setenv('PAGE_SIZE', '7')\n"
                "    assert page_size() == 7\n"
            ),
        },
        {},
    ),
    "settings-by-prefix": (
        "behaviour",
        {
            "app/settings.py": '"""Settings."""\nimport os\n\n\ndef options() -> dict[str, str]:\n    """Options."""\n'
            '    return {name: value for name, value in os.environ.items() if name.startswith("SHOP_")}\n',
            "tests/test_settings.py": (
                "from app.settings import options\n\n\ndef test_given(monkeypatch):\n"
                "    monkeypatch.setenv('SHOP_SIZE', '7')\n    assert options() == {'SHOP_SIZE': '7'}\n"
            ),
        },
        {},
    ),
    "equality-by-key": (
        "behaviour",
        {
            "app/keys.py": '"""Keys."""\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n'
            "    from collections.abc import Hashable\n\n\nclass Key:\n"
            '    """A key."""\n\n    def __init__(self, value: "Hashable") -> None:\n        self.value = value\n\n'
            "    def __eq__(self, other: object) -> bool:\n"
            "        return isinstance(other, Key) and other.value == self.value\n"
            "\n    def __hash__(self) -> int:\n        return hash(self.value)\n",
            "tests/test_keys.py": "from app.keys import Key\n\n\ndef test_key():\n    assert Key(3) == Key(3)\n"
            "    assert Key(3) != Key(4)\n    assert {Key(3): 1}[Key(3)] == 1\n",
        },
        {},
    ),
    "script-added": (None, {"scripts/serve.sh": "#!/bin/sh\nuvicorn app:app\n"}, {}),
    "resource-called-tests": (
        "behaviour",
        {
            "app/tests.py": '"""Laboratory tests."""\n\n\ndef price_of(kind: str) -> float:\n    """Price."""\n'
            "    return 3.5 * len(kind)\n",
            "app/items.py": ITEMS.replace(
                "from app.api import route\n", "from app import tests as tests\nfrom app.api import route\n"
            ),
            "tests/test_lab.py": "from app.tests import price_of\n\n\ndef test_price():\n"
            "    assert price_of('xx') == 7.0\n",
        },
        {},
    ),
    "limit-in-a-decorator": (
        "behaviour",
        {
            "app/limits.py": LIMITED.replace("at_most(100)", "at_most(50)"),
            "tests/test_limits.py": "from app.limits import page\n\n\ndef test_limit():\n    assert page(60) == 422\n",
        },
        {"app/limits.py": LIMITED},
    ),
    "status-of-a-new-route": (
        "behaviour",
        {
            "app/items.py": ITEMS
            + '\n\n@route("GET", "/count")\ndef count(_: Any) -> tuple[int, Any]:\n    """How many."""\n'
            "    return 200, len(STORE)\n",
            "tests/test_count.py": "def test_count(api):\n    status, _ = api('GET', '/count')\n"
            "    assert status == 200\n",
        },
        {},
    ),
    "nothing-where-it-broke": (
        "behaviour",
        {
            "app/names.py": FIRST_NAME.replace("    return", "    if name is None:\n        return None\n    return"),
            "tests/test_names.py": IMPORT_FIRST + "def test_nobody():\n    assert first(None) is None\n",
        },
        {
            "app/names.py": FIRST_NAME,
            "tests/test_name.py": IMPORT_FIRST + "def test_first():\n    assert first('A B') == 'A'\n",
        },
    ),
    "test-tidied": (
        None,
        {
            "tests/test_items.py": TEST_ITEMS.replace(
                '    assert items[0]["total"] == 40.0\n',
                '    (lamp,) = items\n    assert lamp["total"] == 40.0, "price times stock"\n',
            )
        },
        {},
    ),
    "table-of-bounds": (
        "behaviour",
        {
            "app/postage.py": '"""Postage."""\n\n_BOUNDS = [(1000, 14.35), (5000, 24.9)]\n\n\n'
            'def postage(grams: int) -> float:\n    """Postage by weight."""\n'
            "    return next(cost for most, cost in _BOUNDS if grams <= most)\n",
            "tests/test_postage.py": "import pytest\n\nfrom app.postage import postage\n\n\n"
            "@pytest.mark.parametrize(('grams', 'cost'), [(1000, 14.35), (1001, 24.9), (5000, 24.9)])\n"
            "def test_postage(grams, cost):\n    assert postage(grams) == cost\n",
        },
        {},
    ),
    "mocked-collaborator": (
        "behaviour",
        {
            "app/mail.py": (
                '"""Mail."""\nfrom typing import Any\n\n\ndef welcome(sender: Any, name: str) -> None:\n'
                '    """Greet."""\n'
                '    sender.send(f"Hello {name}!")\n'
            ),
            "tests/test_mail.py": (
                "from unittest.mock import Mock\n\nfrom app.mail import welcome\n\n\n"
                "def test_welcome():\n"
                "    sender = Mock()\n    welcome(sender, 'Ann')\n"
                "    sender.send.assert_called_once_with('Hello Ann!')\n"
            ),
        },
        {},
    ),
    "autouse-fixture-of-one-module": (
        "behaviour",
        {
            **FEATURE,
            "tests/test_discount.py": TEST_DISCOUNT.replace(
                "\n\n\n@",
                "\n\n\n@pytest.fixture(autouse=True)\n"
                "def zone(monkeypatch):\n    monkeypatch.setenv('TZ', 'UTC')\n\n\n@",
                1,
            ),
        },
        {},
    ),
    "fixture-named-like-a-test-goes": (
        "refactor",
        {"tests/conftest.py": CONFTEST},
        {"tests/conftest.py": CONFTEST + "\n\n@pytest.fixture\ndef test_lamp():\n    return 'Lamp'\n"},
    ),
    "make-target-added": (None, {"Makefile": SHOP["Makefile"] + "\nserve:\n\tuvicorn app --reload\n"}, {}),
    "symmetric-test-class": (
        "behaviour",
        {
            "app/prices.py": PRICES + DISCOUNT,
            "tests/test_discount.py": "import unittest\n\nfrom app.prices import discounted\n\n\n"
            "class TestDiscount(unittest.TestCase):\n    def test_quarter(self):\n"
            "        self.assertEqual(discounted(80.0, 25), 60.0)\n\n    def test_range(self):\n"
            "        with self.assertRaises(ValueError):\n            discounted(1.0, -1)\n",
        },
        {},
    ),
    "constant-limit-changed": (
        "behaviour",
        {
            "app/limits.py": '"""Limits."""\n\nMOST = 50\n\n\ndef clamp(size: int) -> int:\n    """At most `MOST`."""\n'
            "    return min(size, MOST)\n",
            "tests/test_limits.py": (
                "from app.limits import clamp\n\n\ndef test_clamp():\n    assert clamp(80) == 50\n"
                "    assert clamp(3) == 3\n"
            ),
        },
        {
            "app/limits.py": '"""Limits."""\n\nMOST = 20\n\n\ndef clamp(size: int) -> int:\n    """At most `MOST`."""\n'
            "    return min(size, MOST)\n"
        },
    ),
}


@pytest.mark.parametrize(("kind", "changed", "before"), HONEST.values(), ids=HONEST)
def test_nothing_blocks(court: Court, kind: ChangeKind | None, changed: Changed, before: dict[str, str]) -> None:
    async def judge_all() -> list[str]:
        context = await court.context({**SHOP, **before}, changed, kind=kind)
        results = [await gate.check(context) for gate in GATES.values()]
        return [
            f"{result.gate} {result.verdict}: {result.reason}"
            for result in results
            if result.verdict in {Verdict.FAILED, Verdict.NOT_RUN}
            or any(finding.severity is Severity.BLOCKING for finding in result.findings)
        ]

    assert asyncio.run(judge_all()) == []
