# src/python_coder/gates/mypy_config.py — how mypy is told what to check in one tree
import configparser
import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_coder.gates.known_good import KnownGood

CONFIG_NAMES = ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg")
"""In the order that mypy looks for them."""
_TARGET_OPTIONS = frozenset({"files", "packages", "modules"})

Sections = tuple[Mapping[str, Any], list[tuple[str, Mapping[str, Any]]]]
"""Global options, and pairs of a module pattern and the options of such modules, in the file's order."""


@dataclass(frozen=True, kw_only=True)
class MypyConfig:
    """The project's own mypy configuration."""

    path: str
    """Relative to the git root; empty when the project has none."""
    has_targets: bool = False
    """Whether it says itself which files to check."""


def mypy_config(folder: Path, known_good: KnownGood) -> MypyConfig:
    """Find the project's mypy configuration in one materialised tree.

    Args:
        folder: The tree, at the git root.
        known_good: Says where the project lies, and which file was seen to configure mypy.
    """
    named = known_good.mypy.config_path if known_good.mypy else ""
    roots = dict.fromkeys((known_good.project_root, "."))
    usual = (posixpath.normpath(posixpath.join(root, name)) for root in roots for name in CONFIG_NAMES)
    for path in (named, *usual):
        options = _options(folder / path) if path else None
        if options is not None:
            return MypyConfig(path=path, has_targets=bool(_TARGET_OPTIONS & options))
    return MypyConfig(path="")


def targets(folder: Path, known_good: KnownGood) -> tuple[str, ...]:
    """What to check when the project does not say: its packages, relative to the project root."""
    project = folder / known_good.project_root
    seen = [target for target in known_good.mypy_targets if (project / target).exists()]
    found = tuple(dict.fromkeys(seen or _packages(project, known_good)))
    return found or known_good.import_roots or (".",)


def _packages(project: Path, known_good: KnownGood) -> Iterator[str]:
    for root in known_good.import_roots:
        for package in known_good.packages:
            for name in (package, f"{package}.py"):
                if (project / root / name).exists():
                    yield posixpath.normpath(posixpath.join(root, name))


def sections(name: str, content: bytes) -> Sections | None:
    """Global options of a configuration file, and those of modules; `None` when it does not configure mypy.

    Args:
        name: Of the file; a `.toml` is read as such.
        content: Of the file. Mypy itself reports what cannot be read.
    """
    try:
        return _toml_sections(content.decode()) if name.endswith(".toml") else _ini_sections(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, configparser.Error, AttributeError):
        return None


def words_of(value: object) -> list[str]:
    """The words of an option that takes several: a list, or text with commas or lines between them."""
    words = re.split(r"[,\n]", value) if isinstance(value, str) else value if isinstance(value, list) else []
    return [word.strip() for word in words if isinstance(word, str) and word.strip()]


def _options(path: Path) -> frozenset[str] | None:
    """Names of the global options in a configuration file; `None` when it does not configure mypy."""
    try:
        found = sections(path.name, path.read_bytes())
    except OSError:
        return None
    return frozenset(found[0]) if found else None


def _toml_sections(text: str) -> Sections | None:
    values = tomllib.loads(text).get("tool", {}).get("mypy")
    if not isinstance(values, dict):
        return None
    given = values.get("overrides")
    overrides = [more for more in given if isinstance(more, dict)] if isinstance(given, list) else []
    return values, [(pattern, more) for more in overrides for pattern in words_of(more.get("module"))]


def _ini_sections(text: str) -> Sections | None:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    if not parser.has_section("mypy"):
        return None
    names = [name for name in parser.sections() if name.startswith("mypy-")]
    overrides: list[tuple[str, Mapping[str, Any]]] = [
        (pattern, dict(parser.items(name))) for name in names for pattern in words_of(name.removeprefix("mypy-"))
    ]
    return dict(parser.items("mypy")), overrides
