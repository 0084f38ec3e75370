# src/python_coder/agent/briefing/style.py — how a repository is written, and where that clashes with the guidelines
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from python_coder.agent.briefing.sources import text_at
from python_coder.service_map.files import FileView, is_test_path
from python_coder.service_map.map import ServiceMap

_MOST_FILES = 400
"""Files that are looked into; a larger service says the same in them as in all."""
_SOME = 120
_LEAST_SHARE = 0.5
_BANNER = re.compile(r"# \S+ — .+")


@dataclass(frozen=True)
class Trait:
    """One habit of a repository."""

    said: str
    """What it does, as a clause."""
    clash: str = ""
    """What the guidelines say instead, when they say another; the repository wins."""


@dataclass(frozen=True)
class _Sources:
    service: ServiceMap
    code: Mapping[str, str]
    tests: Mapping[str, str]
    manifest: str

    def count(self, pattern: str, *, tests: bool = False) -> int:
        compiled = re.compile(pattern, re.MULTILINE)
        return sum(len(compiled.findall(text)) for text in (self.tests if tests else self.code).values())


def read_traits(files: FileView, service: ServiceMap) -> Sequence[Trait]:
    """Read how a service is written. A trait that cannot be told, or has no example, is left out."""
    paths = [path for path in files.paths() if path.endswith(".py") and "/versions/" not in path]
    tests = [path for path in paths if is_test_path(path)][:_MOST_FILES]
    # Some of each kind: of a large service the first few hundred files are often all models.
    near = [
        *sorted({route.file for route in service.routes})[:_SOME],
        *[table.path for table in service.tables][:_SOME],
    ]
    code = list(dict.fromkeys([*near, *(path for path in paths if not is_test_path(path))]))
    manifests = [path for path in files.paths() if path.rpartition("/")[2] == "pyproject.toml"]
    manifest = "\n".join(_texts(files, manifests).values())
    sources = _Sources(service, _texts(files, code[:_MOST_FILES]), _texts(files, tests), manifest)
    readers = (_waiting, _models, _logging, _docstrings, _banners, _layout, _errors, _tests, _checker)
    return [trait for reader in readers for trait in reader(sources)]


def clash_sentences(traits: Sequence[Trait]) -> tuple[str, ...]:
    """What is reported of the clashes: one sentence each."""
    return tuple(
        f"The repository's own style won over a guideline: {trait.said}; the guideline says {trait.clash}."
        for trait in traits
        if trait.clash
    )


def _texts(files: FileView, paths: Sequence[str]) -> dict[str, str]:
    return {path: text for path in paths if (text := text_at(files, path))}


def _waiting(sources: _Sources) -> Iterator[Trait]:
    lines = {path: text.splitlines() for path, text in sources.code.items()}
    heads = [
        lines[route.file][route.line - 1].lstrip()
        for route in sources.service.routes
        if route.file in lines and route.line <= len(lines[route.file])
    ]
    is_async = sum(head.startswith("async") for head in heads)
    if heads and is_async < len(heads) * _LEAST_SHARE:
        yield Trait(f"{len(heads) - is_async} of {len(heads)} handlers are plain `def`", "asynchronous I/O")
    elif heads:
        yield Trait(f"{is_async} of {len(heads)} handlers are `async def`")
    a_synchronous = sources.count(r"\bAsyncSession\b")
    synchronous = sources.count(r"(?<!Async)\bSession\b")
    if synchronous > a_synchronous:
        yield Trait("database sessions are synchronous", "SQLAlchemy 2 with asynchronous sessions")
    elif a_synchronous:
        yield Trait("database sessions are asynchronous")


def _models(sources: _Sources) -> Iterator[Trait]:
    if not sources.service.tables:
        return
    if sources.count(r"^from sqlmodel|^import sqlmodel") and sources.count(r"table\s*=\s*True"):
        yield Trait("tables are SQLModel classes", "SQLAlchemy 2 models")
    elif sources.count(r"\bMapped\[") < sources.count(r"=\s*(?:\w+\.)?Column\("):
        yield Trait("tables use `Column(…)` without `Mapped`", "SQLAlchemy 2 models with `Mapped` and `mapped_column`")
    elif sources.count(r"\bMapped\["):
        yield Trait("tables are SQLAlchemy classes with `Mapped`")


def _logging(sources: _Sources) -> Iterator[Trait]:
    counts = {name: sources.count(rf"^(?:import|from) {name}\b") for name in ("structlog", "loguru", "logging")}
    if counts["structlog"]:
        yield Trait("events are logged with structlog")
    elif any(counts.values()):
        name = max(counts, key=lambda each: counts[each])
        yield Trait(f"events are logged with {name}", "structlog")


def _docstrings(sources: _Sources) -> Iterator[Trait]:
    forms = {
        "Google": sources.count(r"^\s+(?:Args|Returns|Raises):\s*$"),
        "NumPy": sources.count(r"^\s+(?:Parameters|Returns|Raises)\n\s+-{3,}"),
        "Sphinx": sources.count(r"^\s+:(?:param|returns?|raises?)\b"),
    }
    form = max(forms, key=lambda each: forms[each])
    if forms[form]:
        yield Trait(f"docstrings have {form}'s form", "Google's or NumPy's form" if form == "Sphinx" else "")
    elif sources.count(r"^\s*(?:async )?def ") and not sources.count(r'^\s*(?:async )?def [^\n]*\n\s+r?"""'):
        yield Trait("functions have no docstrings", "docstrings with examples for public APIs")


def _banners(sources: _Sources) -> Iterator[Trait]:
    firsts = [text.partition("\n")[0] for text in sources.code.values() if text.strip()]
    has = sum(_BANNER.fullmatch(line) is not None for line in firsts)
    if has >= len(firsts) * _LEAST_SHARE and has:
        yield Trait("files begin with `# path/to/file.py — purpose`")
    elif firsts:
        yield Trait("files have no banner line", "a first line `# path/to/file.py — purpose`")


def _layout(sources: _Sources) -> Iterator[Trait]:
    routes = Counter(route.file.rpartition("/")[0] for route in sources.service.routes)
    tables = Counter(table.path.rpartition("/")[0] for table in sources.service.tables)
    if not routes:
        return
    shared = [folder for folder in routes if folder in tables]
    place, table_place = routes.most_common(1)[0][0] or ".", tables.most_common(1)[0][0] if tables else ""
    if len(shared) > 1:
        yield Trait(f"layout by domain: routes and tables share a folder, such as `{shared[0]}`")
    elif tables and table_place != place:
        yield Trait(f"layout by kind: routes in `{place}`, tables in `{table_place or '.'}`")
    else:
        yield Trait(f"routes in `{place}`")


def _errors(sources: _Sources) -> Iterator[Trait]:
    direct = sources.count(r"raise (?:\w+\.)?HTTPException\(")
    handlers = sources.count(r"exception_handler\(")
    own = sources.count(r"^class \w+\((?:\w+\.)?HTTPException\)")
    if own or handlers:
        yield Trait(f"errors: {own} own HTTPException classes, {handlers} exception handlers")
    elif direct:
        yield Trait("handlers raise `HTTPException` themselves", "the service's own helpers for errors")


def _tests(sources: _Sources) -> Iterator[Trait]:
    total = sources.count(r"^\s*(?:async )?def test_", tests=True)
    if not total:
        return
    is_async = sources.count(r"^\s*async def test_", tests=True)
    marks = {name: sources.count(rf"mark\.{name}\b|\b{name}_mode", tests=True) for name in ("asyncio", "anyio")}
    tables = sources.count(r"mark\.parametrize", tests=True)
    client = "AsyncClient" if sources.count(r"\bAsyncClient\(", tests=True) else "TestClient"
    asynchronous = f"{is_async} of {total} tests are asynchronous" if is_async else "tests are synchronous"
    yield Trait(f"{asynchronous}, {tables} tables of cases, client {client}")
    if marks["anyio"] > marks["asyncio"]:
        yield Trait("asynchronous tests run by anyio's plugin", "pytest-asyncio")
    if sources.count(r"^class Test\w*\((?:unittest\.)?TestCase\)", tests=True):
        yield Trait("tests are unittest classes", "pytest functions with tables of cases")


def _checker(sources: _Sources) -> Iterator[Trait]:
    others = [name for name in ("ty", "pyright", "basedpyright") if f"[tool.{name}" in sources.manifest]
    if others and "[tool.mypy" not in sources.manifest:
        yield Trait(f"types are checked with {others[0]}")
