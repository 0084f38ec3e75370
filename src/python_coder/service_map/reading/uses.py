# src/python_coder/service_map/reading/uses.py — which tables a handler touches, by itself or through project code
from collections.abc import Iterator
from dataclasses import dataclass, field

from python_coder.service_map.facts import Reached
from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.evaluation import evaluate_annotation
from python_coder.service_map.reading.host import Host, bases_of, find_member, is_computed, name_of
from python_coder.service_map.reading.source import chains_in
from python_coder.service_map.reading.values import (
    AnnotatedType,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Scope,
    TypeOf,
    Value,
)
from python_coder.service_map.tables import is_table

_MOST_DEPTH = 6


@dataclass
class UseReader:
    """Follows the names in function bodies. What is reached through objects of unknown classes is not seen."""

    host: Host
    _known: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    _calls: dict[tuple[str, int], tuple[FunctionValue, ...]] = field(default_factory=dict)
    _are_tables: dict[int, bool] = field(default_factory=dict)
    _kept: list[Value] = field(default_factory=list)

    def of_handler(self, function: FunctionValue) -> tuple[str, ...]:
        """Names of the tables' classes, sorted."""
        return tuple(sorted(self._of(function, _MOST_DEPTH)))

    def reached(self, function: FunctionValue) -> tuple[Reached, ...]:
        """The project's functions that a handler's body names, nearest first, each once."""
        self._of(function, _MOST_DEPTH)
        found: dict[tuple[str, int], FunctionValue] = {}
        waiting = [function]
        while waiting:
            for called in self._calls.get(_key(waiting.pop(0)), ()):
                if _key(called) not in found and called is not function:
                    found[_key(called)] = called
                    waiting.append(called)
        return tuple(
            Reached(name_of(one), one.scope.source.path, one.node.line, one.node.last_line) for one in found.values()
        )

    def _of(self, function: FunctionValue, depth: int) -> frozenset[str]:
        source, node, key = function.scope.source, function.node, _key(function)
        if key in self._known or not depth:
            return self._known.get(key, frozenset())
        self._known[key] = frozenset()
        found: set[str] = set()
        called: dict[tuple[str, int], FunctionValue] = {}
        for chain in chains_in(source, node):
            for value in self._values(chain, function):
                if isinstance(value, ClassValue) and self._is_table(value):
                    found.add(value.node.name)
                elif isinstance(value, FunctionValue):
                    called[_key(value)] = value
                    found |= self._of(value, depth - 1)
        self._calls[key] = tuple(called.values())
        self._known[key] = frozenset(found)
        return self._known[key]

    def _is_table(self, value: ClassValue) -> bool:
        if id(value) not in self._are_tables:
            self._are_tables[id(value)] = is_table(self.host, value)
            self._kept.append(value)
        return self._are_tables[id(value)]

    def _values(self, chain: str, function: FunctionValue) -> Iterator[Value]:
        head, *rest = chain.split(".")
        value = self._head(head, function)
        for name in [None, *rest]:
            if name is not None and value is not None:
                member = self._member(value, name)
                if isinstance(member, FunctionValue) and is_computed(member):
                    # A property is followed by its annotation; running it would tell no more.
                    yield member
                    member = self._object(member.node.returns, member.scope)
                value = member
            value = self.host.settle(value) if value is not None else None
            if value is None or isinstance(value, External):
                return
            yield value

    def _member(self, value: Value, name: str) -> Value | None:
        if not isinstance(value, Instance):
            return self.host.attribute(value, name)
        found = find_member(self.host, value.of, name)
        return self.host.settle(found[1]) if found is not None else self._field(value.of, name)

    def _field(self, of: ClassValue, name: str) -> Value | None:
        """An attribute that only an annotation tells of: in the class, or of a parameter that is kept."""
        for owner in [of, *(base for base in bases_of(self.host, of) if isinstance(base, ClassValue))]:
            for node in owner.node.body:
                if isinstance(node, s.Assign) and node.targets == (s.Name(name),):
                    return self._object(node.annotation, owner.scope)
        initialiser = find_member(self.host, of, "__init__")
        if initialiser is None or not isinstance(initialiser[1], FunctionValue):
            return None
        made = initialiser[1]
        kept = [item for item in made.node.parameters if item.name.strip("_") == name.strip("_")]
        return self._object(kept[0].annotation, made.scope) if kept else None

    def _head(self, name: str, function: FunctionValue) -> Value | None:
        for parameter in function.node.parameters:
            if parameter.name == name:
                if name == "self" and function.owner is not None:
                    return Instance(function.owner)
                return self._object(parameter.annotation, function.scope)
        return function.scope.find(name)

    def _object(self, annotation: s.Expression | None, scope: Scope) -> Value | None:
        """An object of the annotated class, when that is one of the project's."""
        kind = evaluate_annotation(self.host, annotation, scope) if annotation is not None else None
        kind = self.host.settle(kind.of) if isinstance(kind, AnnotatedType) else kind
        kind = self.host.settle(kind.origin) if isinstance(kind, TypeOf) else kind
        return Instance(kind) if isinstance(kind, ClassValue) else None


def _key(function: FunctionValue) -> tuple[str, int]:
    return function.scope.source.path, function.node.start_byte
