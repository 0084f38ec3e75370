# src/python_coder/service_map/reading/framework.py — what FastAPI's and Starlette's own names do
from collections.abc import Callable, Mapping

from python_coder.service_map.reading.host import Host, as_text
from python_coder.service_map.reading.values import (
    NONE,
    Arguments,
    Depend,
    External,
    IncludeEntry,
    Made,
    Many,
    Member,
    RouteCall,
    RouteEntry,
    Router,
    Scope,
    Text,
    Value,
)

VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
APPLICATIONS = frozenset({"FastAPI", "Starlette"})
ROUTERS = frozenset({"APIRouter", "Router", "InferringRouter", "VersionedAPIRouter"})
WEBSOCKET = ("WEBSOCKET",)
_WEB_PACKAGES = frozenset({"fastapi", "starlette"})
_ROUTES = frozenset({"Route", "APIRoute", "WebSocketRoute", "APIWebSocketRoute"})
_DECORATORS = VERBS | {"api_route", "route", "websocket", "websocket_route"}
_ADDERS = frozenset({"add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route"})
METHODS = _DECORATORS | _ADDERS | {"include_router", "mount", "frontend", "host", "__init__"}
"""Methods of a router that the reader knows."""


def is_router(name: External) -> bool:
    """Whether calling a name makes an application or a router, as far as its name tells."""
    if name.last in APPLICATIONS or name.last == "APIRouter":
        return True
    return name.last in ROUTERS and ("router" in name.name.lower().rpartition(".")[0] or name.package in _WEB_PACKAGES)


def make_router(host: Host, kind: str, arguments: Arguments, scope: Scope, line: int) -> Router:
    """An application or a router, with what its arguments say."""
    router = Router(kind in APPLICATIONS, Text(""), [], scope.source, line)
    configure(host, router, arguments)
    host.routers.append(router)
    return router


def configure(host: Host, router: Router, arguments: Arguments) -> None:
    """Apply the arguments of `APIRouter(…)` or `FastAPI(…)`."""
    if arguments.get("prefix") is not None and not router.is_application:
        router.prefix = as_text(host, arguments.get("prefix"), arguments.text("prefix"))
    dependencies = host.settle(arguments.get("dependencies") or NONE)
    router.dependencies += dependencies.items if isinstance(dependencies, Many) else []
    if arguments.get("routes") is not None:
        add_routes(host, router, arguments.named["routes"], arguments.text("routes"))


def add_routes(host: Host, router: Router, value: Value, text: str) -> None:
    """Add routes and mounts that were made by themselves: one, a list, or all of another router."""
    settled = host.settle(value)
    if isinstance(settled, RouteEntry | IncludeEntry):
        router.entries.append(settled)
    elif isinstance(settled, Many):
        for item in settled.items:
            add_routes(host, router, item, text)
    elif isinstance(settled, Member) and isinstance(settled.of, Router):
        router.entries.append(
            IncludeEntry(
                child=settled.of,
                path=Text(""),
                dependencies=[],
                is_mount=False,
                text=text,
                source=router.source,
                line=router.line,
                conditions=tuple(host.conditions),
            )
        )
    else:
        host.note(router.source, router.line, f"routes of `{text}` are not known")


def web_object(host: Host, name: External, arguments: Arguments, scope: Scope, line: int) -> Value | None:
    """What calling a name of FastAPI or Starlette makes; `None` for other names."""
    if is_router(name):
        return make_router(host, name.last, arguments, scope, line)
    if name.last in {"Depends", "Security"} and name.package in _WEB_PACKAGES:
        return Depend(arguments.get("dependency", 0), is_security=name.last == "Security")
    if name.package not in _WEB_PACKAGES:
        return None
    if name.last in _ROUTES:
        methods = WEBSOCKET if "WebSocket" in name.last else _methods(host, arguments)
        return _entry(host, methods, arguments, scope, line)
    if name.last == "Mount":
        return _mount(host, arguments, scope, line)
    return None


def call_method(host: Host, router: Router, name: str, arguments: Arguments, scope: Scope, line: int) -> Value:
    """Call a method of a router."""
    if name in _DECORATORS:
        methods = (name.upper(),) if name in VERBS else _methods(host, arguments)
        methods = WEBSOCKET if name.startswith("websocket") else methods
        return RouteCall(router, _entry(host, methods, arguments, scope, line))
    if name in _ADDERS:
        methods = WEBSOCKET if "websocket" in name else _methods(host, arguments)
        router.entries.append(_entry(host, methods, arguments, scope, line))
    else:
        act = _ACTIONS[name]
        act(host, router, arguments, scope, line)
    return NONE


def finish(call: RouteCall, handler: Value) -> Value:
    """Give a route its handler: what a decorator does."""
    call.entry.handler = handler
    call.router.entries.append(call.entry)
    return handler


def _methods(host: Host, arguments: Arguments) -> tuple[str, ...]:
    given = arguments.get("methods")
    if given is None:
        return ("GET",)
    settled = host.settle(given)
    items = settled.items if isinstance(settled, Many) else [given]
    return tuple(as_text(host, item, arguments.text("methods")).text.upper() for item in items)


def _entry(host: Host, methods: tuple[str, ...], arguments: Arguments, scope: Scope, line: int) -> RouteEntry:
    return RouteEntry(
        path=as_text(host, arguments.get("path", 0), arguments.text("path", 0)),
        methods=methods,
        options=arguments,
        handler=arguments.get("endpoint", 1) or arguments.get("route") or arguments.get("func") or NONE,
        source=scope.source,
        line=line,
        conditions=tuple(host.conditions),
    )


def _include(host: Host, router: Router, arguments: Arguments, scope: Scope, line: int) -> None:
    dependencies = host.settle(arguments.get("dependencies") or NONE)
    prefix = arguments.get("prefix", 1)
    router.entries.append(
        IncludeEntry(
            child=arguments.get("router", 0) or NONE,
            path=as_text(host, prefix, arguments.text("prefix", 1)) if prefix is not None else Text(""),
            dependencies=list(dependencies.items) if isinstance(dependencies, Many) else [],
            is_mount=False,
            text=arguments.text("router", 0),
            source=scope.source,
            line=line,
            conditions=tuple(host.conditions),
        )
    )


def _mount(host: Host, arguments: Arguments, scope: Scope, line: int) -> IncludeEntry:
    child = arguments.get("app", 1)
    if child is None and arguments.get("routes") is not None:
        child = make_router(host, "Router", Arguments(named={"routes": arguments.named["routes"]}), scope, line)
    path = as_text(host, arguments.get("path", 0), arguments.text("path", 0))
    return IncludeEntry(
        child=child or NONE,
        path=Text(path.text.rstrip("/"), path.is_exact),
        dependencies=[],
        is_mount=True,
        text=arguments.text("app", 1),
        source=scope.source,
        line=line,
        conditions=tuple(host.conditions),
    )


def _add_mount(host: Host, router: Router, arguments: Arguments, scope: Scope, line: int) -> None:
    router.entries.append(_mount(host, arguments, scope, line))


def _add_files(host: Host, router: Router, arguments: Arguments, scope: Scope, line: int) -> None:
    mount = _mount(host, arguments, scope, line)
    mount.text = f"files of {arguments.text('directory')}"
    router.entries.append(mount)


def _add_host(host: Host, router: Router, arguments: Arguments, scope: Scope, line: int) -> None:
    mount = _mount(host, arguments, scope, line)
    mount.path = Text("")
    router.entries.append(mount)


def _configure(host: Host, router: Router, arguments: Arguments, scope: Scope, line: int) -> None:
    del scope, line
    configure(host, router, arguments)


_ACTIONS: Mapping[str, Callable[[Host, Router, Arguments, Scope, int], None]] = {
    "include_router": _include,
    "mount": _add_mount,
    "frontend": _add_files,
    "host": _add_host,
    "__init__": _configure,
}


def router_attribute(router: Router, name: str) -> Value | None:
    """An attribute of a router that FastAPI itself gives it."""
    if name in METHODS:
        return Member(router, name)
    if name == "router" and router.is_application:
        return router
    if name == "prefix":
        return router.prefix
    if name == "routes":
        return Member(router, "routes")
    if name == "dependencies":
        return Many(router.dependencies)
    return router.attributes.get(name)


def promote(host: Host, made: Made) -> None:
    """Take something that a library made for a router, since the service adds routes to it."""
    kind = "FastAPI" if made.maker.last.endswith(("FastAPI", "API", "App")) else "APIRouter"
    made.router = Router(kind == "FastAPI", Text(""), [], made.source, made.line)
    configure(host, made.router, made.arguments)
    host.routers.append(made.router)
    host.note(made.source, made.line, f"`{made.maker.name}` is taken for a router; routes of its own are not known")
