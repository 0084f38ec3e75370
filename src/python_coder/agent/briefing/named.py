# src/python_coder/agent/briefing/named.py — which routes, tables, files and names a task is about
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest

from python_coder.agent.briefing.asked import asks_in, methods_in, stem
from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.files import is_test_path
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import find_routes, users_of_dependency
from python_coder.service_map.tables import Table

MOST_ROUTES = 4
_LEAST_LETTERS = 3
"""Of a word that says something; shorter ones are such as `of`."""
_MOST_GUESSED = 2
"""Of routes that only share words with the task."""
_MOST_TABLES = 3
_MOST_SIBLINGS = 2
_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))
_MOST_USERS = 5
"""Routes of a dependency; one that more routes use says nothing of a task."""
_MOST_FILES = 4
_PATH = re.compile(r"(?:\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+)?((?<![\w.])/[\w{}:/.~-]*[\w}]/?)")
_PLACE = re.compile(r"\{[^{}]*\}")
_FILE = re.compile(r"(?<![\w/{])((?:[\w.-]+/)*(?:[\w-]+\.(?:py|toml|ya?ml|ini|cfg|txt|sh|env)|Dockerfile|Makefile))\b")
_FOLDER = re.compile(r"(?<![\w/{])((?:[\w-]+/)+[\w-]*)")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_COMMON = frozenset(
    (
        *("the", "and", "for", "with", "from", "into", "that", "this", "all", "not", "one", "when", "where", "which"),
        *("add", "new", "get", "set", "put", "post", "patch", "delete", "list", "create", "update", "should", "must"),
        *("api", "route", "endpoint", "field", "table", "model", "test", "return", "page", "value", "name"),
        *("int", "str", "bool", "float", "true", "false", "none", "async", "app", "src", "router"),
    )
)
_KINDS = {
    "refactor": re.compile(
        r"\brefactor|without chang\w* (?:its |the |any )?behaviou?r|\bmove the\b|\bextract\b|\bdeduplicat",
        re.IGNORECASE,
    ),
    "tests": re.compile(r"\b(?:only|add|write|more|missing) (?:\w+ )?tests\b|\btest coverage\b", re.IGNORECASE),
    "data": re.compile(
        r"\b(?:columns?|tables?|migrat\w+|alembic|timestamps?|not null|nullable|foreign keys?|ind(?:ex|ices|exes)"
        r"|constraints?|unique|server_default|database|soft.delet\w+|existing rows?|stored?|persist\w*|remembers?)\b",
        re.IGNORECASE,
    ),
}
"""What a task is, the first that fits; else a change of behaviour."""
_OWNING = re.compile(r"\b(?:have|has|having|get|gets|carry|carries|keep|keeps)\b")


@dataclass(frozen=True)
class Named:
    """What a task is about, the surest first."""

    task: str

    kind: str
    """`refactor`, `tests`, `data` or `behaviour`."""
    routes: Sequence[MappedRoute]
    """A few."""
    asides: Sequence[MappedRoute]
    """Routes that the task speaks of beside its matter."""
    tables: Sequence[Table]
    more_routes: int
    """How many others match as well."""
    files: Sequence[str] = ()
    """Files that are named."""
    names: frozenset[str] = frozenset()
    """Identifiers."""
    words: frozenset[str] = frozenset()


def named_in(task: str, service: ServiceMap, paths: Sequence[str] = ()) -> Named:
    """Find what a task names: paths, names and verbs beside resources; without any, what its words are most about.

    Args:
        task: In words.
        service: The map.
        paths: All files.
    """
    words = words_of(task)
    files = _files(task, paths)
    asked, asides = _asked(task, service)
    sure = [*_by_path(task, service), *_by_name(task, service)]
    routes = list(dict.fromkeys([*sure, *asked]))
    if not routes or files:
        routes = _in_turns(routes, service, files, methods_in(task))
    matching = routes or asides or ([] if files else _by_words(words, service, methods_in(task)))
    routes = routes or matching[:_MOST_GUESSED]
    with_columns = [table for table in service.tables if table.columns]
    tables = [table for table in with_columns if _is_named(table, task)]
    kind = _kind(task, is_of_rows=bool(tables) and not sure and not asked)
    if kind == "data" and not sure and not asked:
        routes = sorted(matching, key=lambda route: "POST" not in route.methods)[:1]
    touched = {name for route in routes[:MOST_ROUTES] for name in route.tables}
    near = [table for table in with_columns if table.name in touched and table not in tables]
    return Named(
        task=task,
        kind=kind,
        routes=routes[:MOST_ROUTES],
        asides=[route for route in asides if route not in routes],
        tables=[*tables, *near][:_MOST_TABLES],
        more_routes=max(0, len(matching) - len(routes[:MOST_ROUTES])),
        files=files,
        names=identifiers_of(task),
        words=words,
    )


def words_of(text: str) -> frozenset[str]:
    """The telling words of a text: lower case, names taken apart, plurals cut."""
    parts = (part for word in _WORD.findall(text) for part in (*_HUMP.sub(" ", word).replace("_", " ").split(), word))
    return frozenset(stem(part.lower()) for part in parts if len(part) >= _LEAST_LETTERS) - _COMMON


def identifiers_of(task: str) -> frozenset[str]:
    """Words of a task that look like names of code: with an underscore, a hump, or alone between backticks."""
    task = _FOLDER.sub(" ", _PATH.sub(" ", task))
    quoted = set(re.findall(r"`(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?:\(\))?`", task))
    return frozenset(quoted | {word for word in _WORD.findall(task) if "_" in word.strip("_") or _HUMP.search(word)})


def _kind(task: str, *, is_of_rows: bool) -> str:
    found = next((kind for kind, pattern in _KINDS.items() if pattern.search(task)), "behaviour")
    return "data" if found == "behaviour" and is_of_rows and _OWNING.search(task) else found


def _is_named(table: Table, task: str) -> bool:
    words, own = set(_WORD.findall(task)), words_of(table.name)
    return bool({table.name, f"{table.name}s", table.table} & words) or bool(own and own <= words_of(task))


def _files(task: str, paths: Sequence[str]) -> Sequence[str]:
    """Files that a task names by path or by their last part; of several those in a folder that it names, too."""
    folders = [found.strip("/") for found in _FOLDER.findall(task)]
    named: dict[str, None] = {}
    for name in _FILE.findall(task):
        ending = [path for path in paths if path == name or path.endswith(f"/{name}")]
        inside = [path for path in ending if any(f"/{folder}/" in f"/{path}" for folder in folders)]
        code = [path for path in inside or ending if not is_test_path(path)]
        named.update(dict.fromkeys((code or ending)[:_MOST_FILES]))
    return list(named)[:_MOST_FILES]


def _in_turns(
    routes: Sequence[MappedRoute], service: ServiceMap, files: Sequence[str], methods: Collection[str]
) -> list[MappedRoute]:
    """Routes of named files, the files in turns: of each those already found, then those with the task's verbs."""

    def order(route: MappedRoute) -> tuple[bool, bool]:
        return route not in routes, not set(methods).intersection(route.methods)

    groups = [sorted((one for one in service.routes if one.file == path), key=order) for path in files]
    in_files = [route for turn in zip_longest(*groups) for route in turn if route is not None]
    return [*in_files, *(route for route in routes if route not in in_files)] if files else list(routes)


def _by_path(task: str, service: ServiceMap) -> Iterator[MappedRoute]:
    for method, path in _PATH.findall(task):
        found = find_routes(service, path=f"{method} {path}" if method else path)
        ending = [route for route in found if _plain(route.path).endswith(_plain(path))]
        methods = methods_in(task)
        if not method and len(ending) > 1:
            ending = [route for route in ending if not methods.isdisjoint(route.methods)] or ending
        yield from ending or found or _siblings(service, method, path)


def _plain(path: str) -> str:
    return _PLACE.sub("{}", path).rstrip("/")


def _siblings(service: ServiceMap, method: str, path: str) -> Sequence[MappedRoute]:
    """For a path that is not there yet: the routes that have most parts with it in common."""
    parts = _plain(path).split("/")

    def order(route: MappedRoute) -> tuple[int, bool, bool]:
        shared = _shared(parts, _plain(route.path).split("/"))
        has_body = bool(_WITH_BODY & {method}) is bool(_WITH_BODY.intersection(route.methods))
        return -shared, method not in route.methods, not has_body

    near = [route for route in service.routes if _shared(parts, _plain(route.path).split("/")) > 0]
    return sorted(near, key=order)[:_MOST_SIBLINGS]


def _shared(parts: Sequence[str], others: Sequence[str]) -> int:
    """How many parts two paths have in common from their beginnings, less what the other has beside them."""
    same = [*takewhile(lambda pair: pair[0] == pair[1], zip(parts, others, strict=False))]
    return 2 * len(same) - len(others) if any(one.strip("{}") for one, _ in same) else 0


def _by_name(task: str, service: ServiceMap) -> Iterator[MappedRoute]:
    names = identifiers_of(task)
    for route in service.routes:
        if names & {route.handler, route.handler.rpartition(".")[2]}:
            yield route
    for name in sorted(names):
        reaching = [route for route in service.routes if name in {one.name.rpartition(".")[2] for one in route.reaches}]
        users = [*users_of_dependency(service, name), *reaching]
        yield from users if len(users) <= _MOST_USERS else ()


def _asked(task: str, service: ServiceMap) -> tuple[list[MappedRoute], list[MappedRoute]]:
    """Routes for verbs beside resources: what is asked for, and what is only said beside it."""
    asked: dict[MappedRoute, None] = {}
    asides: dict[MappedRoute, None] = {}
    nouns = {noun for route in service.routes for noun in _resource(route)}
    for ask in asks_in(task, nouns):
        methods = {ask.method, "PUT"} if ask.method == "PATCH" else {ask.method}
        found = [route for route in service.routes if ask.noun in _resource(route) and methods & set(route.methods)]
        if ask.method == "GET":
            found.sort(key=lambda route: route.path.rstrip("/").endswith("}") is ask.is_listing)
            found = found[:1]
        (asides if ask.is_aside else asked).update(dict.fromkeys(found))
    return list(asked), list(asides)


def _resource(route: MappedRoute) -> frozenset[str]:
    """Stems of the last fixed part of a path: of `/teams/{id}/heroes/{hero_id}` `hero`."""
    fixed = [part for part in route.path.split("/") if part and not part.startswith(("{", "<"))]
    return frozenset(stem(word) for word in re.findall(r"[a-z]+", fixed[-1].lower())) if fixed else frozenset()


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
