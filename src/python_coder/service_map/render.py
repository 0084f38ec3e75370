# src/python_coder/service_map/render.py — a service map as compact text for a model's context
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from python_coder.service_map.fact_lines import (
    dependency_line,
    route_line,
    schema_line,
    settings_line,
    table_line,
)
from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.focus import focused_lines
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import find_routes, way_to

DEFAULT_MAX_CHARS = 12_000
_LEAST_CHARS = 300
_MOST_APPLICATIONS = 5
_NAMES_A_LINE = 6
_COMMON_START = re.compile(r"api|v\d+|latest")


@dataclass(frozen=True)
class Section:
    """One part of the map."""

    name: str
    """Also the `focus` that shows it alone."""
    heading: str
    lines: Sequence[str]
    weight: int
    """Share of the space when not everything fits."""
    shorter: Sequence[Sequence[str]] = ()
    """The same with less and less detail, for when the lines do not fit."""


def render_map(service: ServiceMap, focus: str = "", max_chars: int = DEFAULT_MAX_CHARS, skip: int = 0) -> str:
    """The map as text, at most `max_chars` long; what is left out is counted, with how to see it.

    Args:
        service: The map.
        focus: Nothing for an overview; the name of a section; a file, route, model, dependency, setting or test.
        max_chars: Most characters of the answer.
        skip: Lines of the section or of the focused answer that earlier pages had.
    """
    max_chars = max(max_chars, _LEAST_CHARS)
    sections = _sections(service)
    chosen = next((section for section in sections if section.name == focus.strip().lower()), None)
    if chosen is not None:
        return _page(chosen.heading, chosen.lines, max_chars, skip)
    if focus.strip():
        found = focused_lines(service, focus.strip())
        if not found:
            names = ", ".join(section.name for section in sections)
            return (
                f"Nothing in the service map matches `{focus}`. Give a path, file, route or name, or one of: {names}."
            )
        return _page(f"focus `{focus.strip()}`", found, max_chars, skip)
    return _overview(_header(service), sections, max_chars)


def render_routes(service: ServiceMap, wanted: Mapping[str, str], max_chars: int, skip: int = 0) -> str:
    """The routes that match, each with its file, and with the way to a dependency that is asked for.

    Args:
        service: The map.
        wanted: `path`, `handler`, `dependency`, `model` as `find_routes` takes them; empty ones do not count.
        max_chars: Most characters of the answer.
        skip: Lines that earlier pages had.
    """
    asked = {name: value.strip() for name, value in wanted.items() if value.strip()}
    found = find_routes(service, **asked)
    shown = " and ".join(f"{name} `{value}`" for name, value in asked.items())
    which = f" with {shown}" if asked else ""
    heading = f"{len(found)} of {len(service.routes)} routes{which}"
    if service.notes:
        heading += f" ({len(service.notes)} places could not be read: get_service_map focus=notes)"
    lines = [_found_line(service, route, asked.get("dependency", "")) for route in found]
    return _page(heading, lines, max(max_chars, _LEAST_CHARS), skip)


def _found_line(service: ServiceMap, route: MappedRoute, dependency: str) -> str:
    way = " > ".join(way_to(service, route, dependency)) if dependency else ""
    return route_line(service, route, has_file=True) + (f" [by {way}]" if way else "")


def _page(heading: str, lines: Sequence[str], max_chars: int, skip: int) -> str:
    start = max(skip, 0)
    first = f"{heading} (from line {start} of {len(lines)})" if start else heading
    shown, left = _fitting(lines[start:], max_chars - len(first) - 80)
    after = len(lines) - left
    more = [f"… {left} more lines; go on with skip={after}"] if left else []
    return "\n".join([first, *shown, *more])[:max_chars]


def _fitting(lines: Sequence[str], budget: int) -> tuple[list[str], int]:
    """As many lines as fit, and how many are left. A line that is too long for all of it is cut."""
    shown: list[str] = []
    used = 0
    for line in lines:
        if used + len(line) + 1 > budget:
            if not shown and budget > 1:
                # Cut, and counted as not shown.
                return [line[: budget - 1] + "…"], len(lines)
            break
        shown.append(line)
        used += len(line) + 1
    return shown, len(lines) - len(shown)


def _overview(header: str, sections: Sequence[Section], max_chars: int) -> str:
    parts, left = [header[:max_chars]], max_chars - len(header) - 1
    waiting = [section for section in sections if section.lines]
    while waiting:
        section = waiting.pop(0)
        share = left * section.weight // (section.weight + sum(other.weight for other in waiting))
        whole = "\n".join([section.heading, *section.lines])
        if len(whole) + 1 > share:
            shown, hidden = _shortened(section, share - len(section.heading) - 60)
            more = f"… {hidden} more lines: focus={section.name}" if hidden else f"(in full: focus={section.name})"
            whole = "\n".join([section.heading, *shown, more])
        if len(whole) + 1 <= left:
            parts.append(whole)
            left -= len(whole) + 1
    return "\n".join(parts)


def _shortened(section: Section, budget: int) -> tuple[list[str], int]:
    """The most detailed form that fits as a whole, else the beginning of the shortest."""
    for lines in section.shorter:
        shown, hidden = _fitting(lines, budget)
        if not hidden:
            return shown, 0
    return _fitting(section.shorter[-1] if section.shorter else section.lines, budget)


def _header(service: ServiceMap) -> str:
    applications = ", ".join(service.applications[:_MOST_APPLICATIONS]) or "none found"
    hidden = len(service.applications) - _MOST_APPLICATIONS
    more = f" and {hidden} more" if hidden > 0 else ""
    return (
        f"FastAPI service, read without importing it; lines are 1-based. {service.python_files:,} Python files, "
        f"{service.python_lines:,} lines. Applications: {applications}{more}."
    )


def _sections(service: ServiceMap) -> Sequence[Section]:
    shorts = {
        "routes": [_plain_routes(service), _route_groups(service)],
        "tables": [_names([f"{table.name} {table.path}:{table.line}" for table in service.tables])],
        "schemas": [_names([schema.name for schema in service.schemas])],
    }
    return [Section(name, *make(service), weight, shorts.get(name, ())) for name, (make, weight) in _MAKERS.items()]


def _plain_routes(service: ServiceMap) -> Sequence[str]:
    lines: dict[str, list[str]] = {}
    for route in sorted(service.routes, key=lambda route: (route.file, route.line)):
        lines.setdefault(route.file, []).append(
            f"  {'|'.join(route.methods)} {route.path} {route.handler} {route.line}"
        )
    return [line for file, routes in lines.items() for line in (file, *routes)]


def _route_groups(service: ServiceMap) -> Sequence[str]:
    """Routes by the beginning of their paths, counted, most first."""
    groups: dict[str, list[MappedRoute]] = {}
    for route in service.routes:
        groups.setdefault(_beginning(route.path), []).append(route)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return [f"  {start}: {len(routes)} in {_files_of(routes)}" for start, routes in ordered]


def _beginning(path: str) -> str:
    """The fixed parts at the start of a path, without the usual `/api/v1`; at most two more."""
    parts = [part for part in path.split("/") if part]
    fixed = list(takewhile(lambda part: not part.startswith("{"), parts))
    common = len(list(takewhile(_COMMON_START.fullmatch, fixed)))
    return "/" + "/".join(fixed[: common + 1])


def _files_of(routes: Sequence[MappedRoute]) -> str:
    files = sorted({route.file for route in routes})
    return files[0] if len(files) == 1 else f"{posixpath.commonpath(files) or '.'}/ ({len(files)} files)"


def _names(names: Sequence[str]) -> Sequence[str]:
    """Names, several to a line."""
    return [f"  {', '.join(names[start : start + _NAMES_A_LINE])}" for start in range(0, len(names), _NAMES_A_LINE)]


def _routes(service: ServiceMap) -> tuple[str, Sequence[str]]:
    def file_of(route: MappedRoute) -> str:
        return route.file

    lines: list[str] = []
    for file, routes in groupby(sorted(service.routes, key=lambda route: (route.file, route.line)), key=file_of):
        lines.append(file)
        lines += [f"  {route_line(service, route)}" for route in routes]
    lines += [f"mounted {mount.path}: {mount.what} {mount.file}:{mount.line}" for mount in service.mounts]
    mounted = f", {len(service.mounts)} mounts" if service.mounts else ""
    return f"Routes: {len(service.routes)}{mounted}", lines


def _dependencies(service: ServiceMap) -> tuple[str, Sequence[str]]:
    counted = {key: sum(key in keys for keys in service.route_keys.values()) for key in service.dependencies}
    ordered = sorted(service.dependencies.values(), key=lambda known: (-counted[known.key], known.key))
    return f"Dependencies: {len(ordered)}", [f"  {dependency_line(service, known)}" for known in ordered]


def _tables(service: ServiceMap) -> tuple[str, Sequence[str]]:
    heading = f"Tables: {len(service.tables)} (* primary key, ! unique, # index, ? nullable)"
    return heading, [f"  {table_line(table)}" for table in service.tables]


def _schemas(service: ServiceMap) -> tuple[str, Sequence[str]]:
    return f"Schemas: {len(service.schemas)}", [f"  {schema_line(schema)}" for schema in service.schemas]


def _settings(service: ServiceMap) -> tuple[str, Sequence[str]]:
    count = sum(len(found.settings) for found in service.settings)
    return f"Settings: {count}", [f"  {settings_line(found)}" for found in service.settings]


def _migrations(service: ServiceMap) -> tuple[str, Sequence[str]]:
    heads = [f"  head {head.revision} {head.path}" for head in service.heads]
    others = [f"  {found.revision} {found.path}" for found in service.revisions if found not in service.heads]
    return f"Migrations: {len(service.revisions)}, {len(heads)} head(s)", [*heads, *others]


def _tests(service: ServiceMap) -> tuple[str, Sequence[str]]:
    count = sum(file.tests for file in service.tests)
    untested = [route for route in service.routes if route not in service.calls_of]
    lines = [f"  {file.path}: {file.tests} tests, {len(file.calls)} calls" for file in service.tests]
    without = [f"  no call seen to {'|'.join(route.methods)} {route.path}" for route in untested]
    return f"Tests: {count} in {len(service.tests)} files; {len(untested)} routes without a call", [*lines, *without]


def _notes(service: ServiceMap) -> tuple[str, Sequence[str]]:
    return f"Could not be read: {len(service.notes)}", [
        f"  {note.path}:{note.line} {note.what}" for note in service.notes
    ]


_MAKERS: Mapping[str, tuple[Callable[[ServiceMap], tuple[str, Sequence[str]]], int]] = {
    "notes": (_notes, 3),
    "routes": (_routes, 12),
    "dependencies": (_dependencies, 4),
    "tables": (_tables, 5),
    "migrations": (_migrations, 1),
    "settings": (_settings, 2),
    "schemas": (_schemas, 3),
    "tests": (_tests, 3),
}
"""Sections in the order of an overview, each with its share of the space."""
