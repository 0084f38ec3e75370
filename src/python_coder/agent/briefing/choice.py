# src/python_coder/agent/briefing/choice.py — which lines of the code a task needs, in the order of need
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from python_coder.agent.briefing.fixtures import TestSetup
from python_coder.agent.briefing.named import Named, words_of
from python_coder.agent.briefing.nearest import Nearest
from python_coder.agent.briefing.sources import Sources, Span, span_of
from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import models_of
from python_coder.service_map.tables import Schema
from python_coder.symbols.symbol import Symbol

_MOST_LINES = 60
"""Lines of one piece; the rest of a longer one is left out."""
_MOST_HEAD_LINES = 40
_MOST_OF_ALL = 9_000
"""Length up to which source is shown that a task surely needs; a piece that is missing costs a request."""
_MOST_CALLED_CHARS = 5_000
_MOST_WITH_TESTS = 7_400
_MOST_WITH_HEADS = 8_000
_MOST_USEFUL = 6_200
"""Nothing that only helps is shown beyond."""
_MOST_TEST_FILES = 2
_FEW_ROUTES = 3
_FEW_OF = 5
"""Of so many routes one may reach what counts as the task's own."""
_MOST_PLACES = 3
"""Where a name stands in more places, it says nothing."""
_NEW_ROUTER = re.compile(r"\b(?:resources?|routers?|endpoints?)\b", re.IGNORECASE)
_INCLUDES = re.compile(r"\.include_router\(")


@dataclass(frozen=True)
class Choice:
    """Which lines a task needs."""

    service: ServiceMap
    sources: Sources
    setup: TestSetup
    named: Named

    def groups(self) -> Sequence[tuple[int, Sequence[Span]]]:
        """Lines in the order of need, in groups, each with the length up to which it is shown.

        The last group only helps: what of it there is no room for need not be named.
        """
        nearest = Nearest(self.service, self.sources, self.setup, self.named)
        tests = nearest.tests()
        # One of each of their files, so that a change of two resources sees the tests of both.
        first_of = list({test.path: test for test in reversed(tests)}.values())[::-1][:_MOST_TEST_FILES]
        beside = [*self._test(first_of), *(span for test in first_of for span in nearest.given(test))]
        models, called = [*self._tables(), *self._schemas()], list(self._called())
        code = [*self._files(), *self._names(variables=False), *self._handlers()]
        rest = [*self._test([test for test in tests if test not in first_of]), *self._routers(), *self._shared()]
        if self.named.kind == "data":
            first = [*self._files(), *self._names(variables=False), *self._names(variables=True), *models]
            return [
                (_MOST_OF_ALL, first),
                (_MOST_CALLED_CHARS, list(self._makers())),
                (_MOST_OF_ALL, beside),
                (_MOST_WITH_HEADS, self._heads(models)),
                (_MOST_USEFUL, [*code, *called, *self._heads(code), *rest]),
            ]
        if self.named.kind == "tests":
            files = list(self._test_files(test.path for test in tests))
            return [(_MOST_OF_ALL, [*files, *code]), (_MOST_WITH_HEADS, [*beside, *called]), (_MOST_USEFUL, models)]
        return [
            (_MOST_OF_ALL, code),
            (_MOST_CALLED_CHARS, called),
            (_MOST_WITH_TESTS, beside),
            (_MOST_WITH_HEADS, self._heads([*code, *called])),
            (_MOST_USEFUL, [*self._names(variables=True), *models, *rest]),
        ]

    def _files(self) -> Iterator[Span]:
        for path in self.named.files:
            yield self.sources.whole(path) or self.sources.head(path, _MOST_HEAD_LINES)

    def _names(self, *, variables: bool) -> Iterator[Span]:
        """Classes and functions that the task names, or variables that look like names."""
        for name in sorted(one for one in self.named.names if not variables or "_" in one):
            form = r"[ \t]*[:=]" if variables else r"[ \t]*[(:\[]"
            begin = "" if variables else "(?:(?:async )?def |class )"
            defined = re.compile(rf"^[ \t]*{begin}{re.escape(name)}{form}", re.MULTILINE)
            symbols = {
                (path, one.first_line): one
                for path, line in self.sources.matching(defined)
                for one in self.sources.symbols(path)
                if one.name == name and one.def_line == line
            }
            if len(symbols) <= _MOST_PLACES:
                yield from (self._cut(span_of(one)) for one in symbols.values())

    def _handlers(self) -> Iterator[Span]:
        for route in self.named.routes:
            yield from self._at(route.file, route.line)

    def _called(self) -> Iterator[Span]:
        """What few routes rest on: their own dependencies, services and repositories, the nearest first."""
        for route in self.named.routes:
            own = [place for place in self._places(route) if self._users[place] <= self._few]
            symbols = [
                one for place in [(route.file, route.line), *own] if (one := self.sources.at(*place)) is not None
            ]
            used = [
                (one.path, one.def_line)
                for symbol in symbols
                for one in self.sources.used(symbol)
                if self.sources.is_rare(one.name)
            ]
            for place in dict.fromkeys([*own, *used]):
                if place not in self._models and self._users[place] <= self._few:
                    yield from self._at(*place)

    def _shared(self) -> Iterator[Span]:
        """Functions and dependencies that many routes reach, such as the session's."""
        for route in self.named.routes:
            for place in self._places(route):
                if self._users[place] > self._few:
                    yield from self._at(*place)

    def _places(self, route: MappedRoute) -> Sequence[tuple[str, int]]:
        known = [self.service.dependencies[key] for key in sorted(self.service.route_keys[route])]
        depended = [(one.path, one.line) for one in known if one.path]
        return list(dict.fromkeys([*depended, *((one.path, one.line) for one in route.reaches)]))

    @cached_property
    def _users(self) -> Counter[tuple[str, int]]:
        """How many routes reach each function."""
        return Counter(place for route in self.service.routes for place in self._places(route))

    @cached_property
    def _models(self) -> frozenset[tuple[str, int]]:
        """Tables and schemas, which are shown with what they inherit from."""
        tables = [(table.path, table.line) for table in self.service.tables]
        return frozenset([*tables, *((schema.path, schema.line) for schema in self.service.schemas)])

    @property
    def _few(self) -> int:
        return max(_FEW_ROUTES, len(self.service.routes) // _FEW_OF)

    def _routers(self) -> Iterator[Span]:
        """Where routers are included, for a task that may need another."""
        if not _NEW_ROUTER.search(self.named.task):
            return
        for route in self.named.routes[:1]:
            if (whole := self.sources.whole(route.file)) is not None:
                yield whole
        for path, line in self.sources.matching(_INCLUDES):
            symbol = self.sources.around(path, line)
            yield self._cut(span_of(symbol)) if symbol else Span(path, line, line)

    def _tables(self) -> Iterator[Span]:
        for table in self.named.tables:
            yield from self._at(table.path, table.line)

    def _schemas(self) -> Iterator[Span]:
        """Schemas of the routes and those that the task's words mean, each with the schemas that it inherits from."""
        routed = {name for route in self.named.routes for name in models_of(route)}
        chosen = [one for one in self.service.schemas if one.name in routed]
        chosen += [one for one in self.service.schemas if one.name not in routed and self._is_meant(one)]
        bases = {base for one in chosen for base in one.bases} | set(self._table_bases())
        for one in [*chosen, *(one for one in self.service.schemas if one.name in bases)]:
            yield from self._at(one.path, one.line)

    def _is_meant(self, schema: Schema) -> bool:
        words = words_of(schema.name)
        if not any(words_of(table.name) < words for table in self.named.tables):
            return False
        return bool(self.named.names & set(schema.fields)) or words <= self.named.words

    def _table_bases(self) -> Iterator[str]:
        for table in self.named.tables:
            symbol = self.sources.at(table.path, table.line)
            yield from re.findall(r"\w+", symbol.signature.partition("(")[2]) if symbol else ()

    def _makers(self) -> Iterator[Span]:
        """Functions that make rows of the tables."""
        for table in self.named.tables:
            made = re.compile(rf"\b{table.name}(?:\.(?:model_validate|from_orm|parse_obj|create))?\(")
            found = {
                (symbol.path, symbol.first_line): symbol
                for path, line in self.sources.matching(made)
                if (symbol := self.sources.around(path, line)) is not None and symbol.kind != "class"
            }
            yield from (self._cut(span_of(symbol)) for symbol in list(found.values())[:_MOST_PLACES])

    def _test(self, tests: Sequence[Symbol]) -> Iterator[Span]:
        for test in tests:
            yield self._cut(span_of(test))
            yield self.sources.head(test.path, _MOST_HEAD_LINES)

    def _test_files(self, paths: Iterable[str]) -> Iterator[Span]:
        for path in dict.fromkeys([*paths, *(one.path for one in self.setup.fixtures)]):
            if (whole := self.sources.whole(path)) is not None:
                yield whole

    def _heads(self, spans: Sequence[Span]) -> Sequence[Span]:
        return [self.sources.head(path, _MOST_HEAD_LINES) for path in dict.fromkeys(span.path for span in spans)]

    def _at(self, path: str, line: int) -> Iterator[Span]:
        symbol = next((one for one in self.sources.symbols(path) if one.def_line == line), None)
        if symbol is not None:
            yield self._cut(span_of(symbol))

    def _cut(self, span: Span) -> Span:
        return Span(span.path, span.first, min(span.last, span.first + _MOST_LINES - 1), span.name)
