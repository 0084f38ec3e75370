# src/python_coder/service_map/reading/needs.py — what FastAPI calls before a handler: dependencies, and theirs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from python_coder.service_map.facts import Dependency, Need
from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.evaluation import evaluate_annotation
from python_coder.service_map.reading.host import Host, bases_of, find_member, name_of
from python_coder.service_map.reading.source import body_text
from python_coder.service_map.reading.values import (
    AnnotatedType,
    ClassValue,
    Depend,
    External,
    FunctionValue,
    Instance,
    Made,
    Opaque,
    Scope,
    TypeOf,
    Value,
)

_YIELD = re.compile(r"^\s*(?:\w+\s*=\s*)?yield\b", re.MULTILINE)


@dataclass
class NeedReader:
    """Reads dependencies, each once."""

    host: Host
    found: dict[str, Dependency] = field(default_factory=dict)

    def of_values(self, values: Iterable[Value], origin: str) -> tuple[Need, ...]:
        """The needs in a `dependencies=[…]` list."""
        needs = [self._need(self.host.settle(value), None, origin, "") for value in values]
        return tuple(need for need in needs if need is not None)

    def of_handler(self, handler: Value) -> tuple[Need, ...]:
        """What a handler asks for by its parameters, and a class-based one by its class."""
        if isinstance(handler, Instance):
            return tuple(dict.fromkeys(self._of_member(find_member(self.host, handler.of, "__call__"))))
        if not isinstance(handler, FunctionValue):
            return ()
        needs = list(self._of_parameters(handler))
        parameters = handler.node.parameters
        if handler.owner is not None and handler.bound is None and parameters and parameters[0].name == "self":
            # A class-based view: FastAPI makes its object first.
            needs.append(Need(self._of_project(handler.owner, handler.owner.node.name, "class"), "class"))
        return tuple(dict.fromkeys(needs))

    def _of_parameters(self, function: FunctionValue) -> Iterator[Need]:
        for parameter in function.node.parameters:
            yield from self._of_field(parameter.annotation, parameter.default, function.scope)

    def _of_field(self, annotation: s.Expression | None, default: s.Expression | None, scope: Scope) -> Iterator[Need]:
        kind = evaluate_annotation(self.host, annotation, scope) if annotation is not None else None
        alias = annotation.name if isinstance(annotation, s.Name | s.Attribute) else ""
        metadata: list[Value] = []
        while isinstance(kind, AnnotatedType):
            metadata += kind.metadata
            kind = self.host.settle(kind.of)
        given = self.host.evaluate(default, scope) if isinstance(default, s.Call | s.Name | s.Attribute) else None
        for value, name in [*((item, alias) for item in metadata), *([(given, "")] if given is not None else [])]:
            need = self._need(self.host.settle(value), kind, "parameter", name)
            if need is not None:
                yield need

    def _need(self, value: Value, kind: Value | None, origin: str, alias: str) -> Need | None:
        if not isinstance(value, Depend):
            return None
        target = self.host.settle(value.target) if value.target is not None else kind
        return Need(self._key(target), origin, alias, value.is_security)

    def _key(self, target: Value | None) -> str:
        """The key of a dependency, which is read on first use."""
        match target:
            case FunctionValue():
                key = self._function(target)
            case ClassValue():
                key = self._of_project(target, target.node.name, "class")
            case Instance():
                key = self._of_project(target.of, target.of.node.name, "instance")
            case Made() if target.maker.last == "partial" and target.arguments.positional:
                key = self._key(self.host.settle(target.arguments.positional[0]))
            case TypeOf():
                key = self._key(self.host.settle(target.origin))
            case _:
                key = self._outside(_name_outside(target))
        return key

    def _function(self, function: FunctionValue) -> str:
        path, node, name = function.scope.source.path, function.node, name_of(function)
        key = f"{path}:{name}"
        if key not in self.found:
            is_yield = _YIELD.search(body_text(function.scope.source, node)) is not None
            self.found[key] = Dependency(key, name, "function", path, node.line, is_yield, ())
            needs = tuple(dict.fromkeys(self._of_parameters(function)))
            self.found[key] = Dependency(key, name, "function", path, node.line, is_yield, needs)
        return key

    def _of_project(self, of: ClassValue, name: str, kind: str) -> str:
        path, line = of.scope.source.path, of.node.line
        key = f"{path}:{name}" if kind == "class" else f"{path}:{name}()"
        if key not in self.found:
            self.found[key] = Dependency(key, name, kind, path, line, is_yield=False, needs=())
            member = find_member(self.host, of, "__call__") if kind == "instance" else None
            needs = self._of_member(member) if kind == "instance" else self._of_class(of)
            self.found[key] = Dependency(key, name, kind, path, line, is_yield=False, needs=tuple(dict.fromkeys(needs)))
        return key

    def _of_member(self, member: tuple[ClassValue, Value] | None) -> Iterator[Need]:
        if member is not None and isinstance(member[1], FunctionValue):
            yield from self._of_parameters(member[1])

    def _of_class(self, of: ClassValue) -> Iterator[Need]:
        """What making an object asks for: the initialiser's parameters, and annotated fields."""
        yield from self._of_member(find_member(self.host, of, "__init__"))
        for owner in [of, *(base for base in bases_of(self.host, of) if isinstance(base, ClassValue))]:
            for node in owner.node.body:
                if isinstance(node, s.Assign) and node.annotation is not None:
                    yield from self._of_field(node.annotation, node.value, owner.scope)

    def _outside(self, name: str) -> str:
        if name not in self.found:
            self.found[name] = Dependency(name, name.rpartition(".")[2], "external", "", 0, is_yield=False, needs=())
        return name


def _name_outside(target: Value | None) -> str:
    match target:
        case Made():
            return target.maker.name
        case External():
            return target.name.removeprefix("builtins.")
        case Opaque():
            return target.text
        case _:
            return "(not read)"
