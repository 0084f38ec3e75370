# src/python_coder/gates/session_variables.py — which variables a project reads the address of its database from
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from python_coder.gates.known_good import KnownGood
from python_coder.gates.migration_database import ScratchDatabase, Server
from python_coder.workspace.layout import python_files
from python_coder.workspace.requirement_files import read_text

_ADDRESS = re.compile(r"\b(?:[A-Za-z]+_)*(?:DATABASE|DB|SQLALCHEMY|POSTGRES)_(?:[A-Za-z]+_)*(?:URL|URI|DSN)\b", re.I)
_PART = re.compile(
    r"\b(?:[A-Za-z]+_)?(?:POSTGRES|PG|DATABASE|DB)_(?:SERVER|HOST|HOSTNAME|PORT|USER|USERNAME|PASSWORD|PASS|DB|NAME)\b",
    re.I,
)
_PREFIX = re.compile(r"env_prefix\s*=\s*[\"'](\w*)[\"']")
_FULL_ADDRESS = re.compile(r"^postgres(?:ql)?(?P<driver>\+\w+)?://")
_SETTINGS_FILES = ("*.toml", "*.ini", "*.cfg", ".env*", "*.example")
_ASYNC_DRIVERS = frozenset({"+asyncpg", "+psycopg_async"})


def url_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names of variables that settings may read a whole database address from."""
    return _names(_ADDRESS, tuple(texts))


def part_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names of variables that settings may read the host, the user or another part of a database's address from."""
    return _names(_PART, tuple(texts))


def makes_async_engines(texts: Iterable[str]) -> bool:
    """Whether code makes asynchronous engines."""
    return any(word in text for text in texts for word in ("create_async_engine", "async_engine_from_config"))


def is_postgres_only(texts: Iterable[str]) -> bool:
    """Whether texts speak of PostgreSQL and never of SQLite."""
    small = [text.lower() for text in texts]
    return any("postgres" in text for text in small) and not any("sqlite" in text for text in small)


def project_texts(tree: Path, known_good: KnownGood) -> tuple[str, ...]:
    """The project's sources, tests included, and its settings files at the root.

    Args:
        tree: The tree's folder, at the git root.
        known_good: Where the project lies in it.
    """
    root = tree / known_good.project_root
    files = [*python_files(root), *(path for pattern in _SETTINGS_FILES for path in sorted(root.glob(pattern)))]
    return tuple(read_text(path) for path in files if path.is_file())


def variables_for(
    database: ScratchDatabase, server: Server, texts: tuple[str, ...], given: Mapping[str, str]
) -> dict[str, str]:
    """The variables that lead a project to a database: those it has already, else those its sources name.

    Args:
        database: The addresses, on a loopback port inside of the sandbox.
        server: The same login in parts.
        texts: See `project_texts`.
        given: Variables that the project has.
    """
    port = str(next(iter(database.relays), server.port))
    plain = database.async_url if makes_async_engines(texts) else database.url
    values = {
        "port": port,
        "user": server.user,
        "username": server.user,
        "password": server.password,
        "pass": server.password,
        "db": server.database,
        "name": server.database,
    }
    found = dict.fromkeys(url_names(texts), plain)
    found |= {name: values.get(name.rpartition("_")[2].lower(), "127.0.0.1") for name in part_names(texts)}
    for name, value in given.items():
        if match := _FULL_ADDRESS.match(value):
            driver = match["driver"] or ""
            address = database.async_url if driver in _ASYNC_DRIVERS else database.url
            # With the driver that the project names, or with none where it puts one in by itself.
            found[name] = f"postgresql{driver}://{address.partition('://')[2]}"
    return found


def _names(pattern: re.Pattern[str], texts: tuple[str, ...]) -> tuple[str, ...]:
    prefixes = {"", *(match for text in texts for match in _PREFIX.findall(text))}
    names = {match.upper() for text in texts for match in pattern.findall(text)}
    return tuple(sorted({f"{prefix.upper()}{name}" for name in names for prefix in prefixes}))
