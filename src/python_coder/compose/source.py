# src/python_coder/compose/source.py — a stack as it is written: its files, and that they name none outside the project
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from python_coder.errors import ToolRefusedError, UsageError

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = tuple(f"{name.rpartition('.')[0]}.override.{ending}" for name in _NAMES for ending in ("yaml", "yml"))
_MOST_FILES = 100
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class StackSource:
    """Where a stack is described."""

    root: Path
    """The project's folder. Nothing outside it is read or mounted."""
    files: Sequence[str] = ()
    """Compose files relative to the root, later ones over earlier ones; none for the usual names."""
    text: str = ""
    """The stack itself, in place of files; relative paths in it start at the root."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Values for `${…}`, over those of the project's `.env`. The process's own environment is never used."""

    def paths(self) -> tuple[Path, ...]:
        """The files, absolute; none when the stack is given as text.

        Raises:
            UsageError: There is no such file.
            ToolRefusedError: One lies outside the project.
        """
        if self.text:
            return ()
        names = self.files or _usual_files(self.root)
        if not names:
            raise UsageError(f"There is no {' or '.join(_NAMES)} in the project. Name the file, or give compose_yaml.")
        paths = tuple(self.root / name for name in names)
        for path, name in zip(paths, names, strict=True):
            refuse_outside(self.root, path, f"the compose file {name}")
            if not path.is_file():
                raise UsageError(f"There is no file {name} in the project. Name the compose file relative to it.")
        return paths

    @property
    def is_there(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.text or self.files or _usual_files(self.root))

    @property
    def folder(self) -> Path:
        """Where relative paths of the stack start."""
        paths = self.paths()
        return paths[0].parent if paths else self.root


def is_inside(root: Path, path: Path) -> bool:
    """Whether a path, all links followed, lies in the project."""
    return Path(os.path.realpath(path)).is_relative_to(root.resolve())


def refuse_outside(root: Path, path: Path, what: str) -> None:
    """Refuse a path outside the project.

    Raises:
        ToolRefusedError: It is outside, or a link leads there.
    """
    if not is_inside(root, path):
        raise ToolRefusedError(f"{what} is outside the project, links followed. Use files of the project only.")


def refuse_foreign_files(source: StackSource) -> None:
    """Refuse a stack that includes, extends or reads files outside the project. Broken YAML is left to the CLI.

    Raises:
        ToolRefusedError: The message names the first such file.
    """
    todo = [(path, path.parent) for path in source.paths()]
    seen = set[Path]()
    if source.text:
        todo = []
        _checked(source, _document(source.text), source.root, todo)
    while todo and len(seen) < _MOST_FILES:
        path, folder = todo.pop()
        if path not in seen and path.is_file() and path.stat().st_size <= _MOST_BYTES:
            seen.add(path)
            _checked(source, _document(path.read_text(errors="replace")), folder, todo)


def _checked(source: StackSource, document: Any, folder: Path, todo: list[tuple[Path, Path]]) -> None:
    for what, name, is_stack in _read_files(document):
        if "$" in name:
            continue  # the sandbox in which the CLI resolves it shows the project alone
        if "://" in name or name.startswith("git@"):
            raise ToolRefusedError(f"{what} {name} is fetched from elsewhere. Copy it into the project.")
        path = folder / name
        refuse_outside(source.root, path, f"{what} {name}")
        if is_stack:
            todo.append((path, path.parent))


def _read_files(document: Any) -> Iterator[tuple[str, str, bool]]:
    """What the CLI reads beside a file itself: what it is, its name, whether that may name more."""
    if not isinstance(document, dict):
        return
    for entry in _listed(document.get("include")):
        named = entry if isinstance(entry, dict) else {"path": entry}
        yield from (("the included file", name, True) for name in _listed(named.get("path")) if isinstance(name, str))
        for name in (*_listed(named.get("env_file")), *_listed(named.get("project_directory"))):
            yield "what include names,", str(name), False
    services = document.get("services")
    for service in services.values() if isinstance(services, dict) else ():
        if not isinstance(service, dict):
            continue
        extended = service.get("extends")
        if isinstance(extended, dict) and "file" in extended:
            yield "the extended file", str(extended["file"]), True
        for key in ("env_file", "label_file"):
            for entry in _listed(service.get(key)):
                yield f"the {key}", str(entry.get("path") if isinstance(entry, dict) else entry), False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _document(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader  # nosec B506
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


class _Loader(yaml.SafeLoader):
    """Reads Compose's own marks, such as `!reset`, as if they were not there."""


def _unmarked(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _unmarked)


def _usual_files(root: Path) -> tuple[str, ...]:
    found = next((name for name in _NAMES if (root / name).is_file()), None)
    override = next((name for name in _OVERRIDES if (root / name).is_file()), None)
    return tuple(name for name in (found, override) if name) if found else ()
