# src/python_coder/service_map/reading/host.py — what the parts of the reader need of each other
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.modules import Modules
from python_coder.service_map.reading.source import Source
from python_coder.service_map.reading.values import (
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    Opaque,
    Router,
    Scope,
    Text,
    Value,
)

_COMPUTED = frozenset({"property", "cached_property", "computed_field"})


@dataclass(frozen=True, order=True)
class Note:
    """Something that could not be read."""

    path: str
    line: int
    what: str


class Host(Protocol):
    """Runs code on values that stand for the real ones, without importing it."""

    modules: Modules
    conditions: list[str]
    """Tests of the branches that are being run."""
    routers: list[Router]
    """All that were made, in order."""

    def evaluate(self, node: s.Expression, scope: Scope) -> Value:
        """The value of an expression."""
        ...

    def execute(self, statements: Sequence[s.Statement], scope: Scope) -> None:
        """Run statements for their effects on the scope."""
        ...

    def settle(self, value: Value) -> Value:
        """Follow an imported name to what it stands for, as far as that is known by now."""
        ...

    def module_scope(self, stem: str) -> Scope | None:
        """Names of a module, which is run on first use; `None` for a folder without code."""
        ...

    def attribute(self, value: Value, name: str) -> Value | None:
        """An attribute of a value, or `None` when that cannot be read."""
        ...

    def call(self, function: Value, arguments: Arguments, scope: Scope, line: int) -> Value:
        """Call a value."""
        ...

    def run(self, function: FunctionValue, arguments: Arguments) -> Value:
        """Run a function of the project and give what it returns."""
        ...

    def note(self, source: Source, line: int, what: str) -> None:
        """Remember that something could not be read."""
        ...


def as_text(host: Host, value: Value | None, shown: str) -> Text:
    """A value as a string; when it is not known, its source text in angle brackets."""
    settled = host.settle(value) if value is not None else None
    if isinstance(settled, Text):
        return settled
    if isinstance(settled, Opaque) and settled.text.isdigit():
        return Text(settled.text)
    return Text(f"<{shown}>", is_exact=False)


def find_member(host: Host, of: ClassValue, name: str, depth: int = 12) -> tuple[ClassValue, Value] | None:
    """A name in a class or, in order, its bases, with the class that has it."""
    if name in of.scope.names:
        return of, of.scope.names[name]
    for base in of.bases if depth else ():
        settled = host.settle(base)
        found = find_member(host, settled, name, depth - 1) if isinstance(settled, ClassValue) else None
        if found is not None:
            return found
    return None


def bases_of(host: Host, of: ClassValue, depth: int = 12) -> list[Value]:
    """All classes above a class, nearest first, as far as they can be followed."""
    found: list[Value] = []
    for base in of.bases if depth else ():
        settled = host.settle(base)
        found.append(settled)
        found += bases_of(host, settled, depth - 1) if isinstance(settled, ClassValue) else []
    return found


def is_a(host: Host, value: Value, names: frozenset[str]) -> bool:
    """Whether a class is, or inherits from, something external of one of these last names."""
    if isinstance(value, External):
        return value.last in names
    if not isinstance(value, ClassValue):
        return False
    return any(isinstance(base, External) and base.last in names for base in bases_of(host, value))


def is_named(node: s.Expression, names: frozenset[str]) -> bool:
    """Whether an expression, called or not, ends with one of these names."""
    while isinstance(node, s.Call):
        node = node.function
    return isinstance(node, s.Name | s.Attribute) and node.name in names


def is_computed(function: FunctionValue) -> bool:
    """Whether a method is a property."""
    return any(is_named(decorator, _COMPUTED) for decorator in function.node.decorators)


def name_of(function: FunctionValue) -> str:
    """A function's name with its class, or with the function that makes it."""
    around = function.owner.node.name if function.owner is not None else function.maker
    return f"{around}.{function.node.name}" if around else function.node.name
