# src/python_coder/agent/briefing/sources.py — the texts and symbols of a repository, each read once
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from python_coder.errors import ToolRefusedError
from python_coder.service_map.files import FileView, is_test_path
from python_coder.symbols.parse import parse_symbols
from python_coder.symbols.symbol import Symbol, SymbolKind

_IMPORT = re.compile(r"^from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(?:\(([^)]*)\)|(.*))", re.MULTILINE)
_USED = re.compile(r"\b([A-Za-z_]\w*)[.(]")
SHORT_FILE_LINES = 150
"""A file of no more lines may be shown whole."""
_FEW_FILES = 5
_FEW_OF = 6
_DEFINITIONS = frozenset({SymbolKind.CLASS, SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.PROPERTY})


@dataclass(frozen=True)
class Span:
    """Lines of one file, 1-based, ends included."""

    path: str
    first: int
    last: int
    name: str = ""
    """Of what stands there; `file` for all of it, `head` for what is before the first definition."""


@dataclass
class Sources:
    """What files say, and what they define."""

    files: FileView
    _texts: dict[str, str] = field(default_factory=dict)
    _symbols: dict[str, Sequence[Symbol]] = field(default_factory=dict)
    _modules: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def paths(self) -> Sequence[str]:
        """All files, in one stable order."""
        return self.files.paths()

    def text(self, path: str) -> str:
        """Text of a file; empty when there is none that may be read."""
        if path not in self._texts:
            self._texts[path] = text_at(self.files, path)
        return self._texts[path]

    def lines(self, path: str) -> Sequence[str]:
        """Its lines, without their ends."""
        return self.text(path).splitlines()

    def symbols(self, path: str) -> Sequence[Symbol]:
        """All that a Python file defines, each before what is inside it."""
        if path not in self._symbols:
            self._symbols[path] = list(parse_symbols(path, self.text(path).encode()).walk())
        return self._symbols[path]

    def definitions(self, path: str) -> Sequence[Symbol]:
        """Its classes and functions."""
        return [one for one in self.symbols(path) if one.kind in _DEFINITIONS]

    def at(self, path: str, line: int) -> Symbol | None:
        """The class or function whose `def` stands on a line."""
        return next((one for one in self.definitions(path) if one.def_line == line), None)

    def around(self, path: str, line: int) -> Symbol | None:
        """The innermost class or function around a line."""
        found = [one for one in self.definitions(path) if one.first_line <= line <= one.last_line]
        return found[-1] if found else None

    def used(self, symbol: Symbol) -> Iterator[Symbol]:
        """What a function uses of other files of the project: what it calls, and objects whose methods it calls."""
        imported = self._imported(symbol.path)
        body = "\n".join(self.lines(symbol.path)[symbol.def_line - 1 : symbol.last_line])
        for name in dict.fromkeys(_USED.findall(body)):
            places = imported.get(name, ())
            yield from (one for path in places for one in self.symbols(path) if one.name_path == name)

    def is_rare(self, name: str) -> bool:
        """Whether few files name something, so that it belongs to what they are about."""
        paths = [*self.python(tests=False)]
        word = re.compile(rf"\b{re.escape(name)}\b")
        users = sum(name in self.text(path) and word.search(self.text(path)) is not None for path in paths)
        return users <= max(_FEW_FILES, len(paths) // _FEW_OF)

    def _imported(self, path: str) -> dict[str, Sequence[str]]:
        """Files from which a file imports each name, as far as they are the project's."""
        found = {}
        for module, several, one in _IMPORT.findall(self.text(path)):
            files = self._files_of(path, module)
            for part in (several or one).split(",") if files else ():
                words = part.split("#")[0].split()
                if words:
                    found[words[0]] = files
        return found

    def _files_of(self, path: str, module: str) -> Sequence[str]:
        """The files that a module's name may mean."""
        if not self._modules:
            for one in self.paths:
                if one.endswith(".py"):
                    stem = one.removesuffix(".py").removesuffix("/__init__")
                    self._modules.setdefault(stem.rpartition("/")[2], []).append(one)
        name = module.lstrip(".").replace(".", "/")
        dots = len(module) - len(module.lstrip("."))
        folder = "/".join(path.split("/")[:-dots]) if dots else ""
        full = f"/{folder}/{name}".replace("//", "/").rstrip("/")
        known = self._modules.get(full.rpartition("/")[2], ())
        return [one for one in known if f"/{one}".removesuffix(".py").removesuffix("/__init__").endswith(full)]

    def whole(self, path: str) -> Span | None:
        """All of a file, if it is short."""
        count = len(self.lines(path))
        return Span(path, 1, count, "file") if count <= SHORT_FILE_LINES else None

    def head(self, path: str, most_lines: int) -> Span:
        """The lines before a file's first class or function: its imports, which an edit may have to add to."""
        first = min((one.first_line for one in self.definitions(path)), default=len(self.lines(path)) + 1)
        return Span(path, 1, min(first - 1, most_lines), "head")

    def python(self, *, tests: bool) -> Iterator[str]:
        """Python files that are tests, or that are none; migrations are neither."""
        for path in self.paths:
            if path.endswith(".py") and is_test_path(path) is tests and "/versions/" not in path:
                yield path

    def matching(self, pattern: re.Pattern[str], *, tests: bool = False) -> Iterator[tuple[str, int]]:
        """File and 1-based line of each place that a pattern fits."""
        for path in self.python(tests=tests):
            text = self.text(path)
            yield from ((path, text.count("\n", 0, found.start()) + 1) for found in pattern.finditer(text))


def text_at(files: FileView, path: str) -> str:
    """Text of a file; empty when there is none that may be read."""
    try:
        return files.read(path) or ""
    except ToolRefusedError:
        return ""


def span_of(symbol: Symbol) -> Span:
    """All of a symbol."""
    return Span(symbol.path, symbol.first_line, symbol.last_line, symbol.name_path.replace("/", "."))
