# src/python_coder/agent/briefing/fixtures.py — the fixtures of a project's tests, and how they keep tests apart
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from python_coder.agent.briefing.sources import text_at
from python_coder.service_map.files import FileView, is_test_path
from python_coder.symbols.parse import parse_symbols
from python_coder.symbols.symbol import Symbol

MOST_FIXTURES = 14
_DECORATOR = re.compile(r"^\s*@(?:pytest\.|pytest_asyncio\.)?fixture\b(.*)$", re.MULTILINE)
_SCOPE = re.compile(r"""\bscope\s*=\s*["'](\w+)["']""")
_NAME = re.compile(r"""\bname\s*=\s*["'](\w+)["']""")
_OVERRIDE = re.compile(r"dependency_overrides\[(?:\w+\.)*(\w+)\]")
_OVERRIDES = re.compile(r"dependency_overrides\s*(?:=|\|=|\.update\()\s*\{([^}]*)\}")
_OVERRIDDEN = re.compile(r"(?:^|[,{])\s*(?:\w+\.)*(\w+)\s*:")
_IMPORT = re.compile(r"^(?:from\b.*?\bimport\b(?:[ \t]*\([^)]*\)|.*)|(?:async )?def \w+)", re.MULTILINE)
_MADE_HERE = re.compile(r"\b(FastAPI|(?:create|make|get|build|init)_(?:\w+_)?app(?:lication)?)\(")
_HANDED_OVER = re.compile(r"\bFastAPI\((?:[^()]|\([^()]*\))*?\broutes\s*=")
_ONE_TRANSACTION = re.compile(r"create_savepoint|begin_nested\(|transaction\.rollback\(|\btrans\.rollback\(")
_DELETES = re.compile(r"\btruncate\b|\.delete\(\)|\bdelete\(\w+\)", re.IGNORECASE)
_DELETED_LATE = "rows are deleted when the {scope} ends, not between tests: do not count on empty tables"

_ISOLATION: Mapping[str, tuple[re.Pattern[str], str]] = {
    "transaction": (
        _ONE_TRANSACTION,
        "each test runs in one transaction that is rolled back: what it commits nobody else sees, and in PostgreSQL "
        "`now()` stands still for the whole test, so that two rows get the same server-side time",
    ),
    "tables": (re.compile(r"\.create_all\b"), "tables are made from the models, not by the migrations"),
    "migrations": (re.compile(r"command\.upgrade|alembic.*upgrade"), "tables are made by the migrations"),
    "deleted": (_DELETES, "rows are deleted in between"),
    "memory": (re.compile(r"sqlite\S*://(?:/:memory:)?[\"']|:memory:"), "the database is SQLite in memory"),
    "containers": (re.compile(r"testcontainers"), "the database is a container"),
}


@dataclass(frozen=True)
class Fixture:
    """One fixture."""

    name: str
    path: str
    line: int
    """1-based line of its `def`."""
    scope: str
    needs: tuple[str, ...]
    is_autouse: bool


@dataclass(frozen=True)
class TestSetup:
    """What tests are given, and how one is kept from another."""

    __test__ = False

    fixtures: Sequence[Fixture]
    isolation: Sequence[str]
    """One clause each."""
    overrides: Sequence[str]
    """Dependencies of the application that tests replace."""
    makers: Sequence[str] = ()
    """Functions with which tests make an application of their own."""


def read_setup(files: FileView, root: str = "") -> TestSetup:
    """Read the fixtures of all `conftest.py`, of other test files that hold some, and what these say of isolation.

    Args:
        files: The repository.
        root: Project root relative to the git root; empty or `.` for the git root.
    """
    prefix = "" if root in {"", "."} else f"{root}/"
    texts = {path: text_at(files, path) for path in files.paths() if path.startswith(prefix) and _may_hold(path)}
    texts = {path: text for path, text in texts.items() if "fixture" in text or path.endswith("conftest.py")}
    ordered = sorted(texts, key=lambda path: (not path.endswith("conftest.py"), path.count("/"), path))
    found = [fixture for path in ordered for fixture in _fixtures(path, texts[path])]
    whole = "\n".join(texts.values())
    at_once = [name for inside in _OVERRIDES.findall(whole) for name in _OVERRIDDEN.findall(inside)]
    # A parameter of a function that replaces whatever it is given is no dependency's name.
    known = {name for line in _IMPORT.findall(whole) for name in re.findall(r"\w+", line)}
    overrides = [name for name in dict.fromkeys([*_OVERRIDE.findall(whole), *at_once]) if name in known]
    isolation = [_kept_apart(whole, name) for name, (pattern, _) in _ISOLATION.items() if pattern.search(whole)]
    makers = list(dict.fromkeys(_MADE_HERE.findall(whole)))
    return TestSetup(fixtures=found, isolation=isolation, overrides=overrides, makers=makers)


def _kept_apart(text: str, name: str) -> str:
    """How tests are kept apart; what a fixture of a wider scope deletes goes at its end alone."""
    scopes = {_scope_at(text, match.start()) for match in _DELETES.finditer(text)} if name == "deleted" else set()
    if scopes and "function" not in scopes:
        return _DELETED_LATE.format(scope=min(scopes))
    return _ISOLATION[name][1]


def _scope_at(text: str, place: int) -> str:
    """The scope of the fixture that a place stands in."""
    above = [found.group(1) for found in _DECORATOR.finditer(text, 0, place)]
    scope = _SCOPE.search(above[-1]) if above else None
    return scope.group(1) if scope else "function"


def out_of_reach(files: FileView, applications: Iterable[str]) -> Iterator[str]:
    """Where an application takes over the routes of another one, with that one's dependencies.

    Args:
        files: The repository.
        applications: As the service map has them: `app (app/main.py:11)`.
    """
    paths = dict.fromkeys(one.partition("(")[2].rpartition(":")[0] for one in applications)
    for path in paths:
        if path and _HANDED_OVER.search(text_at(files, path)):
            yield (
                f"{path} hands routes over with `routes=`: dependency_overrides do not reach those, they keep sessions "
                "of their own, which commit"
            )


def setup_lines(setup: TestSetup, but: Iterable[str] = ()) -> Iterator[str]:
    """The set-up in a few lines, fixtures by file.

    Args:
        setup: What was read.
        but: Files whose source is told.
    """
    hidden = set(but)
    told = [fixture for fixture in setup.fixtures[:MOST_FIXTURES] if fixture.path not in hidden]
    for path in dict.fromkeys(fixture.path for fixture in told):
        yield f"{path}: {', '.join(_told(fixture) for fixture in told if fixture.path == path)}"
    if len(setup.fixtures) > MOST_FIXTURES:
        yield f"… and {len(setup.fixtures) - MOST_FIXTURES} more fixtures"
    if setup.makers:
        yield f"tests make their own application with {', '.join(setup.makers)}"
    if setup.overrides:
        yield f"tests replace the dependencies {', '.join(setup.overrides)}"
    yield from (f"isolation: {said}" for said in setup.isolation)


def _told(fixture: Fixture) -> str:
    needs = f"({', '.join(fixture.needs)})" if fixture.needs else ""
    marks = [fixture.scope] if fixture.scope != "function" else []
    marks += ["for every test"] if fixture.is_autouse else []
    return f"{fixture.name}{needs}" + (f" [{', '.join(marks)}]" if marks else "")


def _may_hold(path: str) -> bool:
    """A `conftest.py`, or a module that tests share; fixtures of one test file are its own affair."""
    name = path.rpartition("/")[2]
    return path.endswith(".py") and is_test_path(path) and not (name.startswith("test_") or name.endswith("_test.py"))


def _fixtures(path: str, text: str) -> Iterator[Fixture]:
    lines = text.splitlines()
    for symbol in parse_symbols(path, text.encode()).walk():
        head = "\n".join(lines[symbol.first_line - 1 : symbol.def_line - 1])
        decorator = _DECORATOR.search(head)
        if decorator is not None:
            yield _fixture(symbol, " ".join(head[decorator.start() :].split()))


def _fixture(symbol: Symbol, decorator: str) -> Fixture:
    scope, name = _SCOPE.search(decorator), _NAME.search(decorator)
    inside = symbol.signature.partition("(")[2].rpartition(")")[0]
    needs = re.findall(r"(?:^|,)\s*(\w+)", re.sub(r"\[[^\[\]]*\]|\([^()]*\)", "", inside))
    return Fixture(
        name=name.group(1) if name else symbol.name,
        path=symbol.path,
        line=symbol.def_line,
        scope=scope.group(1) if scope else "function",
        needs=tuple(need for need in needs if need != "self"),
        is_autouse="autouse=True" in decorator,
    )
