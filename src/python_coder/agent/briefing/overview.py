# src/python_coder/agent/briefing/overview.py — the rest of a service, as far as its source does not stand in the brief
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from python_coder.agent.briefing.excerpts import Excerpts
from python_coder.agent.briefing.sources import Span
from python_coder.service_map.fact_lines import table_line
from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.map import ServiceMap

_MOST_SETTINGS = 2
_MOST_LINE_CHARS = 400
_MOST_ROUTES_A_LINE = 14
_MOST_TEST_FILES = 10


def overview(service: ServiceMap, shown: Excerpts, near: Iterable[str], most_chars: int) -> str:
    """A few lines for each part of a service; the end of a long part is counted, with the tool that shows it.

    Args:
        service: The map.
        shown: Source that is told already.
        near: Files that the task is about; their routes come first.
        most_chars: Length of the whole.
    """
    applications = ", ".join(service.applications[:2]) or "none found"
    lines = [
        f"FastAPI service, read without importing it: {service.python_files:,} Python files, "
        f"{service.python_lines:,} lines, application {applications}"
    ]
    lines += _migration_lines(service)
    lines += [
        f"settings {found.name} {found.path}:{found.line}"
        for found in service.settings[:_MOST_SETTINGS]
        if not _is_shown(shown, found.path, found.line)
    ]
    lines += [f"{len(service.notes)} places could not be read: get_service_map focus=notes"] if service.notes else []
    left = most_chars - sum(len(line) + 1 for line in lines)
    hidden = [one for one in service.tables if one.columns and not _is_shown(shown, one.path, one.line)]
    parts = (
        ("routes", list(_route_lines(service, shown, near)), 0.5),
        ("tables", [f"table {table_line(table)}" for table in hidden], 0.7),
        ("tests", list(_test_lines(service)), 1.0),
    )
    for focus, found, share in parts:
        fitting = list(_fitting(found, int(left * share)))
        if len(fitting) < len(found):
            fitting.append(f"… {len(found) - len(fitting)} more lines: get_service_map focus={focus}")
        lines += fitting
        left -= sum(len(line) + 1 for line in fitting)
    return "\n".join(lines)


def _migration_lines(service: ServiceMap) -> Iterator[str]:
    for head in service.heads:
        yield f"migration head {head.revision} {head.path}"


def _route_lines(service: ServiceMap, shown: Excerpts, near: Iterable[str]) -> Iterator[str]:
    """One line a file: what its paths begin with, then each route's method, rest, handler and line."""

    def file_of(route: MappedRoute) -> str:
        return route.file

    first = set(near)
    hidden = [route for route in service.routes if not _is_shown(shown, route.file, route.line)]
    ordered = sorted(hidden, key=lambda route: (route.file not in first, route.file, route.line))
    for file, group in groupby(ordered, key=file_of):
        routes = list(group)
        start = _common([route.path for route in routes])
        told = [
            f"{'|'.join(route.methods)} {route.path[len(start) :]} {route.handler}:{route.line}".replace("  ", " ")
            for route in routes[:_MOST_ROUTES_A_LINE]
        ]
        more = f", … {len(routes) - len(told)} more" if len(routes) > len(told) else ""
        yield f"{file} {start or '/'}: {', '.join(told)}{more}"


def _common(paths: Sequence[str]) -> str:
    """The parts that all paths begin with."""
    shared = posixpath.commonprefix([path.rstrip("/").split("/") for path in paths])
    return "/".join(shared)


def _test_lines(service: ServiceMap) -> Iterator[str]:
    def folder_of(path: str) -> str:
        return posixpath.dirname(path)

    counts = {file.path: file.tests for file in service.tests if file.tests}
    for folder, group in groupby(counts, key=folder_of):
        files = list(group)
        told = [f"{posixpath.basename(path)} {counts[path]}" for path in files[:_MOST_TEST_FILES]]
        more = f", … {len(files) - len(told)} more files" if len(files) > len(told) else ""
        yield f"tests in {folder or '.'}: {', '.join(told)}{more}"


def _is_shown(shown: Excerpts, path: str, line: int) -> bool:
    return shown.shows(Span(path, line, line))


def _fitting(lines: Sequence[str], most_chars: int) -> Iterator[str]:
    for line in lines:
        told = line if len(line) <= _MOST_LINE_CHARS else f"{line[:_MOST_LINE_CHARS].rsplit(',', 1)[0]}, …"
        most_chars -= len(told) + 1
        if most_chars < 0:
            return
        yield told
