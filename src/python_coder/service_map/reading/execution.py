# src/python_coder/service_map/reading/execution.py — what running statements does to names
from collections.abc import Sequence

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.framework import VERBS, promote
from python_coder.service_map.reading.host import Host, is_named
from python_coder.service_map.reading.source import body_text
from python_coder.service_map.reading.values import (
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Later,
    Made,
    Many,
    Module,
    Opaque,
    RouteCall,
    Router,
    Scope,
    Text,
    Value,
)

_MOST_TURNS = 500
_MOST_TEST = 60
_ADDS_ROUTES = ("add_api_route", ".api_route(")


def execute(host: Host, statements: Sequence[s.Statement], scope: Scope) -> None:
    """Run statements one after the other. Every branch is run, since no test can be told."""
    for statement in statements:
        match statement:
            case s.Import():
                _import(host, statement, scope)
            case s.Assign():
                _assign(host, statement, scope)
            case s.Evaluate(value):
                host.evaluate(value, scope)
            case s.Function():
                _define(host, statement, scope)
            case s.Class():
                _define_class(host, statement, scope)
            case s.Return(value):
                scope.returned += [host.settle(host.evaluate(value, scope))] if value is not None else []
            case _:
                _compound(host, statement, scope)


def _compound(host: Host, statement: s.Statement, scope: Scope) -> None:
    match statement:
        case s.Branch():
            _branch(host, statement, scope)
        case s.Loop():
            _loop(host, statement, scope)
        case s.Block(body, is_spare):
            scope.branches += is_spare
            host.execute(body, scope)
            scope.branches -= is_spare
        case s.Extend(target, value):
            known, more = (host.settle(host.evaluate(node, scope)) for node in (target, value))
            if isinstance(known, Many) and isinstance(more, Many):
                known.items += more.items
            elif isinstance(known, Text) and isinstance(more, Text):
                _bind(host, target, known + more, scope)
        case _:
            pass


def _branch(host: Host, node: s.Branch, scope: Scope) -> None:
    test = s.text_of(node.test)
    if test.startswith(("__name__ ==", "__name__==")):
        host.execute(node.otherwise, scope)
        return
    if is_named(node.test, frozenset({"TYPE_CHECKING"})):
        host.execute(node.body, scope)
        host.execute(node.otherwise, scope)
        return
    scope.branches += 1
    for body, condition in ((node.body, test), (node.otherwise, f"not ({test})")):
        host.conditions.append(condition[:_MOST_TEST])
        host.execute(body, scope)
        host.conditions.pop()
    scope.branches -= 1


def _loop(host: Host, node: s.Loop, scope: Scope) -> None:
    iterable = host.settle(host.evaluate(node.iterable, scope))
    known = iterable.items[:_MOST_TURNS] if isinstance(iterable, Many) else None
    for item in known if known is not None else [Opaque(s.text_of(node.target))]:
        _bind(host, node.target, item, scope, is_forced=True)
        host.execute(node.body, scope)


def _import(host: Host, node: s.Import, scope: Scope) -> None:
    importer, modules = scope.source.path, host.modules
    if node.level:
        stem: str | None = modules.relative(importer, node.level, node.module)
    else:
        stem = modules.absolute(importer, node.module)
    if stem is None or not modules.exists(stem):
        scope.bind(node.bound, External(".".join(part for part in (node.module, node.original) if part)))
    elif not node.original:
        scope.bind(node.bound, Module(stem))
    elif node.original == "*":
        found = host.module_scope(stem)
        for name, value in list(found.names.items()) if found is not None else []:
            if not name.startswith("_"):
                scope.bind(name, value)
    elif modules.file_of(stem) is None and not modules.exists(f"{stem}/{node.original}"):
        scope.bind(node.bound, External(f"{node.module}.{node.original}"))
    else:
        scope.bind(node.bound, Later(stem, node.original))


def _assign(host: Host, node: s.Assign, scope: Scope) -> None:
    if node.value is None:
        return
    value = host.evaluate(node.value, scope)
    for target in node.targets:
        _bind(host, target, value, scope)


def _bind(host: Host, target: s.Expression, value: Value, scope: Scope, *, is_forced: bool = False) -> None:
    if isinstance(target, s.Name):
        if isinstance(value, Router) and not value.name:
            value.name = target.name
        if is_forced:
            scope.names[target.name] = value
        else:
            scope.bind(target.name, value)
    elif isinstance(target, s.Sequence):
        settled = host.settle(value)
        items = settled.items if isinstance(settled, Many) and settled.is_whole else []
        for number, part in enumerate(target.items):
            item = items[number] if number < len(items) else Opaque(s.text_of(part))
            _bind(host, part, item, scope, is_forced=is_forced)
    elif isinstance(target, s.Attribute):
        _set_attribute(host, target, value, scope)


def _set_attribute(host: Host, target: s.Attribute, value: Value, scope: Scope) -> None:
    of = host.settle(host.evaluate(target.value, scope))
    if isinstance(value, Router) and not value.name:
        value.name = target.name
    if isinstance(of, Router) and target.name == "prefix":
        settled = host.settle(value)
        of.prefix = settled if isinstance(settled, Text) else of.prefix
    elif isinstance(of, Router | Instance):
        of.attributes[target.name] = value
    elif isinstance(of, ClassValue):
        of.scope.names[target.name] = value


def _define(host: Host, node: s.Function, scope: Scope) -> None:
    owner = scope.owner if scope.is_class else None
    value = FunctionValue(node, scope, owner, maker=scope.function)
    scope.names[node.name] = value
    for decorator in reversed(node.decorators):
        found = _decorator(host, decorator, scope)
        if isinstance(found, RouteCall) or (isinstance(found, FunctionValue) and _adds_routes(found)):
            host.call(found, Arguments([value]), scope, node.line)


def _decorator(host: Host, node: s.Expression, scope: Scope) -> Value | None:
    """What decorates. A decorator of the project is not run: on stand-ins it could only mislead."""
    if not isinstance(node, s.Call):
        return None
    function = host.settle(host.evaluate(node.function, scope))
    if isinstance(function, FunctionValue) and not _adds_routes(function):
        return None
    if isinstance(function, ClassValue | Instance):
        return None
    if isinstance(node.function, s.Attribute) and node.function.name in VERBS | {"websocket"}:
        of = host.settle(host.evaluate(node.function.value, scope))
        if isinstance(of, Made | Opaque | Later) and _has_path(host, node, scope):
            if not isinstance(of, Made):
                host.note(scope.source, node.line, f"route on `{s.text_of(node.function.value)}`, which is not known")
                return None
            if of.router is None:
                promote(host, of)
    return host.settle(host.evaluate(node, scope))


def _has_path(host: Host, node: s.Call, scope: Scope) -> bool:
    first = host.settle(host.evaluate(node.arguments[0].value, scope)) if node.arguments else None
    return isinstance(first, Text) and (not first.text or first.text.startswith("/") or not first.is_exact)


def _adds_routes(function: FunctionValue) -> bool:
    text = body_text(function.scope.source, function.node)
    return any(sign in text for sign in _ADDS_ROUTES)


def _define_class(host: Host, node: s.Class, scope: Scope) -> None:
    inner = Scope(scope.source, parent=scope, is_class=True, function=scope.function)
    # A generic base counts as the class that it is made from.
    bases = [base.value if isinstance(base, s.Index) else base for base in node.bases]
    value = ClassValue(node, inner, tuple(host.evaluate(base, scope) for base in bases))
    inner.owner = value
    scope.names[node.name] = value
    host.execute(node.body, inner)
