# src/python_coder/agent/briefing/named.py — which routes, tables and dependencies a task is about
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import find_routes, users_of_dependency
from python_coder.service_map.tables import Table

MOST_ROUTES = 3
_METHODS_OF = {
    "POST": frozenset(("create", "add", "new", "post", "insert", "import")),
    "PATCH": frozenset(("update", "change", "edit", "set", "rename", "modify")),
    "DELETE": frozenset(("delete", "remove", "drop", "archive")),
    "GET": frozenset(("list", "get", "show", "filter", "search", "sort", "page", "pagination", "read")),
}
"""Words of a task that speak of one kind of route."""
_PATH = re.compile(r"(?:\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+)?((?<![\w.])/[\w{}:/.~-]*\w\}?)")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]+")
_ENDING = re.compile(r"(?<=\w\w)(?:e|es|ed|s|ing)$")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_COMMON = frozenset(
    (
        *("the", "and", "for", "with", "from", "into", "that", "this", "all", "not", "one", "when", "where", "which"),
        *("add", "new", "get", "set", "put", "post", "patch", "delete", "list", "create", "update", "should", "must"),
        *("api", "route", "endpoint", "field", "table", "model", "test", "return", "page", "value", "name"),
        *("int", "str", "bool", "float", "true", "false", "none", "async", "app", "src", "router"),
    )
)


@dataclass(frozen=True)
class Named:
    """What a task is about, the surest first."""

    routes: Sequence[MappedRoute]
    """At most three."""
    tables: Sequence[Table]
    more_routes: int
    """How many others match as well."""


def named_in(task: str, service: ServiceMap) -> Named:
    """Find what a task names: paths and names first; without any, what its words are most about."""
    words = words_of(task)
    routes = list(dict.fromkeys([*_by_path(task, service), *_by_name(task, service)]))
    tables = [table for table in service.tables if table.name in task or (table.table and table.table in task.split())]
    if not routes:
        routes = _by_words(words, service, _methods_of(task))
    tables = tables or [table for table in service.tables if words_of(table.name) <= words]
    touched = {name for route in routes[:MOST_ROUTES] for name in route.tables}
    near = [table for table in service.tables if table.name in touched and table not in tables]
    return Named(routes[:MOST_ROUTES], [*tables, *near][:MOST_ROUTES], max(0, len(routes) - MOST_ROUTES))


def words_of(text: str) -> frozenset[str]:
    """The telling words of a text: lower case, names taken apart, plurals cut."""
    parts = (part for word in _WORD.findall(text) for part in (*_HUMP.sub(" ", word).replace("_", " ").split(), word))
    return frozenset(_stem(part.lower()) for part in parts if len(part) > 2) - _COMMON  # noqa: PLR2004 - as `of`


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - not `ties`
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _by_path(task: str, service: ServiceMap) -> Iterable[MappedRoute]:
    for method, path in _PATH.findall(task):
        yield from find_routes(service, path=f"{method} {path}" if method else path)


def _by_name(task: str, service: ServiceMap) -> Iterable[MappedRoute]:
    names = {word for word in _WORD.findall(task) if "_" in word or _HUMP.search(word)}
    for route in service.routes:
        if names & {route.handler, route.handler.rpartition(".")[2]}:
            yield route
    for name in sorted(names):
        yield from users_of_dependency(service, name)


def _methods_of(task: str) -> frozenset[str]:
    """Methods that the task's verbs speak of."""
    words = {_ENDING.sub("", word) for word in re.findall(r"[a-z]+", task.lower())}
    spoken = {method for method, verbs in _METHODS_OF.items() if any(verb.removesuffix("e") in words for verb in verbs)}
    return frozenset(spoken | ({"PUT"} if "PATCH" in spoken else set()))


def _by_words(words: frozenset[str], service: ServiceMap, methods: frozenset[str]) -> list[MappedRoute]:
    """Routes that share most words with the task, by path, handler and file; one that shares none is left out.

    Among equals those come first whose methods the task speaks of.
    """
    # `team_id` speaks of teams once, not twice: else a key's name outweighs what the task is about.
    words = frozenset(word for word in words if "_" not in word)
    scored = [
        (len(words & words_of(f"{route.path} {route.handler}")), len(words & words_of(route.file)), route)
        for route in service.routes
    ]
    best = max((score for score, _, _ in scored), default=0)
    found = [(by_file, route) for score, by_file, route in scored if best and score == best]

    def order(one: tuple[int, MappedRoute]) -> tuple[int, bool, str, int]:
        by_file, route = one
        return -by_file, methods.isdisjoint(route.methods), route.file, route.line

    return [route for _, route in sorted(found, key=order)]
