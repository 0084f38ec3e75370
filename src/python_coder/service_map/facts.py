# src/python_coder/service_map/facts.py — routes and dependencies, as plain facts
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Need:
    """A dependency as one callable, router or application asks for it."""

    key: str
    """Key of the dependency in `ServiceMap.dependencies`."""
    origin: str
    """`parameter`, `class`, `route`, `router`, `include` or `application`."""
    alias: str = ""
    """Name of the `Annotated` alias on the way, such as `SessionDep`."""
    is_security: bool = False


@dataclass(frozen=True, order=True)
class Dependency:
    """Something that FastAPI calls before a handler."""

    key: str
    """`path:name` of the project's own, the dotted name of others."""
    name: str
    """`get_db`, `Class.method`, `factory.inner` for one that a call makes."""
    kind: str
    """`function`, `class`, `instance` or `external`."""
    path: str
    """Empty for what is not the project's."""
    line: int
    """1-based; 0 for what is not the project's."""
    is_yield: bool
    needs: tuple[Need, ...]


@dataclass(frozen=True, order=True)
class Reached:
    """A function of the project that a handler calls, by itself or through others."""

    name: str
    """`name`, or `Class.method`."""
    path: str
    line: int
    """1-based line of its `def`."""
    last_line: int


@dataclass(frozen=True, order=True)
class MappedRoute:
    """One route as a client sees it."""

    path: str
    """Full path; what could not be read of it is in angle brackets."""
    methods: tuple[str, ...]
    """Upper case; `WEBSOCKET` for a socket."""
    handler: str
    """Function, or `Class.method`."""
    file: str
    line: int
    """1-based line of the handler's `def`; of the route where the handler is not known."""
    last_line: int
    application: str
    """Variable of the application and the place where it is made; empty when none includes the route."""
    is_exact: bool
    """Whether the whole path was read."""
    needs: tuple[Need, ...]
    response_model: str
    request_models: tuple[str, ...]
    status_code: int
    other_statuses: tuple[int, ...]
    tables: tuple[str, ...]
    """Tables that the handler, or project code that it calls, names."""
    reaches: tuple[Reached, ...]
    """Project code that the handler calls: what it calls itself first, then what that calls, each once."""
    conditions: tuple[str, ...]
    """Tests of the branches in which it is registered."""
    name: str = ""
    """What `url_path_for` takes, where the route is given a name; else that is the handler's."""


@dataclass(frozen=True, order=True)
class Mounted:
    """Something mounted on an application whose routes are not the service's own, such as static files."""

    path: str
    what: str
    file: str
    line: int
