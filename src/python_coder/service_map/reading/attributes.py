# src/python_coder/service_map/reading/attributes.py — what an attribute of a value is
from collections.abc import Callable, Mapping

from python_coder.service_map.reading import framework
from python_coder.service_map.reading.host import Host, find_member, is_computed, is_named
from python_coder.service_map.reading.values import (
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Later,
    Made,
    Many,
    Member,
    Module,
    Opaque,
    Pairs,
    Router,
    SuperOf,
    Text,
    Value,
)

MODULE_INFO = ("module_finder", "name", "ispkg")
"""Parts of what `pkgutil.iter_modules` gives for each module."""
_STATIC = frozenset({"staticmethod"})
_ONLY_ROUTERS = frozenset({"include_router", "add_api_route", "api_route", "add_api_websocket_route"})
"""Methods that nothing but a router has."""


def attribute(host: Host, value: Value, name: str) -> Value | None:
    """An attribute of a value, or `None` when that cannot be read."""
    read = _READERS.get(type(value))
    return read(host, value, name) if read is not None else None


def _of_module(host: Host, value: Value, name: str) -> Value | None:
    if not isinstance(value, Module):
        return None
    if name == "__path__":
        return Many([value])
    if name == "__name__":
        return Text(value.stem.replace("/", "."))
    return host.settle(Later(value.stem, name))


def _of_external(host: Host, value: Value, name: str) -> Value | None:
    del host
    return External(f"{value.name}.{name}") if isinstance(value, External) else None


def _of_class(host: Host, value: Value, name: str) -> Value | None:
    if not isinstance(value, ClassValue):
        return None
    if name in {"__name__", "__qualname__"}:
        return Text(value.node.name)
    found = find_member(host, value, name)
    return host.settle(found[1]) if found is not None else None


def _of_function(host: Host, value: Value, name: str) -> Value | None:
    del host
    return Text(value.node.name) if isinstance(value, FunctionValue) and name == "__name__" else None


def _of_plain(host: Host, value: Value, name: str) -> Value | None:
    del host
    if isinstance(value, Many) and name == "name" and len(value.items) == len(MODULE_INFO):
        return value.items[MODULE_INFO.index(name)]
    # A member of an enumeration stands for its value.
    return value if name == "value" else Member(value, name)


def _of_member(host: Host, value: Value, name: str) -> Value | None:
    del host
    return Member(value, name) if isinstance(value, Member) and value.name == "routes" else None


def _of_router(host: Host, router: Value, name: str) -> Value | None:
    if not isinstance(router, Router):
        return None
    known = framework.router_attribute(router, name)
    if name in router.attributes or known is not None:
        return router.attributes.get(name, known)
    found = find_member(host, router.of, name) if router.of is not None else None
    return _bound(host, found, router) if found is not None else None


def _of_instance(host: Host, instance: Value, name: str) -> Value | None:
    if not isinstance(instance, Instance):
        return None
    if name in instance.attributes:
        return host.settle(instance.attributes[name])
    found = find_member(host, instance.of, name)
    return _bound(host, found, instance) if found is not None else None


def _bound(host: Host, found: tuple[ClassValue, Value], bound: Value) -> Value:
    owner, value = found[0], host.settle(found[1])
    if not isinstance(value, FunctionValue):
        return _default(host, value)
    if any(is_named(decorator, _STATIC) for decorator in value.node.decorators):
        return value
    method = FunctionValue(value.node, value.scope, owner, bound)
    if is_computed(method):
        return host.run(method, Arguments())
    return method


def _default(host: Host, value: Value) -> Value:
    """The default inside `Field(default)` and its like."""
    if isinstance(value, Made) and value.maker.last in {"Field", "field"}:
        given = value.arguments.get("default", 0)
        return host.settle(given) if given is not None else Opaque("…")
    return value


def _of_super(host: Host, value: Value, name: str) -> Value | None:
    if not isinstance(value, SuperOf):
        return None
    for base in value.owner.bases:
        settled = host.settle(base)
        found = find_member(host, settled, name) if isinstance(settled, ClassValue) else None
        if found is not None:
            return _bound(host, found, value.bound)
    return framework.router_attribute(value.bound, name) if isinstance(value.bound, Router) else None


def _of_made(host: Host, made: Value, name: str) -> Value | None:
    if not isinstance(made, Made):
        return None
    if made.router is None and name in _ONLY_ROUTERS:
        framework.promote(host, made)
    if made.router is None:
        return Opaque(f"{made.maker.last}(…).{name}")
    return framework.router_attribute(made.router, name)


_READERS: Mapping[type, Callable[[Host, Value, str], Value | None]] = {
    Module: _of_module,
    External: _of_external,
    Router: _of_router,
    Instance: _of_instance,
    ClassValue: _of_class,
    FunctionValue: _of_function,
    SuperOf: _of_super,
    Made: _of_made,
    Text: _of_plain,
    Many: _of_plain,
    Pairs: _of_plain,
    Member: _of_member,
}
