# src/python_coder/service_map/focus.py — all that a map knows about one file, route, model, dependency or setting
from collections.abc import Iterator, Sequence

from python_coder.service_map.fact_lines import (
    dependency_line,
    need_names,
    route_line,
    schema_line,
    setting_line,
    table_line,
)
from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import (
    calling_tests,
    dependencies_named,
    find_routes,
    models_of,
    users_of_dependency,
    way_to,
)

_MOST_TESTS = 5
_MOST_IN_FULL = 3


def focused_lines(service: ServiceMap, focus: str) -> Sequence[str]:
    """Lines about whatever a focus means; empty when nothing matches."""
    if "/" not in focus or focus.endswith(".py"):
        exact = [*_of_model(service, focus), *_of_dependency(service, focus), *_of_handler(service, focus)]
        exact += [*_of_setting(service, focus), *_of_file(service, focus)]
        return list(dict.fromkeys(exact)) or list(dict.fromkeys(_containing(service, focus)))
    by_path = find_routes(service, path=focus)
    lines = [line for route in by_path for line in _route_lines(service, route, is_full=len(by_path) <= _MOST_IN_FULL)]
    return lines or list(dict.fromkeys(_of_file(service, focus)))


def _route_lines(service: ServiceMap, route: MappedRoute, *, is_full: bool) -> Iterator[str]:
    yield route_line(service, route, has_file=True)
    if not is_full:
        return
    if route.tables:
        yield f"  tables: {', '.join(route.tables)}"
    if route.other_statuses:
        yield f"  other statuses: {', '.join(map(str, route.other_statuses))}"
    for key in sorted(service.route_keys[route]):
        yield f"  calls {dependency_line(service, service.dependencies[key])}"
    tests = calling_tests(service, route)
    for test in tests[:_MOST_TESTS]:
        yield f"  tested by {test}"
    if len(tests) > _MOST_TESTS:
        yield f"  … and {len(tests) - _MOST_TESTS} more tests"
    if not tests:
        yield "  no test seen that calls it"
    if route.application:
        yield f"  application {route.application}"


def _of_model(service: ServiceMap, name: str) -> Iterator[str]:
    tables = [table_line(table) for table in service.tables if name in {table.name, table.table}]
    schemas = [schema_line(schema) for schema in service.schemas if schema.name == name]
    yield from (*tables, *schemas)
    if tables or schemas:
        classes = {table.name for table in service.tables if name in {table.name, table.table}} | {name}
        for route in service.routes:
            if classes & models_of(route):
                yield f"  used by {route_line(service, route, has_file=True)}"
        for table in service.tables:
            for relation in table.relations:
                if relation.target in classes:
                    yield f"  related from {table.name}.{relation.name} {table.path}:{table.line}"


def _of_dependency(service: ServiceMap, name: str) -> Iterator[str]:
    for known in dependencies_named(service, name):
        yield dependency_line(service, known)
    for route in users_of_dependency(service, name):
        way = " > ".join(way_to(service, route, name)) or ", ".join(need_names(service, route.needs))
        yield f"  used by {'|'.join(route.methods)} {route.path} {route.handler} {route.file}:{route.line} by {way}"


def _of_handler(service: ServiceMap, name: str) -> Iterator[str]:
    for route in service.routes:
        if name in {route.handler, route.handler.rpartition(".")[2]}:
            yield from _route_lines(service, route, is_full=True)


def _of_setting(service: ServiceMap, name: str) -> Iterator[str]:
    for found in service.settings:
        for setting in found.settings:
            if name in {found.name, setting.name} or name.upper() in setting.variables:
                yield setting_line(found, setting)


def _of_file(service: ServiceMap, part: str) -> Iterator[str]:
    """Facts of a file, or of all files below a folder or of a dotted module."""
    stem = part.removeprefix("./").rstrip("/")
    stem = stem if stem.endswith(".py") or "/" in stem else stem.replace(".", "/")

    def is_inside(path: str) -> bool:
        known = path.removesuffix(".py") if not stem.endswith(".py") else path
        return f"/{known}/".find(f"/{stem}/") >= 0

    yield from (route_line(service, route, has_file=True) for route in service.routes if is_inside(route.file))
    yield from (dependency_line(service, known) for known in service.dependencies.values() if is_inside(known.path))
    yield from (table_line(table) for table in service.tables if is_inside(table.path))
    yield from (schema_line(schema) for schema in service.schemas if is_inside(schema.path))
    for found in service.settings:
        yield from (setting_line(found, setting) for setting in found.settings if is_inside(found.path))
    for file in service.tests:
        if is_inside(file.path):
            yield f"{file.path}: {file.tests} tests"
            yield from (f"  {c.line} {c.test} {c.method} {c.path or c.handler}" for c in file.calls)
    yield from (f"not read: {note.path}:{note.line} {note.what}" for note in service.notes if is_inside(note.path))


def _containing(service: ServiceMap, part: str) -> Iterator[str]:
    """Everything with a name that contains the text."""
    low = part.lower()
    for route in service.routes:
        if low in f"{route.path} {route.handler}".lower():
            yield route_line(service, route, has_file=True)
    yield from (dependency_line(service, k) for k in service.dependencies.values() if low in k.name.lower())
    yield from (table_line(table) for table in service.tables if low in f"{table.name} {table.table}".lower())
    yield from (schema_line(schema) for schema in service.schemas if low in schema.name.lower())
    for found in service.settings:
        yield from (setting_line(found, setting) for setting in found.settings if low in setting.name.lower())
