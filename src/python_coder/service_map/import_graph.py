# src/python_coder/service_map/import_graph.py — which of a service's packages import which, read from their text
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from python_coder.service_map.files import FileView, is_test_path
from python_coder.service_map.reading.modules import Modules

# Text instead of a parse: a large service has thousands of modules, and an import is one line, or one bracket.
_FROM = re.compile(r"^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)", re.MULTILINE)
_IMPORT = re.compile(
    r"^[ \t]*import[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)", re.M
)
_NAME = re.compile(r"^\s*(\w+)")


@dataclass(frozen=True)
class ImportGraph:
    """Packages of a service, tests left out. A package is a folder with modules that import, or are imported."""

    texts: Mapping[str, str]
    """Text of each Python file that is no test, by path."""

    @classmethod
    def read(cls, files: FileView) -> "ImportGraph":
        """Read every module of a service."""
        paths = [path for path in files.paths() if path.endswith(".py") and not is_test_path(path)]
        texts = {path: text for path in paths if (text := files.read(path)) is not None}
        return cls(texts)

    @cached_property
    def _modules(self) -> Modules:
        return Modules(self.texts)

    @cached_property
    def links(self) -> Mapping[str, frozenset[str]]:
        """By file, the other files that it imports."""
        modules, found = self._modules, dict[str, frozenset[str]]()
        for path, text in self.texts.items():
            files = {modules.file_of(stem) for stem in _imported(modules, path, text)}
            if others := frozenset(file for file in files if file and file != path):
                found[path] = others
        return found

    @cached_property
    def edges(self) -> Mapping[str, frozenset[str]]:
        """By package, the other packages that it imports."""
        modules, found = self._modules, dict[str, set[str]]()
        for path, text in self.texts.items():
            package = posixpath.dirname(path)
            for stem in _imported(modules, path, text):
                other = _package_of(modules, stem)
                if other != package:
                    found.setdefault(package, set()).add(other)
        return {package: frozenset(others) for package, others in sorted(found.items())}

    @cached_property
    def packages(self) -> frozenset[str]:
        """All packages with an edge."""
        return frozenset(self.edges).union(*self.edges.values())

    def packages_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The packages that files lie in, ordered by path; files that are in none do not count."""
        return tuple(sorted({posixpath.dirname(path) for path in paths} & self.packages))

    def importers_of(self, package: str) -> tuple[str, ...]:
        """The packages that import a package, ordered by path."""
        return tuple(sorted(one for one, others in self.edges.items() if package in others))

    def around(self, packages: Iterable[str]) -> str:
        """Who imports each of some packages, and what it imports, one line each."""
        lines = []
        for package in packages:
            imports, importers = sorted(self.edges.get(package, ())), self.importers_of(package)
            lines.append(
                f"{package}: imports {', '.join(imports) or 'none'}; imported by {', '.join(importers) or 'none'}"
            )
        return "\n".join(lines)


NO_GRAPH = ImportGraph({})
"""For who asks no questions about modules."""


def _imported(modules: Modules, path: str, text: str) -> Iterable[str]:
    """Stems of the project's modules that a file imports."""
    importer = modules.stem_of(path)
    for dots, module, names in _FROM.findall(text):
        if dots:
            base: str | None = modules.relative(path.removesuffix(".py"), len(dots), module)
        else:
            base = modules.absolute(importer, module)
        if base is None or not modules.exists(base):
            continue
        for name in names.strip("()").split(","):
            found = _NAME.match(name)
            inner = posixpath.join(base, found.group(1)) if found else base
            yield inner if modules.exists(inner) else base
    for names in _IMPORT.findall(text):
        for name in names.split(","):
            stem = modules.absolute(importer, name.split()[0])
            if stem is not None:
                yield stem


def _package_of(modules: Modules, stem: str) -> str:
    file = modules.file_of(stem)
    return posixpath.dirname(file) if file else stem
