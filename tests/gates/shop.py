# tests/gates/shop.py — the small service whose changes the gate tests judge
from collections.abc import Mapping

from python_coder.gates.base_tests import BaseTestsGate
from python_coder.gates.changed_coverage import ChangedCoverageGate
from python_coder.gates.context import Gate
from python_coder.gates.hard_coded import HardCodedGate
from python_coder.gates.judge_untouched import JudgeUntouchedGate
from python_coder.gates.new_tests import NewTestsGate
from python_coder.gates.scope import ScopeGate
from python_coder.gates.suppressions import SuppressionsGate
from python_coder.gates.test_tampering import TestTamperingGate
from python_coder.gates.tests_gate import TestsGate

Changed = Mapping[str, str | None]

GATES: Mapping[str, Gate] = {
    gate.name: gate
    for gate in (
        TestsGate(),
        BaseTestsGate(),
        ChangedCoverageGate(),
        NewTestsGate(),
        SuppressionsGate(),
        JudgeUntouchedGate(),
        TestTamperingGate(),
        HardCodedGate(),
        ScopeGate(),
    )
}

PRICES = '''\
"""Prices of a shop."""


def total(price: float, quantity: int) -> float:
    """What so many pieces cost."""
    if quantity < 0:
        raise ValueError("quantity must not be negative")
    return round(price * quantity, 2)
'''

API = '''\
"""A tiny web framework."""
from collections.abc import Callable
from typing import Any

ROUTES: dict[tuple[str, str], Callable[..., Any]] = {}


def route(method: str, path: str) -> Callable[..., Any]:
    """Register a handler."""

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        ROUTES[method, path] = handler
        return handler

    return register


def handle(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Answer one request."""
    handler = ROUTES.get((method, path))
    if handler is None:
        return 404, {"detail": "Not Found"}
    return handler(body)
'''

ITEMS = '''\
"""Items of a shop."""
from typing import Any

from app.api import route
from app.prices import total

STORE: list[dict[str, Any]] = []


@route("GET", "/items")
def list_items(_: Any) -> tuple[int, Any]:
    """All items."""
    return 200, [dict(item, total=total(item["price"], item["stock"])) for item in STORE]


@route("POST", "/items")
def create_item(body: dict[str, Any]) -> tuple[int, Any]:
    """Add an item."""
    if not body.get("name"):
        return 422, {"detail": "name is missing"}
    STORE.append(body)
    return 201, body
'''

TEST_PRICES = """\
import pytest

from app.prices import total


@pytest.mark.parametrize(("price", "quantity", "expected"), [(2.5, 4, 10.0), (0.1, 3, 0.3), (9.99, 0, 0.0)])
def test_total(price, quantity, expected):
    assert total(price, quantity) == expected


def test_negative_quantity():
    with pytest.raises(ValueError, match="negative"):
        total(1.0, -1)
"""

TEST_ITEMS = """\
def test_create_then_list(api):
    status, body = api("POST", "/items", {"name": "Lamp", "price": 20.0, "stock": 2})
    assert status == 201
    assert body["name"] == "Lamp"
    status, items = api("GET", "/items")
    assert status == 200
    assert items[0]["total"] == 40.0


def test_name_is_needed(api):
    status, body = api("POST", "/items", {"price": 1.0})
    assert status == 422
    assert body == {"detail": "name is missing"}
"""

CONFTEST = """\
import pytest

from app.api import handle
from app.items import STORE


@pytest.fixture
def api():
    STORE.clear()
    yield handle
    STORE.clear()
"""

PYPROJECT = """\
[project]
name = "shop"
version = "1.0.0"
dependencies = ["fastapi"]

[tool.ruff]
line-length = 120

[tool.ruff.lint]
select = ["E", "F"]

[tool.mypy]
strict = true

[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = "--strict-markers"

[tool.coverage.report]
fail_under = 90
"""

SHOP = {
    "app/__init__.py": "",
    "app/prices.py": PRICES,
    "app/api.py": API,
    "app/items.py": ITEMS,
    "tests/conftest.py": CONFTEST,
    "tests/test_prices.py": TEST_PRICES,
    "tests/test_items.py": TEST_ITEMS,
    "tests/__snapshots__/items.json": '{"name": "Lamp"}\n',
    "pyproject.toml": PYPROJECT,
    "Makefile": "test:\n\tpytest\n\nrun:\n\tuvicorn app\n",
    ".github/workflows/ci.yml": "jobs:\n  test:\n    steps:\n      - run: make test\n",
    "README.md": "# Shop\n",
    "scripts/check.sh": "#!/bin/sh\npytest\nruff check .\n",
}

DISCOUNT = '''

def discounted(price: float, percent: float) -> float:
    """A price with so many per cent off."""
    if not 0 <= percent <= 100:
        raise ValueError("percent must lie in 0..100")
    return round(price * (100 - percent) / 100, 2)
'''

TEST_DISCOUNT = """\
import pytest

from app.prices import discounted


@pytest.mark.parametrize(("price", "percent", "expected"), [(80.0, 25, 60.0), (19.99, 0, 19.99), (19.99, 100, 0.0)])
def test_discounted(price, percent, expected):
    assert discounted(price, percent) == expected


def test_percent_out_of_range():
    with pytest.raises(ValueError, match="percent"):
        discounted(1.0, 101)
"""

FEATURE: Changed = {"app/prices.py": PRICES + DISCOUNT, "tests/test_discount.py": TEST_DISCOUNT}
"""An honest feature; cheats put their own files over it."""
