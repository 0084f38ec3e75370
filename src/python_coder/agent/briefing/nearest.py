# src/python_coder/agent/briefing/nearest.py — the tests that a change will stand beside, and what they are given
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from python_coder.agent.briefing.fixtures import TestSetup
from python_coder.agent.briefing.named import Named, words_of
from python_coder.agent.briefing.sources import Sources, Span, span_of
from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.files import is_test_path
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import calling_tests
from python_coder.symbols.symbol import Symbol

_MOST_HELPERS = 3
_MOST_FIXTURE_LINES = 20
_NEED = re.compile(r"(?:^|,)\s*(\w+)")


@dataclass(frozen=True)
class Nearest:
    """Finds tests for what a task is about."""

    service: ServiceMap
    sources: Sources
    setup: TestSetup
    named: Named

    def tests(self) -> Sequence[Symbol]:
        """For each route the test that is most like the task; without any, the one whose words are."""
        found = [best for best in [self._best(self._by_names())] if best]
        found += [best for route in self.named.routes if (best := self._best(self._of_route(route)))]
        if not found and self.named.words:
            best = self._best(self._by_words())
            found = [best] if best else []
        return list(dict.fromkeys(found))

    def given(self, test: Symbol) -> Sequence[Span]:
        """The fixtures that a test asks for, with those behind them, as far as they are short; then its helpers."""
        fixtures = {fixture.name: fixture for fixture in self.setup.fixtures}
        waiting, seen = _needs(test), set[str]()
        spans: list[Span] = []
        while waiting:
            name = waiting.pop(0)
            fixture = fixtures.get(name)
            if name in seen or fixture is None:
                continue
            seen.add(name)
            waiting += fixture.needs
            symbol = self.sources.at(fixture.path, fixture.line)
            if symbol is not None and symbol.last_line - symbol.first_line < _MOST_FIXTURE_LINES:
                spans.append(span_of(symbol))
        return [*spans, *self._helpers(test)]

    def _of_route(self, route: MappedRoute) -> Iterator[Symbol]:
        for label in calling_tests(self.service, route):
            path, _, name = label.partition("::")
            yield from (one for one in self.sources.definitions(path) if name and one.name == name)

    def _by_names(self) -> Iterator[Symbol]:
        """Tests that call what the task names."""
        for name in sorted(self.named.names):
            for path, line in self.sources.matching(re.compile(rf"\b{re.escape(name)}\("), tests=True):
                symbol = self.sources.around(path, line)
                if symbol is not None and symbol.name.startswith("test"):
                    yield symbol

    def _by_words(self) -> Iterator[Symbol]:
        """Tests of the files whose names share most words with the task."""
        scored = [(len(self.named.words & words_of(file.path)), file.path) for file in self.service.tests if file.tests]
        most = max((score for score, _ in scored), default=0)
        for path in (path for score, path in scored if most and score == most):
            yield from (one for one in self.sources.definitions(path) if one.name.startswith("test_"))

    def _best(self, tests: Iterator[Symbol]) -> Symbol | None:
        """The test whose name and body share most words with the task; of equals the shortest."""

        def order(test: Symbol) -> tuple[int, int]:
            body = "\n".join(self.sources.lines(test.path)[test.first_line - 1 : test.last_line])
            shared = 2 * len(words_of(test.name) & self.named.words) + len(words_of(body) & self.named.words)
            return -shared, test.last_line - test.first_line

        return min(tests, key=order, default=None)

    def _helpers(self, test: Symbol) -> Iterator[Span]:
        """Functions of the tests' own modules that a test calls."""
        used = [one for one in self.sources.used(test) if is_test_path(one.path)]
        for symbol in used[:_MOST_HELPERS]:
            if symbol.last_line - symbol.first_line < _MOST_FIXTURE_LINES:
                yield span_of(symbol)


def _needs(test: Symbol) -> list[str]:
    inside = test.signature.partition("(")[2].rpartition(")")[0]
    return _NEED.findall(re.sub(r"\[[^\[\]]*\]|\([^()]*\)", "", inside))
