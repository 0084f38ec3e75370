# src/python_coder/service_map/reading/routing.py — from routers and what includes them to routes with full paths
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from python_coder.service_map.facts import MappedRoute, Mounted, Need
from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.evaluation import evaluate_annotation
from python_coder.service_map.reading.host import Host, as_text, is_a, name_of
from python_coder.service_map.reading.needs import NeedReader
from python_coder.service_map.reading.uses import UseReader
from python_coder.service_map.reading.values import (
    NONE,
    AnnotatedType,
    Arguments,
    ClassValue,
    Depend,
    External,
    FunctionValue,
    IncludeEntry,
    Instance,
    Made,
    Many,
    Opaque,
    Pairs,
    RouteEntry,
    Router,
    Text,
    TypeOf,
    Value,
)

_DIGITS = re.compile(r"\b(?:HTTP_)?([1-5]\d\d)(?:_|\b)")
_MOST_DEPTH = 12
_MODELS = frozenset({"BaseModel", "RootModel", "GenericModel", "SQLModel"})


@dataclass(frozen=True)
class _Way:
    """How a router is reached."""

    prefix: Text
    needs: tuple[Need, ...]
    conditions: tuple[str, ...]
    application: str
    depth: int = 0


@dataclass
class RouteReader:
    """Walks from the applications through all that they include."""

    host: Host
    needs: NeedReader
    uses: UseReader
    reached: set[int] = field(default_factory=set)
    mounts: list[Mounted] = field(default_factory=list)

    def read(self, routers: Sequence[Router]) -> Iterator[MappedRoute]:
        """All routes: those of applications first, then those that nothing includes."""
        inner = {id(child) for router in routers for child in self._children(router)}
        for router in routers:
            if router.is_application and id(router) not in inner:
                yield from self._walk(router, _Way(Text(""), (), (), label_of(router)))
        for router in routers:
            if id(router) not in self.reached and id(router) not in inner and router.entries:
                if not router.is_stand_in:
                    self.host.note(
                        router.source, router.line, f"router `{router.name}` is included by nothing readable"
                    )
                yield from self._walk(router, _Way(Text(""), (), (), ""))

    def _children(self, router: Router) -> Iterator[Router]:
        for entry in router.entries:
            child = self._child(entry) if isinstance(entry, IncludeEntry) else None
            if child is not None:
                yield child

    def _child(self, entry: IncludeEntry) -> Router | None:
        value = self.host.settle(entry.child)
        value = value.router if isinstance(value, Made) and value.router is not None else value
        return value if isinstance(value, Router) else None

    def _walk(self, router: Router, way: _Way) -> Iterator[MappedRoute]:
        self.reached.add(id(router))
        origin = "application" if router.is_application else "router"
        base = way.prefix + router.prefix
        needs = way.needs + self.needs.of_values(router.dependencies, origin)
        for entry in router.entries:
            conditions = (*way.conditions, *entry.conditions)
            if isinstance(entry, RouteEntry):
                yield self._route(entry, _Way(base, needs, conditions, way.application))
                continue
            child = self._child(entry)
            if child is None:
                self._unread(entry, base + entry.path)
            elif way.depth < _MOST_DEPTH:
                # A mounted application is called by itself: what its parent depends on is not asked for.
                above = () if entry.is_mount else needs + self.needs.of_values(entry.dependencies, "include")
                inner = _Way(base + entry.path, above, conditions, way.application, way.depth + 1)
                yield from self._walk(child, inner)

    def _unread(self, entry: IncludeEntry, path: Text) -> None:
        if entry.is_mount:
            self.mounts.append(Mounted(path.text or "/", entry.text or "…", entry.source.path, entry.line))
            return
        value = self.host.settle(entry.child)
        kind = f" (made by `{value.maker.name}`)" if isinstance(value, Made) else ""
        what = f"`{entry.text}` is included under `{path.text or '/'}`, but its routes are not known{kind}"
        self.host.note(entry.source, entry.line, what)

    def _route(self, entry: RouteEntry, way: _Way) -> MappedRoute:
        handler = self.host.settle(entry.handler)
        path = way.prefix + entry.path
        if not path.is_exact:
            self.host.note(entry.source, entry.line, f"the whole path of `{path.text}` is not known")
        function = handler if isinstance(handler, FunctionValue) else None
        dependencies = self.host.settle(entry.options.get("dependencies") or NONE)
        own = self.needs.of_values(dependencies.items if isinstance(dependencies, Many) else [], "route")
        code, others = _statuses(self.host, entry.options)
        return MappedRoute(
            path=path.text or "/",
            methods=entry.methods,
            handler=name_of(function) if function is not None else _shown(handler, entry.options),
            file=function.scope.source.path if function is not None else entry.source.path,
            line=function.node.line if function is not None else entry.line,
            last_line=function.node.last_line if function is not None else entry.line,
            application=way.application,
            is_exact=path.is_exact,
            needs=tuple(dict.fromkeys((*way.needs, *own, *self.needs.of_handler(handler)))),
            response_model=self._response(entry, function),
            request_models=tuple(dict.fromkeys(self._requests(function))) if function is not None else (),
            status_code=code,
            other_statuses=others,
            tables=self.uses.of_handler(function) if function is not None else (),
            reaches=self.uses.reached(function) if function is not None else (),
            conditions=way.conditions,
            name=_name(self.host, entry.options),
        )

    def _response(self, entry: RouteEntry, function: FunctionValue | None) -> str:
        options = entry.options
        if "response_model" in options.named:
            kind: Value | None = self.host.settle(options.named["response_model"])
            text = options.text("response_model")
        elif function is not None and function.node.returns is not None:
            text = s.text_of(function.node.returns)
            kind = evaluate_annotation(self.host, function.node.returns, function.scope)
        else:
            return ""
        if text in {"None", "Any"} or text.endswith(("Response", ".Any")):
            return kind.node.name if isinstance(kind, ClassValue) and is_a(self.host, kind, _MODELS) else ""
        return self._type_text(kind, text)

    def _type_text(self, kind: Value | None, text: str) -> str:
        """A type as it is written, but with classes that a factory was given by their own names."""
        match kind:
            case ClassValue():
                return kind.node.name
            case TypeOf() if text.count("[") == 1 and len(kind.parts) == 1:
                head, _, inner = text.rstrip("]").partition("[")
                return f"{head}[{self._type_text(self.host.settle(kind.parts[0]), inner)}]"
            case _:
                return text

    def _requests(self, function: FunctionValue) -> Iterator[str]:
        for parameter in function.node.parameters:
            if parameter.annotation is None or parameter.name == "self":
                continue
            if isinstance(parameter.default, s.Call) and s.text_of(parameter.default.function) in {
                "Depends",
                "Security",
            }:
                continue
            kind = evaluate_annotation(self.host, parameter.annotation, function.scope)
            yield from self._models(kind)

    def _models(self, kind: Value, depth: int = 6) -> Iterator[str]:
        settled = self.host.settle(kind)
        if isinstance(settled, AnnotatedType):
            if not any(isinstance(self.host.settle(item), Depend) for item in settled.metadata):
                yield from self._models(settled.of, depth - 1)
        elif isinstance(settled, TypeOf) and depth:
            for part in (settled.origin, *settled.parts):
                yield from self._models(part, depth - 1)
        elif isinstance(settled, ClassValue) and is_a(self.host, settled, _MODELS):
            yield settled.node.name


def label_of(router: Router) -> str:
    """How an application is named: its variable, and where it is made."""
    return f"{router.name or 'app'} ({router.source.path}:{router.line})"


def _shown(handler: Value, options: Arguments) -> str:
    match handler:
        case Instance():
            return handler.of.node.name
        case ClassValue():
            return handler.node.name
        case Made():
            return handler.maker.name
        case External():
            return handler.name
        case _:
            return options.text("endpoint", 1) or options.text("route", 1) or "(not read)"


def _name(host: Host, options: Arguments) -> str:
    given = host.settle(options.get("name") or NONE)
    return given.text if isinstance(given, Text) and given.is_exact else ""


def _statuses(host: Host, options: Arguments) -> tuple[int, tuple[int, ...]]:
    given = options.get("status_code")
    code = _number(host, given, options.text("status_code")) if given is not None else 200
    responses = host.settle(options.get("responses") or NONE)
    keys = [key for key, _ in responses.pairs] if isinstance(responses, Pairs) else []
    others = {_number(host, key, key.name if isinstance(key, External) else "") for key in keys}
    return code, tuple(sorted(others - {0, code}))


def _number(host: Host, value: Value, shown: str) -> int:
    settled = host.settle(value)
    text = settled.text if isinstance(settled, Opaque) else as_text(host, settled, shown).text
    found = _DIGITS.search(text) or _DIGITS.search(shown)
    return int(found.group(1)) if found is not None else 0


def distinct(routes: Sequence[MappedRoute]) -> tuple[MappedRoute, ...]:
    """Routes without repetitions, ordered by path and method."""
    found: Mapping[MappedRoute, None] = dict.fromkeys(routes)
    return tuple(sorted(found))
