# src/python_coder/agent/briefing/chain.py — from a route to the table, with source: what a task is about, in one look
from collections.abc import Sequence
from dataclasses import dataclass

from python_coder.agent.briefing.choice import Choice
from python_coder.agent.briefing.excerpts import Excerpts
from python_coder.agent.briefing.fixtures import TestSetup
from python_coder.agent.briefing.named import Named
from python_coder.agent.briefing.sources import Sources
from python_coder.service_map.fact_lines import need_names
from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.files import is_test_path
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import calling_tests

_MOST_TESTS = 3


@dataclass(frozen=True)
class Chain:
    """What is shown of a task's code."""

    text: str
    excerpts: Excerpts


@dataclass(frozen=True)
class ChainWriter:
    """Shows what of the code a task needs, within a length."""

    service: ServiceMap
    sources: Sources
    setup: TestSetup

    def write(self, named: Named, most_chars: int) -> Chain:
        """The task's routes in a line each, then source; what a change rests on and there is no room for is named."""
        lines = [self._line(route) for route in named.routes]
        lines += [f"beside: {self._line(route)} {route.file}:{route.line}" for route in named.asides]
        if named.more_routes:
            lines.append(f"({named.more_routes} more routes match the task; find_routes lists them)")
        most_chars -= sum(len(line) + 1 for line in lines)
        excerpts = Excerpts(self.sources)
        *needed, useful = Choice(self.service, self.sources, self.setup, named).groups()
        missed = [span for most, group in needed for span in group if not excerpts.add(span, min(most_chars, most))]
        for span in useful[1]:
            excerpts.add(span, min(most_chars, useful[0]))
        missed = [span for span in missed if span.name not in {"", "head"} and not excerpts.shows(span)]
        # Fixtures are told of by name elsewhere.
        missed = [span for span in missed if not is_test_path(span.path)]
        if missed:
            labels = (span.path if span.name == "file" else f"{span.path}::{span.name}" for span in missed)
            lines.append(f"(no room for: {', '.join(dict.fromkeys(labels))})"[:500])
        return Chain("\n".join([*lines, excerpts.text]).strip(), excerpts)

    def _line(self, route: MappedRoute) -> str:
        needs = f" needs {', '.join(need_names(self.service, route.needs))}" if route.needs else ""
        tests = calling_tests(self.service, route)
        more = f" and {len(tests) - _MOST_TESTS} more" if len(tests) > _MOST_TESTS else ""
        tested = f"; tested by {_joined(tests[:_MOST_TESTS])}{more}" if tests else "; no test seen that calls it"
        return f"{'|'.join(route.methods)} {route.path}{needs}{tested}"


def _joined(tests: Sequence[str]) -> str:
    """Tests, each file named once."""
    told: dict[str, list[str]] = {}
    for test in tests:
        path, _, name = test.partition("::")
        told.setdefault(path, []).extend([f"::{name}"] if name else [])
    return ", ".join(path + ", ".join(names) for path, names in told.items())
