# src/python_coder/service_map/routes.py — the HTTP routes of a service, read from its source
from dataclasses import dataclass

from python_coder.service_map.files import FileView


@dataclass(frozen=True, order=True, kw_only=True)
class Route:
    """One HTTP route as the source declares it."""

    path: str
    """Full path with every prefix that could be read."""
    method: str
    """Upper case."""
    handler: str
    file: str
    line: int
    """1-based line of the handler's `def`."""


def read_routes(files: FileView) -> tuple[Route, ...]:
    """All routes that can be read without running the service, ordered by path and method."""
    del files
    return ()
