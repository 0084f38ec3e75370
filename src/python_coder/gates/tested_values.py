# src/python_coder/gates/tested_values.py — the values that tests feed in and expect, and those that code knows
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import libcst as cst

from python_coder.gates.names import last_name, text_of
from python_coder.gates.statements import Source, walk
from python_coder.gates.test_functions import TestFunction

_WORD = re.compile(r"[a-z_][a-z0-9_]*|[A-Z][A-Z0-9_]*|[a-z]+(-[a-z]+)*")
_SMALL = 12
_STATUS_CODES = range(100, 600)
_SEARCHING = {"startswith", "endswith", "find", "index", "count", "match", "fullmatch", "search", "removeprefix"}
_EQUAL = (cst.Equal, cst.NotEqual, cst.In, cst.NotIn, cst.Is, cst.IsNot)


@dataclass(frozen=True)
class Case:
    """The literals of one test case, as canonical text."""

    inputs: frozenset[str]
    expected: frozenset[str]


def cases(test: TestFunction) -> Iterator[Case]:
    """The cases of one test: what stands in its body, together with each row that it is parametrized with."""
    body = test.definition.node.body
    expected = {
        value
        for part in walk(body)
        if isinstance(part, cst.Assert)
        for side in _sides(part.test)
        if not _calls_something(side)
        for value in values(side)
    }
    inputs = {value for part in walk(body) if isinstance(part, cst.Call) for value in values(part)} - expected
    inputs |= {value for part in walk(body) if isinstance(part, cst.Assign) for value in values(part.value)}
    for row in [set(values(row)) for row in _rows(test)] or [set()]:
        yield Case(frozenset(inputs | row), frozenset(expected | row))


def _sides(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.BooleanOperation):
        yield from _sides(node.left)
        yield from _sides(node.right)
    elif isinstance(node, cst.Comparison):
        yield node.left
        yield from (part.comparator for part in node.comparisons)
    else:
        yield node


def _calls_something(node: cst.CSTNode) -> bool:
    """Whether a side of a comparison calls a function; making a value, as `Decimal("1.5")` does, is no call."""
    calls = (part for part in walk(node) if isinstance(part, cst.Call))
    return any(not last_name(call.func)[:1].isupper() for call in calls)


def values(node: cst.CSTNode) -> Iterator[str]:
    """Canonical text of the literals below a node; names of fields are left out."""
    if (value := canonical(node)) is not None:
        yield value
        return
    if isinstance(node, (cst.DictElement, cst.Subscript)):
        yield from values(node.value)
    else:
        for child in node.children:
            yield from values(child)


def canonical(node: cst.CSTNode) -> str | None:
    """A number or a text in one spelling, so that `19.98`, `"19.98"` and `19.980` are the same; else `None`."""
    if isinstance(node, (cst.Integer, cst.Float)):
        text: str | None = node.value.replace("_", "")
    elif isinstance(node, cst.FormattedString):
        return None
    else:
        text = text_of(node)
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return f"text {text}"
    return f"number {number.normalize()}" if number.is_finite() else f"text {text}"


def is_data(value: str) -> bool:
    """Whether a value looks like data of one case: not a category, a route or a number that code is full of."""
    kind, _, text = value.partition(" ")
    if kind == "number":
        return abs(Decimal(text)) > _SMALL
    return len(text) > 1 and not _WORD.fullmatch(text) and not text.startswith("/")


def is_answer(value: str) -> bool:
    """Whether a value tells one answer from another: neither 0, 1 nor a status code, nor a route."""
    kind, _, text = value.partition(" ")
    if kind == "number":
        number = Decimal(text)
        is_status = number == number.to_integral_value() and int(number) in _STATUS_CODES
        return abs(number) > 1 and not is_status
    return len(text) > 1 and not text.startswith("/")


def answered(node: cst.CSTNode) -> Iterator[str]:
    """Values that code can answer with; the words of errors that it raises are left out."""
    if isinstance(node, cst.Raise):
        return
    value = canonical(node)
    if value is not None:
        yield value
        return
    for child in [node.value] if isinstance(node, (cst.DictElement, cst.Subscript)) else node.children:
        yield from answered(child)


def beginnings(node: cst.CSTNode) -> Iterator[str]:
    """Texts that code looks for at an end or inside of another: `startswith`, `find`, regular expressions."""
    for part in walk(node):
        if isinstance(part, cst.Call) and last_name(part.func) in _SEARCHING:
            yield from (value for arg in part.args for value in _literals_of(arg.value) if value.startswith("text"))


def recognised(node: cst.CSTNode, constants: Mapping[str, cst.CSTNode] | None = None) -> Iterator[str]:
    """Values that code compares with by equality: `==`, `in`, `case`, `isclose`, keys of a dictionary.

    Args:
        node: The code.
        constants: What names of the module stand for, where that is a plain literal.
    """
    named = constants or {}
    for part in walk(node):
        if isinstance(part, cst.Comparison) and any(isinstance(c.operator, _EQUAL) for c in part.comparisons):
            for side in (part.left, *(c.comparator for c in part.comparisons)):
                yield from _literals_of(named.get(side.value, side) if isinstance(side, cst.Name) else side)
        elif isinstance(part, cst.Call) and last_name(part.func) in {"isclose", "eq", "approx"}:
            yield from (value for arg in part.args[:2] for value in _literals_of(arg.value))
        elif isinstance(part, cst.MatchValue):
            yield from values(part.value)
        elif isinstance(part, cst.DictElement):
            yield from _literals_of(part.key)


def constants(source: Source) -> dict[str, cst.CSTNode]:
    """Module-level names that stand for a plain literal."""
    found: dict[str, cst.CSTNode] = {}
    for statement in source.module.body:
        for part in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            if isinstance(part, cst.Assign) and canonical(part.value) is not None:
                found.update((t.target.value, part.value) for t in part.targets if isinstance(t.target, cst.Name))
    return found


def rows(parts: Sequence[cst.CSTNode]) -> Iterator[frozenset[str]]:
    """Values that stand together: in a row of a table that is searched for equal values, or at one place of two lists.

    Tables whose rows are bounds, compared with `<=`, compute the answer.
    """
    nodes = [node for part in parts for node in walk(part)]
    calls = {last_name(node.func) for node in nodes if isinstance(node, cst.Call)}
    lists = [node for node in nodes if isinstance(node, (cst.List, cst.Tuple))]
    if calls & {"dict", "get"} or any(_compares_names(node) for node in nodes):
        held = (element.value for outer in lists for element in outer.elements)
        yield from (frozenset(_literals_of(row)) for row in held if isinstance(row, (cst.List, cst.Tuple)))
    for first in lists if calls & {"index", "zip"} else ():
        for second in lists:
            if first is not second and len(first.elements) == len(second.elements):
                for one, other in zip(first.elements, second.elements, strict=True):
                    yield frozenset((*_literals_of(one.value), *_literals_of(other.value)))


def _compares_names(node: cst.CSTNode) -> bool:
    """Whether it compares two values by equality, none of which is written out."""
    if not isinstance(node, cst.Comparison) or not isinstance(node.comparisons[0].operator, cst.Equal):
        return False
    sides = (node.left, node.comparisons[0].comparator)
    return all(isinstance(side, (cst.Name, cst.Attribute, cst.Subscript, cst.Tuple)) for side in sides)


def keyed_by_hash(parts: Sequence[cst.CSTNode]) -> set[str]:
    """Values of dictionaries in code that makes hashes, under whose keys nobody can read what they answer."""
    nodes = [node for part in parts for node in walk(part)]
    calls = {last_name(node.func) for node in nodes if isinstance(node, cst.Call)}
    if not calls & {"hash", "digest", "hexdigest", "crc32", "adler32"}:
        return set()
    return {value for node in nodes if isinstance(node, cst.DictElement) for value in answered(node.value)}


def tables(source: Source, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Module-level tables that a function reads by name."""
    names = {part.value for part in walk(node) if isinstance(part, cst.Name)}
    for statement in source.module.body:
        for part in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            targets: Iterable[cst.CSTNode] = ()
            if isinstance(part, cst.Assign):
                targets = [target.target for target in part.targets]
            elif isinstance(part, cst.AnnAssign):
                targets = [part.target]
            if any(isinstance(target, cst.Name) and target.value in names for target in targets):
                yield part


def _literals_of(node: cst.CSTNode) -> Iterator[str]:
    if (value := canonical(node)) is not None:
        yield value
    elif isinstance(node, (cst.Tuple, cst.List, cst.Set)):
        for element in node.elements:
            yield from _literals_of(element.value)
    elif isinstance(node, cst.Call) and len(node.args) == 1:
        yield from _literals_of(node.args[0].value)
    elif isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Subtract, cst.BitXor)):
        yield from (*_literals_of(node.left), *_literals_of(node.right))


def _rows(test: TestFunction) -> Iterator[cst.CSTNode]:
    for decorator in test.definition.node.decorators:
        call = decorator.decorator
        if isinstance(call, cst.Call) and last_name(call.func) == "parametrize" and len(call.args) > 1:
            for holder in (call.args[1].value, *tables(test.source, call.args[1])):
                yield from _elements(holder)


def _elements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, (cst.Assign, cst.AnnAssign)) and node.value is not None:
        yield from _elements(node.value)
    elif isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        for element in node.elements:
            yield element.value
    elif isinstance(node, cst.Dict):
        for entry in node.elements:
            yield entry.value
