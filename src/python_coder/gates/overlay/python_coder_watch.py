# src/python_coder/gates/overlay/python_coder_watch.py — names of pytest and builtins that nobody may replace
"""Must run on Python 3.8 and newer with pytest 7 to 9."""

from __future__ import annotations

import sys
from typing import Any

_WATCHED = {
    "_pytest.runner": "runtestprotocol call_and_report pytest_runtest_makereport CallInfo.from_call",
    "_pytest.reports": "TestReport.from_item_and_call TestReport.__init__ BaseReport.passed BaseReport.failed",
    "_pytest.python": "pytest_pyfunc_call Function.runtest Function.setup Module._getobj",
    "_pytest.main": "pytest_runtestloop Session.perform_collect wrap_session",
    "_pytest.unittest": "TestCaseFunction.runtest TestCaseFunction.addFailure TestCaseFunction.addError",
    "_pytest.outcomes": "fail skip xfail",
    "_pytest.assertion.rewrite": "AssertionRewritingHook.exec_module rewrite_asserts",
    "pluggy._callers": "_multicall",
    "pytest": "raises approx fail skip fixture main",
    "unittest": "TestCase.run TestCase.assertEqual TestCase.assertTrue TestCase.fail",
    "unittest.mock": "NonCallableMock.assert_called_once_with NonCallableMock.assert_called_with",
    "builtins": "AssertionError BaseException Exception isinstance all any len bool int str float dict list set tuple"
    " type sum sorted repr getattr hasattr",
}
"""Names whose replacement while tests run makes every verdict of the session worthless."""


def resolve(module: str, name: str) -> Any:
    """The object behind a dotted name, or `None`; a method is taken from its class unbound."""
    value = sys.modules.get(module)
    for part in name.split("."):
        is_own = isinstance(value, type) and part in vars(value)
        value = vars(value)[part] if is_own else getattr(value, part, None)
    return value


class Watch:
    """Remembers what pytest and builtins were before project code ran, and names what was replaced since."""

    def __init__(self) -> None:
        self._seen = {
            f"{module}.{name}": (module, name, resolve(module, name))
            for module, names in _WATCHED.items()
            for name in names.split()
            if resolve(module, name) is not None
        }
        self._codes = {key: code_of(value) for key, (_, _, value) in self._seen.items()}

    def replaced(self) -> list[str]:
        """Dotted names that are no longer what they were."""
        return [
            key
            for key, (module, name, value) in self._seen.items()
            if resolve(module, name) is not value or code_of(value) is not self._codes[key]
        ]


def code_of(value: Any) -> Any:
    """The code that a function or method runs, seen through wrappers; `None` when it has none."""
    value = getattr(value, "__func__", value)
    return getattr(getattr(value, "__wrapped__", value), "__code__", None)
