# src/python_coder/agent/briefing/choice.py — which lines of the code a task needs, in the order of need
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from python_coder.agent.briefing.fixtures import TestSetup
from python_coder.agent.briefing.named import Named, words_of
from python_coder.agent.briefing.nearest import Nearest
from python_coder.agent.briefing.sources import Sources, Span, span_of
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import models_of
from python_coder.service_map.tables import Schema
from python_coder.symbols.symbol import Symbol

_MOST_LINES = 60
"""Lines of one piece; the rest of a longer one is left out."""
_MOST_HEAD_LINES = 40
_SHORT_FILE_LINES = 150
_MOST_CALLED = 8
_MOST_CALLED_FIRST = 3
_MOST_PLACES = 3
"""Where a name stands in more places, it says nothing."""


@dataclass(frozen=True)
class Choice:
    """Which lines a task needs."""

    service: ServiceMap
    sources: Sources
    setup: TestSetup
    named: Named

    def spans(self) -> tuple[Sequence[Span], Sequence[Span]]:
        """What a change rests on, then what helps; each in the order of need."""
        kind = self.named.kind
        nearest = Nearest(self.service, self.sources, self.setup, self.named)
        tests = nearest.tests()
        code = [*self._handlers(), *self._called(0, _MOST_CALLED_FIRST)]
        models = [*self._tables(), *self._schemas()]
        named = [*self._files(), *self._names()]
        beside = [*self._test(tests[:1]), *(span for test in tests[:1] for span in nearest.given(test))]
        if kind == "data":
            needed = [*named, *models, *self._heads(models), *self._makers(), *beside]
            useful = [*code, *self._heads(code)]
        elif kind == "tests":
            needed = [*self._test_files(test.path for test in tests), *self._handlers(), *beside]
            useful = [*code, *models]
        else:
            needed = [*self._files(), *code, *self._heads(code), *beside]
            useful = [*self._names(), *models]
        useful += [*self._dependencies(), *self._called(_MOST_CALLED_FIRST, _MOST_CALLED), *self._test(tests[1:])]
        return needed, useful

    def _files(self) -> Iterator[Span]:
        for path in self.named.files:
            count = len(self.sources.lines(path))
            if count <= _SHORT_FILE_LINES:
                yield Span(path, 1, count, "file")
            else:
                yield self.sources.head(path, _MOST_HEAD_LINES)

    def _names(self) -> Iterator[Span]:
        """Definitions that the task names, and variables that look like names."""
        for name in sorted(self.named.names):
            after = r"[(:=]" if "_" in name else r"[(:]"
            before = r"(?:(?:async )?def |class )" + ("?" if "_" in name else "")
            defined = re.compile(rf"^[ \t]*{before}{re.escape(name)}[ \t]*{after}", re.MULTILINE)
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

    def _called(self, first: int, last: int) -> Iterator[Span]:
        for route in self.named.routes:
            for called in route.reaches[first:last]:
                yield from self._at(called.path, called.line)

    def _tables(self) -> Iterator[Span]:
        for table in self.named.tables:
            yield from self._at(table.path, table.line)

    def _schemas(self) -> Iterator[Span]:
        """Schemas of the routes and those that the task's words mean, each with the schemas that it inherits from."""
        routed = {name for route in self.named.routes for name in models_of(route)}
        chosen = [one for one in self.service.schemas if one.name in routed or self._is_meant(one)]
        bases = {base for one in chosen for base in one.bases} | set(self._table_bases())
        for one in [*chosen, *(one for one in self.service.schemas if one.name in bases)]:
            yield from self._at(one.path, one.line)

    def _is_meant(self, schema: Schema) -> bool:
        words = words_of(schema.name)
        is_of_table = any(words_of(table.name) <= words for table in self.named.tables)
        return is_of_table and (bool(self.named.names & set(schema.fields)) or words <= self.named.words)

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

    def _dependencies(self) -> Iterator[Span]:
        for route in self.named.routes:
            for known in (self.service.dependencies[key] for key in sorted(self.service.route_keys[route])):
                if known.path:
                    yield from self._at(known.path, known.line)

    def _test(self, tests: Sequence[Symbol]) -> Iterator[Span]:
        for test in tests:
            yield self._cut(span_of(test))
            yield self.sources.head(test.path, _MOST_HEAD_LINES)

    def _test_files(self, paths: Iterable[str]) -> Iterator[Span]:
        for path in dict.fromkeys([*paths, *(one.path for one in self.setup.fixtures)]):
            count = len(self.sources.lines(path))
            if count <= _SHORT_FILE_LINES:
                yield Span(path, 1, count, "file")

    def _heads(self, spans: Sequence[Span]) -> Iterator[Span]:
        for path in dict.fromkeys(span.path for span in spans):
            yield self.sources.head(path, _MOST_HEAD_LINES)

    def _at(self, path: str, line: int) -> Iterator[Span]:
        symbol = self.sources.at(path, line)
        if symbol is not None:
            yield self._cut(span_of(symbol))

    def _cut(self, span: Span) -> Span:
        return Span(span.path, span.first, min(span.last, span.first + _MOST_LINES - 1), span.name)
