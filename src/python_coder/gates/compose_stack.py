# src/python_coder/gates/compose_stack.py — a resolved stack, and where its parts stand in the files
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from python_coder.evidence.verdict import Severity
from python_coder.gates.compose_marks import MarkedFile, Place
from python_coder.gates.compose_variables import literal
from python_coder.gates.compose_views import View
from python_coder.gates.ratchet import Sighting

_LINE = re.compile(r"\bline (\d+)\b")
_STEPS = re.compile(r"\bservices\.([\w.-]+?)(?:\.([a-z_]+))?(?=[\s:.\[]|$)")
_SERVICE = re.compile(r'\bservice "?([\w.-]+)"?')
_CYCLE = re.compile(r"cycle detected: ([\w.-]+) -> ([\w.-]+)")

Service = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One view with the model that Compose made of it."""

    view: View
    text: str
    """The resolved model as indented JSON; see `compose_resolution.py`."""

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """Each service as Compose tells it, those of every profile."""
        return dict(json.loads(self.text).get("services") or {})

    def at(
        self, rule: str, message: str, name: str, *keys: str, item: str = "", severity: Severity = Severity.BLOCKING
    ) -> Sighting:
        """A sighting at the place of one part of a service, or at the service when nobody wrote that part.

        Args:
            rule: Name of the rule.
            message: What is wrong, and what to do instead.
            name: The service.
            keys: Keys below the service.
            item: Text by which to find an item when the part is a list.
            severity: Whether it fails the gate.
        """
        found = self._item(name, keys, item) or (self.view.written(name, *keys) if keys else None)
        path, place = found or self.view.defined(name) or (self.view.files[0], None)
        line = place.line if place else 1
        last = place.end_line if place and found else line
        return Sighting(path=path, line=line, end_line=last, rule=rule, message=message, severity=severity)

    def _item(self, name: str, keys: tuple[str, ...], text: str) -> tuple[str, Place] | None:
        writings = self.view.writings(name, *keys) if text and keys else ()
        return next(((path, item) for path, place in writings for item in place.items if text in _text(item)), None)


def unresolved(view: View, problem: str) -> Sighting:
    """The CLI's complaint at the line it is about, as far as it says."""
    path, line = next(_complained(view, problem), (view.files[0], 1))
    message = f"Compose cannot read it: {problem}"
    return Sighting(path=path, line=line, end_line=line, rule="unresolved", message=message)


def _complained(view: View, problem: str) -> Iterator[tuple[str, int]]:
    # Compose tells the line at which a broken block begins, and not always the file.
    yield from ((part.path, part.problem_line) for part in view.parts if part.problem)
    named = next((path for path in view.paths if re.search(rf"(^|[\s/]){re.escape(path)}\b", problem)), view.files[0])
    if found := _LINE.search(problem):
        yield named, int(found[1])
    for found in _STEPS.finditer(problem):
        place = view.written(found[1], found[2]) if found[2] else None
        if place := place or view.defined(found[1]):
            yield place[0], place[1].line
    for reading in view.readings:
        if reading.path in problem:
            yield reading.by, reading.line
    if (cycle := _CYCLE.search(problem)) and (place := view.written(cycle[1], "depends_on", cycle[2])):
        yield place[0], place[1].line
    if (found := _SERVICE.search(problem)) and (place := view.defined(found[1])):
        yield place[0], place[1].line


def _text(item: Place) -> str:
    """All that a list's item says, without variables."""
    return literal(" ".join(scalar.text for scalar in MarkedFile("", (item.node,)).scalars()))
