# src/python_coder/service_map/map.py — what a FastAPI service is, as plain facts
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from python_coder.service_map.facts import Dependency, MappedRoute, Mounted, Need
from python_coder.service_map.migrations import Revision
from python_coder.service_map.reading.host import Note
from python_coder.service_map.requests_sent import TestCall, TestFile, calls_route
from python_coder.service_map.settings_classes import SettingsClass
from python_coder.service_map.tables import Schema, Table


@dataclass(frozen=True)
class ServiceMap:
    """All that was read of one repository. Sequences are ordered by place unless said."""

    applications: tuple[str, ...]
    routes: tuple[MappedRoute, ...]
    """Ordered by path, then by method."""
    mounts: tuple[Mounted, ...]
    dependencies: Mapping[str, Dependency]
    settings: tuple[SettingsClass, ...]
    tables: tuple[Table, ...]
    schemas: tuple[Schema, ...]
    revisions: tuple[Revision, ...]
    tests: tuple[TestFile, ...]
    notes: tuple[Note, ...]
    """What could not be read, and where."""
    python_files: int
    python_lines: int

    @cached_property
    def heads(self) -> tuple[Revision, ...]:
        """Alembic revisions that no other builds on."""
        below = {(revision.folder, down) for revision in self.revisions for down in revision.down}
        return tuple(revision for revision in self.revisions if (revision.folder, revision.revision) not in below)

    @cached_property
    def route_keys(self) -> Mapping[MappedRoute, frozenset[str]]:
        """Keys of all dependencies of each route, directly or through others."""
        return {route: self.reached(route.needs) for route in self.routes}

    @cached_property
    def calls_of(self) -> Mapping[MappedRoute, tuple[tuple[TestFile, TestCall], ...]]:
        """Requests of tests that reach each route. One that fits several goes to those with the fewest placeholders."""
        found: dict[MappedRoute, list[tuple[TestFile, TestCall]]] = {}
        for file in self.tests:
            for call in file.calls:
                fitting = [route for route in self.routes if _is_reached(call, route)]
                fewest = min((route.path.count("{") for route in fitting), default=0)
                for route in fitting:
                    if route.path.count("{") == fewest:
                        found.setdefault(route, []).append((file, call))
        return {route: tuple(calls) for route, calls in found.items()}

    def reached(self, needs: tuple[Need, ...]) -> frozenset[str]:
        """Keys of all dependencies behind some needs, themselves included."""
        found: set[str] = set()
        waiting = [need.key for need in needs]
        while waiting:
            key = waiting.pop()
            if key in found:
                continue
            found.add(key)
            known = self.dependencies.get(key)
            waiting += [need.key for need in known.needs] if known is not None else []
        return frozenset(found)


def _is_reached(call: TestCall, route: MappedRoute) -> bool:
    return calls_route(call, route.methods, route.path, {route.name or route.handler, route.handler})
