# src/python_coder/agent/briefing/chain.py — from a route to the table, with source: what a task is about, in one look
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from python_coder.agent.briefing.named import Named
from python_coder.errors import ToolRefusedError
from python_coder.service_map.fact_lines import need_names, table_line
from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.files import FileView
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import calling_tests
from python_coder.symbols.parse import parse_symbols
from python_coder.symbols.symbol import Symbol, SymbolKind

_MOST_LINES = 45
"""Lines of one piece of source; of a longer one the end is left out."""
_MOST_HEAD_LINES = 25
_MOST_CALLED = 8
_MOST_TESTS = 3


@dataclass
class ChainWriter:
    """Writes the chain of each route: handler, dependencies, services or repositories, tables; nothing twice."""

    service: ServiceMap
    files: FileView
    _shown: set[tuple[str, int]] = field(default_factory=set)
    _symbols: dict[str, Sequence[Symbol]] = field(default_factory=dict)

    def write(self, named: Named, most_chars: int) -> str:
        """The chains, as many whole pieces as there is room for; what is left out is named."""
        pieces = [piece for route in named.routes for piece in self._of_route(route)]
        pieces += [piece for table in named.tables for piece in self._class(table.name, table.path, table.line)]
        edited = dict.fromkeys(path for path, _ in sorted(self._shown, key=lambda one: one[0]))
        pieces += [piece for path in edited for piece in self._head(path)]
        pieces += [piece for _ in named.tables[:1] for piece in self._newest_migration()]
        shown: list[str] = []
        left: list[str] = []
        for piece in pieces:
            most_chars -= len(piece) + 1
            (shown if most_chars >= 0 else left).append(piece)
        if left:
            heads = ", ".join(piece.partition("\n")[0].removeprefix("## ") for piece in left)
            shown.append(f"(no room for: {heads})"[:500])
        if named.more_routes:
            shown.append(f"({named.more_routes} more routes match the task; find_routes lists them)")
        return "\n".join(shown)

    def _of_route(self, route: MappedRoute) -> Iterator[str]:
        needs = f" needs {', '.join(need_names(self.service, route.needs))}" if route.needs else ""
        tests = calling_tests(self.service, route)
        tested = f"; tested by {', '.join(tests[:_MOST_TESTS])}" if tests else "; no test seen that calls it"
        head = f"{'|'.join(route.methods)} {route.path}{needs}{tested}"
        yield from self._piece(head, route.file, route.line)
        for schema in self.service.schemas:
            if schema.name in {*route.request_models, route.response_model}:
                yield from self._class(schema.name, schema.path, schema.line)
        for table in self.service.tables:
            if table.name in route.tables:
                yield from self._class(table.name, table.path, table.line)
        # What the handler reaches comes last: where there is no room for all, models tell more than helpers.
        keys = self.service.route_keys[route]
        for known in (self.service.dependencies[key] for key in sorted(keys)):
            if known.path:
                yield from self._piece("dependency", known.path, known.line)
        for called in route.reaches[:_MOST_CALLED]:
            yield from self._piece("calls", called.path, called.line)
        if tests:
            path, _, name = tests[0].partition("::")
            lines = (one.def_line for one in self._of_file(path) if one.name == name)
            yield from self._piece("one of its tests", path, next(lines, 0))

    def _head(self, path: str) -> Iterator[str]:
        """The lines before a file's first definition: its imports, which an edit may have to add to."""
        first = min((one.first_line for one in self._of_file(path)), default=1)
        lines = (self.files.read(path) or "").splitlines()[: min(first - 1, _MOST_HEAD_LINES)]
        text = "\n".join(lines).rstrip()
        if text:
            yield f"## head of {path}\n{text}"

    def _newest_migration(self) -> Iterator[str]:
        """The newest revision, whose form the next one follows."""
        for head in self.service.heads[-1:]:
            lines = (self.files.read(head.path) or "").splitlines()
            rest = [f"… {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
            yield "\n".join([f"## newest migration: {head.path}", *lines[:_MOST_LINES], *rest])

    def _class(self, name: str, path: str, line: int) -> Iterator[str]:
        found = next((table for table in self.service.tables if table.name == name), None)
        yield from self._piece("table" if found else "schema", path, line, instead=table_line(found) if found else "")

    def _piece(self, head: str, path: str, line: int, *, instead: str = "") -> Iterator[str]:
        """One piece of source under a heading that says where it stands.

        Args:
            head: What it is.
            path: Its file.
            line: 1-based line of its `def` or `class`.
            instead: Shown for a piece that is too long.
        """
        if (path, line) in self._shown:
            return
        self._shown.add((path, line))
        symbol = next((one for one in self._of_file(path) if one.def_line == line), None)
        if symbol is None:
            return
        lines = (self.files.read(path) or "").splitlines()[symbol.first_line - 1 : symbol.last_line]
        if len(lines) > _MOST_LINES:
            rest = f"    … {len(lines) - _MOST_LINES} more lines"
            lines = [instead] if instead else [*lines[:_MOST_LINES], rest]
        yield "\n".join([f"## {head}: {path}:{symbol.first_line}-{symbol.last_line}", *lines])

    def _of_file(self, path: str) -> Sequence[Symbol]:
        if path not in self._symbols:
            try:
                text = self.files.read(path) or ""
            except ToolRefusedError:
                text = ""
            kinds = {SymbolKind.CLASS, SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.PROPERTY}
            self._symbols[path] = [one for one in parse_symbols(path, text.encode()).walk() if one.kind in kinds]
        return self._symbols[path]
