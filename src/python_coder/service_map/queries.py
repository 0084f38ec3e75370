# src/python_coder/service_map/queries.py — questions about a service: which routes, and what leads to them
import re
from collections.abc import Sequence

from python_coder.service_map.facts import Dependency, MappedRoute, Need
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.requests_sent import path_pattern

_WORDS = re.compile(r"[A-Za-z_]\w*")
_PLACE = re.compile(r"\{[^{}]*\}")
_METHOD = re.compile(r"^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|TRACE|WEBSOCKET|WS)\s+(?=/)", re.IGNORECASE)


def find_routes(
    service: ServiceMap, *, path: str = "", handler: str = "", dependency: str = "", model: str = ""
) -> Sequence[MappedRoute]:
    """The routes that match all that is given, ordered by path.

    Args:
        service: The map.
        path: A part of the full path, the path of a request such as `/items/5`, or either after a method.
        handler: Name of the function, `Class.method`, or `file.py:name`.
        dependency: Name of a dependency or of an `Annotated` alias, used directly or through others.
        model: Name of a request or response model, or of a table's class.
    """
    found: Sequence[MappedRoute] = service.routes
    if dependency:
        found = users_of_dependency(service, dependency)
    if path:
        found = _by_path(found, path)
    if handler:
        exact = [route for route in found if _is_called(route, handler)]
        found = exact or [route for route in found if handler.lower() in route.handler.lower()]
    if model:
        found = [route for route in found if model in models_of(route)]
    return found


def users_of_dependency(service: ServiceMap, function: str) -> Sequence[MappedRoute]:
    """The routes for which FastAPI calls a dependency: by a parameter, an alias, a class, a router, an application.

    Args:
        service: The map.
        function: Its name, `Class.method`, `file.py:name`, or the name of an `Annotated` alias.

    Returns:
        Routes ordered by path, also those that need it only through other dependencies.
    """
    keys = {known.key for known in dependencies_named(service, function)}
    aliased = {key for key, known in service.dependencies.items() if _has_alias(known.needs, function)}
    wanted = keys | aliased
    return [
        route for route in service.routes if wanted & service.route_keys[route] or _has_alias(route.needs, function)
    ]


def dependencies_named(service: ServiceMap, name: str) -> Sequence[Dependency]:
    """The dependencies that a name may mean."""
    exact = [known for known in service.dependencies.values() if name in {known.key, known.name}]
    module, _, last = name.replace("::", ":").rpartition(":")
    if module and not exact:
        return [
            known
            for known in service.dependencies.values()
            if known.path.endswith(module.removeprefix("./")) and last in {known.name, known.name.rpartition(".")[2]}
        ]
    # `factory` for what `factory("admin")` makes, `Class` for its methods, `method` for `Class.method`.
    return exact or [known for known in service.dependencies.values() if name in known.name.split(".")]


def way_to(service: ServiceMap, route: MappedRoute, function: str) -> tuple[str, ...]:
    """The shortest way from a route to a dependency: names, the alias before what it stands for."""
    wanted = {known.key for known in dependencies_named(service, function)}
    waiting: list[tuple[Need, tuple[str, ...]]] = [(need, _start(need)) for need in route.needs]
    seen: set[str] = set()
    while waiting:
        need, way = waiting.pop(0)
        known = service.dependencies.get(need.key)
        way = (*way, known.name if known is not None else need.key)
        if need.key in wanted or need.alias == function:
            return way
        if need.key in seen or known is None:
            continue
        seen.add(need.key)
        waiting += [(inner, (*way, *_alias(inner))) for inner in known.needs]
    return ()


def models_of(route: MappedRoute) -> frozenset[str]:
    """Names of all models and tables that a route takes, gives or touches."""
    return frozenset(_WORDS.findall(route.response_model)) | {*route.request_models, *route.tables}


def calling_tests(service: ServiceMap, route: MappedRoute) -> Sequence[str]:
    """Tests whose requests reach a route, as `file.py::test`, as far as their addresses can be read.

    Of a request that a fixture or a helper sends, the test file that holds it is told, without a function.
    """
    return sorted(
        {
            f"{file.path}::{call.test}" if call.is_test else file.path
            for file, call in service.calls_of.get(route, ())
            if file.is_collected
        }
    )


def _start(need: Need) -> tuple[str, ...]:
    return _alias(need) if need.origin == "parameter" else (f"{need.origin} level", *_alias(need))


def _alias(need: Need) -> tuple[str, ...]:
    return (need.alias,) if need.alias else ()


def _has_alias(needs: Sequence[Need], name: str) -> bool:
    return any(name == need.alias for need in needs)


def _is_called(route: MappedRoute, name: str) -> bool:
    file, _, last = name.replace("::", ":").rpartition(":")
    is_name = last in {route.handler, route.handler.rpartition(".")[2]}
    return is_name and (not file or route.file.endswith(file))


def _by_path(routes: Sequence[MappedRoute], given: str) -> Sequence[MappedRoute]:
    method = _METHOD.match(given)
    wanted = _METHOD.sub("", given).strip()
    if method is not None:
        name = method.group(1).upper()
        routes = [route for route in routes if ("WEBSOCKET" if name == "WS" else name) in route.methods]
    plain = _PLACE.sub("{}", wanted).rstrip("/")
    exact = [route for route in routes if _PLACE.sub("{}", route.path).rstrip("/") == plain]
    if exact:
        return exact
    if wanted.startswith("/") and "{" not in wanted:
        request = [route for route in routes if path_pattern(route.path).fullmatch(wanted.rstrip("/") or "/")]
        below = [route for route in routes if route.path.startswith(wanted) and route not in request]
        return [*request, *below] if request else below or _containing(routes, wanted)
    return _containing(routes, wanted)


def _containing(routes: Sequence[MappedRoute], part: str) -> Sequence[MappedRoute]:
    return [route for route in routes if part.lower() in route.path.lower()]
