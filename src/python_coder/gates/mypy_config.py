# src/python_coder/gates/mypy_config.py — how mypy is told what to check in one tree
import configparser
import posixpath
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_coder.gates.known_good import KnownGood

CONFIG_NAMES = ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg")
"""In the order that mypy looks for them."""
_TARGET_OPTIONS = frozenset({"files", "packages", "modules"})


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


def _options(path: Path) -> frozenset[str] | None:
    """Names of the global options in a configuration file; `None` when it does not configure mypy."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError):
        return None
    if path.suffix == ".toml":
        try:
            document: dict[str, Any] = tomllib.loads(text)
            table = document.get("tool", {}).get("mypy")
        except (tomllib.TOMLDecodeError, AttributeError):
            return None
        return frozenset(table) if isinstance(table, dict) else None
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return frozenset(parser.options("mypy")) if parser.has_section("mypy") else None
