# src/python_coder/gates/vacuous.py — tests that cannot fail, seen from their text
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from python_coder.gates.outside_names import OutsideNames, outside_names
from python_coder.gates.statements import Source, walk
from python_coder.gates.test_functions import TestFunction

_CHECKING = re.compile(
    r"(^|_)(assert|check|verify|expect|ensure|validate|must|should|compare|approve)|^assert|^fail|^raise_for_status$"
    r"|^(match|snapshot|regression)"
)
_CATCHING = {"AssertionError", "Exception", "BaseException"}
_EXPECTING = {"raises", "warns", "deprecated_call", "assertRaises", "assertRaisesRegex", "assertWarns", "assertLogs"}
_LEAVING = {"skip", "exit", "xfail", "skipTest", "_exit"}


@dataclass(frozen=True)
class Weakness:
    """Why a test cannot fail, and where."""

    line: int
    """1-based; the test's own `def` when it checks nothing at all."""
    why: str


@dataclass
class _Scan:
    """What the statements of one test amount to."""

    source: Source
    outside: OutsideNames
    is_checked: bool = False
    weak: list[Weakness] = field(default_factory=list)
    sound: list[cst.CSTNode] = field(default_factory=list)
    """The checks that can fail."""
    firm: int = 0
    """How many of them run whatever happens before."""
    conditions: int = 0
    """How many conditions stand around the place that is looked at."""

    def reject(self, node: cst.CSTNode, why: str) -> None:
        self.weak.append(Weakness(self.source.line(node), why))


@dataclass(frozen=True)
class Strength:
    """How much a test checks; a rewritten test must not have less of any of these."""

    firm: int
    """Checks that can fail and stand under no condition."""
    exact: int
    """Checks that can fail and compare with one value, such as `==` and `match=`."""

    def is_less_than(self, other: "Strength") -> bool:
        """Whether something was lost."""
        return self.firm < other.firm or self.exact < other.exact


def strength(test: TestFunction) -> Strength:
    """Count the checks of a test that say something."""
    scan = _scanned(test)
    return Strength(firm=scan.firm, exact=sum(_exactness(node) for node in scan.sound)) if scan else Strength(0, 0)


def _exactness(node: cst.CSTNode) -> int:
    if isinstance(node, cst.Assert):
        return _equalities(node.test)
    if not isinstance(node, cst.Call):
        return 0
    has_match = any(arg.keyword and arg.keyword.value == "match" for arg in node.args)
    return int(has_match or _last_name(node.func).endswith(("Equal", "_with")))


def _equalities(test: cst.BaseExpression) -> int:
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        return _equalities(test.left) + _equalities(test.right)
    parts = test.comparisons if isinstance(test, cst.Comparison) else ()
    return sum(
        isinstance(part.operator, (cst.Equal, cst.Is)) and _last_name(part.comparator) not in {"True", "False", "ANY"}
        for part in parts
    )


def _scanned(test: TestFunction) -> _Scan | None:
    node = test.definition.node
    if not isinstance(node, cst.FunctionDef):
        return None
    scan = _Scan(test.source, outside_names(test.source, node))
    _scan_block(node.body, scan, is_swallowed=False)
    return scan


def weaknesses(test: TestFunction) -> tuple[Weakness, ...]:
    """Why a test can never fail because of the service; empty when one of its checks can."""
    scan = _scanned(test)
    if scan is None or scan.is_checked:
        return ()
    return tuple(scan.weak) or (Weakness(test.line, "it checks nothing: assert on what the service does"),)


def _scan_block(body: cst.BaseSuite, scan: _Scan, *, is_swallowed: bool) -> None:
    is_reachable = True
    conditions = scan.conditions
    for statement in body.body:
        if not is_reachable:
            _reject_all(statement, scan, "it stands after the end of the test and never runs")
            continue
        _scan_statement(statement, scan, is_swallowed=is_swallowed)
        is_reachable = not _leaves(statement)
        # What follows runs only if this did not leave the test.
        scan.conditions += isinstance(statement, cst.If) and any(_leaves(inner) for inner in statement.body.body)
    scan.conditions = conditions


def _scan_statement(node: cst.CSTNode, scan: _Scan, *, is_swallowed: bool) -> None:
    if isinstance(node, cst.SimpleStatementLine):
        for part in node.body:
            _scan_simple(part, scan, is_swallowed=is_swallowed)
    elif isinstance(node, cst.Try):
        caught = is_swallowed or any(_swallows(handler) for handler in node.handlers)
        _scan_block(node.body, scan, is_swallowed=caught)
        for clause in (*node.handlers, node.orelse, node.finalbody):
            if clause is not None:
                _scan_block(clause.body, scan, is_swallowed=is_swallowed)
    elif isinstance(node, cst.With):
        _scan_with(node, scan, is_swallowed=is_swallowed)
    elif isinstance(node, (cst.If, cst.While)) and _is_false(node.test):
        _reject_all(node.body, scan, "it stands under a condition that is never true")
    elif isinstance(node, cst.For) and _is_empty(node.iter):
        _reject_all(node.body, scan, "it stands in a loop over nothing")
    else:
        is_condition = isinstance(node, (cst.If, cst.While, cst.Match, cst.FunctionDef))
        scan.conditions += is_condition
        for suite in _suites(node):
            _scan_block(suite, scan, is_swallowed=is_swallowed)
        scan.conditions -= is_condition


def _scan_simple(node: cst.CSTNode, scan: _Scan, *, is_swallowed: bool) -> None:
    why = "its failure is caught, so it cannot fail the test" if is_swallowed else ""
    if isinstance(node, cst.Assert):
        _weigh(node, scan, why or _trivial(node.test, scan.outside))
        return
    if isinstance(node, cst.Raise) and node.exc is not None and _last_name(node.exc) == "AssertionError":
        scan.is_checked = scan.is_checked or not is_swallowed
    call = node.value if isinstance(node, cst.Expr) else None
    call = call.expression if isinstance(call, cst.Await) else call
    if isinstance(call, cst.Call) and _CHECKING.search(_last_name(call.func)):
        can_say_no = _last_name(call.func) == "fail" or scan.outside.reach(call)
        is_idle = not can_say_no or _is_self_check(call, scan.outside)
        _weigh(call, scan, why or ("it checks nothing of the service" if is_idle else ""))


def _scan_with(node: cst.With, scan: _Scan, *, is_swallowed: bool) -> None:
    calls = [item.item for item in node.items if isinstance(item.item, cst.Call)]
    names = [_last_name(call.func) for call in calls]
    for call, name in zip(calls, names, strict=True):
        if name in _EXPECTING:
            _weigh(call, scan, "its failure is caught" if is_swallowed else _idle_expectation(call, node, scan.outside))
    suppressed = any(
        name == "suppress" and any(_last_name(arg.value) in _CATCHING for arg in call.args)
        for call, name in zip(calls, names, strict=True)
    )
    broad = any(name in _EXPECTING and _is_broad(call) for call, name in zip(calls, names, strict=True))
    _scan_block(node.body, scan, is_swallowed=is_swallowed or suppressed or broad)


def _weigh(node: cst.CSTNode, scan: _Scan, why: str) -> None:
    if why:
        scan.reject(node, why)
    else:
        scan.is_checked = True
        scan.sound.append(node)
        scan.firm += not scan.conditions


def _trivial(test: cst.BaseExpression, outside: OutsideNames) -> str:
    """Why an asserted expression is always true; empty when it may be false."""
    if isinstance(test, cst.BooleanOperation):
        return _trivial_sides(test, outside)
    if isinstance(test, cst.Tuple) and test.elements:
        return "it asserts a tuple, which is always true"
    why = _trivial_comparison(test) if isinstance(test, cst.Comparison) and len(test.comparisons) == 1 else ""
    return why or ("" if outside.reach(test) else "it asserts on values of the test itself, not of the service")


def _trivial_sides(test: cst.BooleanOperation, outside: OutsideNames) -> str:
    left, right = _trivial(test.left, outside), _trivial(test.right, outside)
    if isinstance(test.operator, cst.And):
        return left and right
    return "one side of its `or` is always true" if _is_true(test.left) or _is_true(test.right) else left or right


def _trivial_comparison(test: cst.Comparison) -> str:
    only = test.comparisons[0]
    if test.left.deep_equals(only.comparator) and not isinstance(only.operator, (cst.NotEqual, cst.IsNot)):
        return "it compares a value with itself"
    return "a length is never negative" if _is_never_negative(test.left, only) else ""


def _is_never_negative(left: cst.BaseExpression, part: cst.ComparisonTarget) -> bool:
    is_zero = isinstance(part.comparator, cst.Integer) and part.comparator.value == "0"
    is_length = isinstance(left, cst.Call) and _last_name(left.func) == "len"
    return is_zero and is_length and isinstance(part.operator, cst.GreaterThanEqual)


def _is_self_check(call: cst.Call, outside: OutsideNames) -> bool:
    """Whether a check such as `self.assertEqual(1, 1)` looks at values of the test alone."""
    func = call.func
    if not isinstance(func, cst.Attribute) or func.attr.value == "fail":
        return False
    if _last_name(func.value) not in {"self", "pytest"}:
        return False
    values = [arg.value for arg in call.args]
    is_same = len(values) > 1 and values[0].deep_equals(values[1]) and func.attr.value.endswith("Equal")
    return is_same or not any(outside.reach(value) for value in values)


def _idle_expectation(call: cst.Call, node: cst.With, outside: OutsideNames) -> str:
    """Why `with pytest.raises(…)` cannot fail because of the service."""
    if not any(outside.reach(part) for part in walk(node.body) if isinstance(part, cst.Call)) and not any(
        outside.reach(part) for part in node.body.body
    ):
        return "nothing of the service is called in it"
    if _is_broad(call):
        return "it expects any exception, even a missing name; expect the exact class"
    return ""


def _is_broad(call: cst.Call) -> bool:
    has_match = any(arg.keyword and arg.keyword.value == "match" for arg in call.args)
    is_regex = _last_name(call.func) == "assertRaisesRegex"
    expected = call.args[0].value if call.args else None
    options = [e.value for e in expected.elements] if isinstance(expected, cst.Tuple) else [expected]
    return not has_match and not is_regex and any(_last_name(option) in _CATCHING for option in options if option)


def _swallows(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    kinds = [handler.type] if handler.type is not None else []
    if kinds and isinstance(kinds[0], cst.Tuple):
        kinds = [element.value for element in kinds[0].elements]
    catches = not kinds or any(_last_name(kind) in _CATCHING for kind in kinds)
    speaks_up = any(
        isinstance(node, (cst.Raise, cst.Assert)) or (isinstance(node, cst.Call) and _last_name(node.func) == "fail")
        for node in walk(handler.body)
    )
    return catches and not speaks_up


def _reject_all(node: cst.CSTNode, scan: _Scan, why: str) -> None:
    for part in walk(node):
        if isinstance(part, cst.Assert):
            scan.reject(part, why)


def _leaves(node: cst.CSTNode) -> bool:
    """Whether nothing after this statement runs."""
    if not isinstance(node, cst.SimpleStatementLine):
        return False
    for part in node.body:
        if isinstance(part, (cst.Return, cst.Raise, cst.Continue, cst.Break)):
            return True
        if isinstance(part, cst.Expr) and isinstance(part.value, cst.Call) and _last_name(part.value.func) in _LEAVING:
            return True
    return False


def _suites(node: cst.CSTNode) -> Sequence[cst.BaseSuite]:
    """The blocks of a compound statement, nested functions included."""
    found: list[cst.BaseSuite] = []
    for child in node.children:
        if isinstance(child, cst.BaseSuite):
            found.append(child)
        elif isinstance(child, (cst.Else, cst.If, cst.Finally, cst.MatchCase)):
            found += _suites(child)
    return found


def _is_false(node: cst.BaseExpression) -> bool:
    return _last_name(node) in {"False", "None", "TYPE_CHECKING"} or _number(node) == "0"


def _is_true(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Name):
        return node.value == "True"
    return isinstance(node, (cst.SimpleString, cst.Integer)) and _number(node) not in {"0", '""', "''"}


def _number(node: cst.CSTNode) -> str:
    return node.value if isinstance(node, (cst.Integer, cst.SimpleString)) else ""


def _is_empty(node: cst.BaseExpression) -> bool:
    if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        return not node.elements
    return isinstance(node, cst.Dict) and not node.elements


def _last_name(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    if isinstance(node, cst.Call):
        return _last_name(node.func)
    return node.value if isinstance(node, cst.Name) else ""
