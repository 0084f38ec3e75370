# src/python_coder/service_map/reading/calls.py — what a call gives
from collections.abc import Callable, Mapping

from python_coder.service_map.reading import framework
from python_coder.service_map.reading.host import Host, as_text, find_member, is_a
from python_coder.service_map.reading.values import (
    NONE,
    UNKNOWN,
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Made,
    Many,
    Member,
    Module,
    Opaque,
    Pairs,
    RouteCall,
    Router,
    Scope,
    SuperOf,
    Text,
    Value,
)

_SAME = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "str"})
_ROUTER_CLASSES = framework.APPLICATIONS | framework.ROUTERS


def call(host: Host, function: Value, arguments: Arguments, scope: Scope, line: int) -> Value:
    """Call a value. What cannot be told is opaque, or `Made` by something external."""
    found: Value = UNKNOWN
    match function:
        case FunctionValue():
            found = host.run(function, arguments)
        case ClassValue():
            found = instantiate(host, function, arguments, scope, line)
        case External():
            found = _external(host, function, arguments, scope, line)
        case Member():
            found = _member(host, function, arguments, scope, line)
        case RouteCall():
            found = framework.finish(function, arguments.positional[0]) if arguments.positional else NONE
        case Instance():
            found = _run_member(host, find_member(host, function.of, "__call__"), function, arguments)
        case _:
            pass
    return found


def instantiate(host: Host, of: ClassValue, arguments: Arguments, scope: Scope, line: int) -> Value:
    """An object of a class of the project; an application or router when the class is one."""
    initialiser = find_member(host, of, "__init__")
    if is_a(host, of, _ROUTER_CLASSES):
        kind = "FastAPI" if is_a(host, of, framework.APPLICATIONS) else "APIRouter"
        router = framework.make_router(host, kind, arguments if initialiser is None else Arguments(), scope, line)
        router.of = of
        _run_member(host, initialiser, router, arguments)
        return router
    instance = Instance(of)
    if initialiser is not None:
        _run_member(host, initialiser, instance, arguments)
        return instance
    fields = [name for name, value in of.scope.names.items() if not isinstance(value, FunctionValue)]
    instance.attributes.update(zip(fields, arguments.positional, strict=False))
    instance.attributes.update(arguments.named)
    return instance


def _run_member(host: Host, found: tuple[ClassValue, Value] | None, bound: Value, arguments: Arguments) -> Value:
    if found is None or not isinstance(found[1], FunctionValue):
        return NONE
    function = found[1]
    return host.run(FunctionValue(function.node, function.scope, found[0], bound), arguments)


def _external(host: Host, name: External, arguments: Arguments, scope: Scope, line: int) -> Value:
    made = framework.web_object(host, name, arguments, scope, line)
    if made is not None:
        return made
    if name.package == "builtins" and name.last in _SAME and arguments.positional:
        return host.settle(arguments.positional[0])
    if name.last.endswith("FastAPI") and any(isinstance(value, Router) for value in arguments.positional):
        host.note(scope.source, line, f"`{name.name}` wraps the application and may change its paths")
    act = _KNOWN.get(name.name)
    found = act(host, arguments, scope) if act is not None else None
    return found if found is not None else Made(name, arguments, scope.source, line)


def _import_module(host: Host, arguments: Arguments, scope: Scope) -> Value | None:
    wanted, package = (
        host.settle(arguments.get(name, place) or NONE) for place, name in enumerate(("name", "package"))
    )
    if not isinstance(wanted, Text) or not wanted.is_exact:
        return None
    name = wanted.text
    if name.startswith("."):
        stem = host.modules.absolute(scope.source.path, package.text) if isinstance(package, Text) else None
        stem = f"{stem}/{name.lstrip('.').replace('.', '/')}" if stem is not None else None
    else:
        stem = host.modules.absolute(scope.source.path, name)
    return Module(stem) if stem is not None else None


def _iter_modules(host: Host, arguments: Arguments, scope: Scope) -> Value | None:
    del scope
    paths = host.settle(arguments.get("path", 0) or NONE)
    packages = [host.settle(item) for item in paths.items] if isinstance(paths, Many) else []
    prefix = as_text(host, arguments.get("prefix", 1) or Text(""), "prefix")
    names = [name for package in packages if isinstance(package, Module) for name in host.modules.inside(package.stem)]
    found: list[Value] = [Many([NONE, prefix + Text(name), NONE]) for name in names]
    return Many(found) if found else None


def _getattr(host: Host, arguments: Arguments, scope: Scope) -> Value | None:
    del scope
    of, name = (host.settle(arguments.get("", place) or NONE) for place in (0, 1))
    return host.attribute(of, name.text) if isinstance(name, Text) else None


def _super(host: Host, arguments: Arguments, scope: Scope) -> Value | None:
    del host, arguments
    inner: Scope | None = scope
    while inner is not None and inner.owner is None:
        inner = inner.parent
    bound = inner.names.get("") if inner is not None else None
    return SuperOf(inner.owner, bound) if inner is not None and inner.owner is not None and bound is not None else None


def _enumerate(host: Host, arguments: Arguments, scope: Scope) -> Value | None:
    del scope
    of = host.settle(arguments.get("iterable", 0) or NONE)
    return Many([Many([Opaque(str(n)), item]) for n, item in enumerate(of.items)]) if isinstance(of, Many) else None


def _zip(host: Host, arguments: Arguments, scope: Scope) -> Value | None:
    del scope
    columns = [host.settle(value) for value in arguments.positional]
    items = [column.items for column in columns if isinstance(column, Many)]
    if len(items) < len(columns):
        return None
    return Many([Many(list(row)) for row in zip(*items, strict=False)])


def _dict(host: Host, arguments: Arguments, scope: Scope) -> Value | None:
    del host, scope
    if arguments.positional:
        return None
    return Pairs([(Text(name), value) for name, value in arguments.named.items()])


_KNOWN: Mapping[str, Callable[[Host, Arguments, Scope], Value | None]] = {
    "importlib.import_module": _import_module,
    "builtins.__import__": _import_module,
    "pkgutil.iter_modules": _iter_modules,
    "builtins.getattr": _getattr,
    "builtins.super": _super,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.dict": _dict,
}


def _member(host: Host, member: Member, arguments: Arguments, scope: Scope, line: int) -> Value:
    of = member.of
    if isinstance(of, Router):
        return framework.call_method(host, of, member.name, arguments, scope, line)
    if isinstance(of, Member) and isinstance(of.of, Router):
        if member.name in {"append", "insert", "extend"} and arguments.positional:
            framework.add_routes(host, of.of, arguments.positional[-1], arguments.text("", 0))
        return NONE
    if isinstance(of, Text):
        return _text_method(host, of, member.name, arguments)
    if isinstance(of, Many) and arguments.positional:
        _grow(host, of, member.name, arguments.positional[-1])
        return NONE
    if isinstance(of, Pairs):
        return _columns(of, member.name, arguments)
    return UNKNOWN


def _text_method(host: Host, of: Text, name: str, arguments: Arguments) -> Value:
    given = [as_text(host, value, "…").text for value in arguments.positional]
    try:
        if name in {"strip", "lstrip", "rstrip", "lower", "upper", "title", "removeprefix", "removesuffix", "replace"}:
            return Text(str(getattr(of.text, name)(*given)), of.is_exact)
        if name == "format":
            named = {key: as_text(host, value, key).text for key, value in arguments.named.items()}
            return Text(of.text.format(*given, **named), of.is_exact)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        return UNKNOWN
    joined = host.settle(arguments.positional[0]) if arguments.positional else NONE
    if name == "join" and isinstance(joined, Many):
        return Text(of.text.join(as_text(host, item, "…").text for item in joined.items))
    if name == "split":
        return Many([Text(part) for part in (of.text.split(given[0]) if given else of.text.split())])
    return UNKNOWN


def _grow(host: Host, of: Many, name: str, value: Value) -> None:
    if name in {"append", "add", "insert"}:
        of.items.append(value)
    elif name in {"extend", "update"}:
        settled = host.settle(value)
        of.items += settled.items if isinstance(settled, Many) else []
        of.is_whole = of.is_whole and isinstance(settled, Many)


def _columns(of: Pairs, name: str, arguments: Arguments) -> Value:
    if name == "items":
        return Many([Many([key, value]) for key, value in of.pairs])
    if name in {"keys", "values"}:
        return Many([key if name == "keys" else value for key, value in of.pairs])
    if name == "get" and arguments.positional:
        wanted = arguments.positional[0]
        return next((value for key, value in of.pairs if key == wanted), arguments.get("default", 1) or NONE)
    return UNKNOWN
