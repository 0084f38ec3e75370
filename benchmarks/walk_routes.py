# benchmarks/walk_routes.py — lists the routes of a live application; runs in the service's own environment
"""Usage: python walk_routes.py MODULE:ATTRIBUTE[()], from the folder on whose modules the application is made.

Prints one JSON line with the routes: path, methods, handler, dependencies. Needs nothing but the service itself.
"""

import importlib
import inspect
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def load(target: str) -> Any:
    """The application that `module:name` names, or that `module:name()` makes."""
    module, _, name = target.partition(":")
    found = importlib.import_module(module)
    for part in name.removesuffix("()").split("."):
        found = getattr(found, part)
    return found() if name.endswith("()") else found


def walk(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All routes, with those that newer FastAPI keeps inside included routers, and those of mounted applications."""
    for route in effective(routes):
        path = getattr(route, "path", None)
        if path is None:
            continue
        inner = getattr(route, "routes", None)
        if inner is not None and getattr(route, "endpoint", None) is None:
            yield from walk(inner, prefix + path)
        elif getattr(route, "endpoint", None) is not None:
            yield prefix + path, route


def effective(routes: Iterable[Any]) -> Iterable[Any]:
    """Routes as requests see them."""
    contexts = getattr(importlib.import_module("fastapi.routing"), "iter_route_contexts", None)
    return contexts(routes) if contexts is not None else routes


def calls_of(dependant: Any) -> Iterator[str]:
    """Names of all dependencies below one, itself left out."""
    for inner in getattr(dependant, "dependencies", None) or ():
        call = inner.call
        yield getattr(call, "__qualname__", None) or type(call).__name__
        yield from calls_of(inner)


def described(path: str, route: Any) -> dict[str, object]:
    """One route as plain values."""
    endpoint = inspect.unwrap(route.endpoint)
    methods = getattr(route, "methods", None)
    return {
        "path": path,
        "methods": sorted(methods) if methods else ["WEBSOCKET"],
        "module": getattr(endpoint, "__module__", ""),
        "handler": getattr(endpoint, "__qualname__", type(endpoint).__name__),
        "dependencies": sorted(set(calls_of(getattr(route, "dependant", None)))),
    }


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    application = load(sys.argv[1])
    print(json.dumps([described(path, route) for path, route in walk(application.routes)]))
