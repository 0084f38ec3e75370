# src/python_coder/gates/mypy_typed.py — in which files the project's mypy configuration asks functions for types
import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from python_coder.gates.judging_files import is_migration_file, is_test_file
from python_coder.gates.mypy_config import CONFIG_NAMES, sections, words_of

Demand = Literal["nothing", "no half types", "types"]
"""What is asked of a function: `no half types` lets one be that has no annotation at all."""
UNTYPED_RULE = "no-untyped-def"
_STRICT = {"disallow_untyped_defs": True, "disallow_incomplete_defs": True}
"""What `strict` turns on of these, unless the same section says otherwise."""

Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class _Settings:
    """What one configuration file says."""

    folder: str
    values: Mapping[str, Any]
    overrides: tuple[tuple[str, Mapping[str, Any]], ...]
    """Settings of modules, by pattern; the later one wins."""


def demand_of(path: str, read: Read) -> Demand:
    """What mypy, as the project configures it, asks of the functions of a file; nothing where it does not judge.

    Args:
        path: Of a Python file, relative to the git root.
        read: Content of a file of the project; `None` when there is none.

    Source: mypy 1.x, `TypeChecker.check_for_missing_annotations`; its configuration's own order of sections.
    """
    settings = _settings_for(path, read)
    if settings is None or not _is_judged(path, settings, read):
        return "nothing"
    names = _module_names(path, settings.folder)
    values = dict(settings.values)
    if _is_on(values.get("strict")):
        values = _STRICT | values
    for pattern, more in settings.overrides:
        if any(_matches(name, pattern) for name in names):
            values |= more
    if _is_on(values.get("ignore_errors")) or UNTYPED_RULE in words_of(values.get("disable_error_code")):
        return "nothing"
    if _is_on(values.get("disallow_untyped_defs")):
        return "types"
    return "no half types" if _is_on(values.get("disallow_incomplete_defs")) else "nothing"


def _settings_for(path: str, read: Read) -> _Settings | None:
    """The configuration that lies nearest above a file."""
    folder = posixpath.dirname(path)
    for name in CONFIG_NAMES:
        content = read(posixpath.join(folder, name))
        found = _settings(folder, name, content) if content is not None else None
        if found is not None:
            return found
    return _settings_for(folder, read) if folder else None


def _settings(folder: str, name: str, content: bytes) -> _Settings | None:
    found = sections(name, content)
    if found is None:
        return None
    values, overrides = found
    return _Settings(folder, values, tuple(sorted(overrides, key=lambda row: _weight(row[0]))))


def _weight(pattern: str) -> int:
    """Names outweigh `a.b.*`, and that outweighs a star elsewhere."""
    if "*" not in pattern:
        return 1_000_000
    return pattern.count(".") + 1 if pattern.endswith(".*") and pattern.count("*") == 1 else 0


def _is_judged(path: str, settings: _Settings, read: Read) -> bool:
    """Whether the gate has mypy check a file, beside those that are imported."""
    inside = posixpath.relpath(path, settings.folder or ".")
    names = _module_names(path, settings.folder)
    parts = inside.split("/")
    if any(re.search(pattern, place) for pattern in _excludes(settings) for place in _places(parts)):
        return False
    files, packages, modules = (words_of(settings.values.get(key)) for key in ("files", "packages", "modules"))
    if files or packages or modules:
        return (
            any(_is_below(inside, target) for target in files)
            or any(name == package or name.startswith(f"{package}.") for package in packages for name in names)
            or any(name in modules for name in names)
        )
    if not (is_test_file(path) or is_migration_file(path)):
        return True
    # Those of a package are checked with it; a folder of tests beside it is not.
    top = parts[:2] if parts[0] == "src" else parts[:1]
    is_package = read(posixpath.join(settings.folder, *top, "__init__.py")) is not None
    return len(parts) > len(top) and top[-1] not in {"test", "tests"} and is_package


def _excludes(settings: _Settings) -> Iterator[str]:
    given = settings.values.get("exclude") or ()
    for pattern in [given] if isinstance(given, str) else given:
        try:
            re.compile(pattern)
        except re.error:
            continue
        yield pattern


def _places(parts: list[str]) -> Iterator[str]:
    for count in range(1, len(parts)):
        yield "/".join(parts[:count]) + "/"
    yield "/".join(parts)


def _is_below(path: str, target: str) -> bool:
    plain = posixpath.normpath(target)
    return plain in {".", path} or path.startswith(f"{plain}/") or fnmatch.fnmatchcase(path, plain)


def _module_names(path: str, folder: str) -> tuple[str, ...]:
    """Names that mypy may know a file by, the longest first: where its packages start is not asked here."""
    parts = posixpath.relpath(path, folder or ".").rpartition(".")[0].removesuffix("/__init__").split("/")
    return tuple(".".join(parts[place:]) for place in range(len(parts)))


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern) or (pattern.endswith(".*") and name == pattern.removesuffix(".*"))


def _is_on(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in {"true", "yes", "on", "1"})
