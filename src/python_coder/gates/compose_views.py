# src/python_coder/gates/compose_views.py — the compose files of a tree, and which of them make one stack together
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode

from python_coder.gates.compose_marks import MarkedFile, Place
from python_coder.gates.compose_variables import literal

BASE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""Names that Compose looks for, in its order."""
_NAME = re.compile(r"(docker-)?compose([._-][\w.-]+)?\.ya?ml", re.IGNORECASE)
_OVERRIDE = re.compile(r"(docker-)?compose\.override\.ya?ml")
_SAMPLES = re.compile(r"(^|/)(fixtures|testdata|test_data|node_modules|site-packages|\.venv|venv)/")
_REMOTE = re.compile(r"://|^(oci|git@|[\w.-]+@[\w.-]+):?")
_MOST_FILES = 60


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One file that a compose file asks for."""

    path: str
    """Relative to the git root; one that leaves the repository begins with `../` or `/`."""
    kind: str
    """`include`, `extends`, `env_file` or `label_file`."""
    by: str
    """Path of the file that asks."""
    line: int


@dataclass(frozen=True, kw_only=True)
class View:
    """Compose files that make one stack together."""

    folder: Path
    """The clean copy of the tree."""
    files: tuple[str, ...]
    """Paths relative to the git root, in the order in which Compose merges them."""
    is_main: bool = False
    """Whether this is what `docker compose` takes by itself at the project root."""
    is_overlay: bool = False
    """Whether the last file is one that nobody reads by itself, such as `compose.prod.yaml`."""
    siblings: tuple[str, ...] = ()
    """Names of all compose files in the same folder."""

    @property
    def own(self) -> str:
        """Path of the file that this stack is there for."""
        return self.files[-1 if self.is_overlay else 0]

    @cached_property
    def parts(self) -> tuple[MarkedFile, ...]:
        """The files, then all YAML that they include or extend, as far as it is there."""
        waiting, parts = list(self.files), dict[str, MarkedFile]()
        while waiting and len(parts) < _MOST_FILES:
            path = waiting.pop(0)
            content = self.read(path)
            if path in parts or content is None:
                continue
            parts[path] = MarkedFile.read(path, content)
            waiting += [reading.path for reading in _readings(parts[path]) if reading.kind in {"include", "extends"}]
        return tuple(parts.values())

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Everything that these files ask for, there or not."""
        return tuple(reading for part in self.parts for reading in _readings(part))

    @cached_property
    def env_files(self) -> tuple[str, ...]:
        """Paths of the files that variables and environments come from, `.env` beside the compose file first."""
        beside = posixpath.join(posixpath.dirname(self.files[0]), ".env")
        asked = (reading.path for reading in self.readings if reading.kind == "env_file")
        return tuple(dict.fromkeys((beside, *asked)))

    @cached_property
    def paths(self) -> frozenset[str]:
        """Every path that this stack is read from, and where those that are links lead to."""
        asked = (*self.files, *self.env_files, *(reading.path for reading in self.readings))
        return frozenset((*asked, *(os.path.relpath(self._real(path), self._real(".")) for path in asked)))

    @property
    def unread(self) -> tuple[MarkedFile, ...]:
        """YAML of this stack of which only Compose may know what it says."""
        return tuple(part for part in self.parts if part.problem)

    def read(self, path: str) -> bytes | None:
        """A file of the tree, unless it or a link leads out of the tree."""
        try:
            real = self._real(path)
            is_inside = real.is_relative_to(self._real(".")) and real.is_file()
            return real.read_bytes() if is_inside else None
        except (OSError, ValueError, RuntimeError):
            return None

    def _real(self, path: str) -> Path:
        return Path(os.path.realpath(self.folder / path))

    def text(self, path: str) -> str:
        """A file of the tree as text; empty when there is none."""
        return (self.read(path) or b"").decode(errors="replace")

    def written(self, name: str, *keys: str) -> tuple[str, Place] | None:
        """Path and place of a part of a service: in the last file that says it, else in the service it extends."""
        return next(self.writings(name, *keys), None)

    def writings(self, name: str, *keys: str) -> Iterator[tuple[str, Place]]:
        """Every path and place where a part of a service is written, what wins in Compose first."""
        own = self.parts[: len(self.files)]
        for part in (*reversed(own), *self.parts[len(own) :]):
            if place := part.find("services", name, *keys):
                yield part.path, place
        yield from self._extended(name, keys)

    def defined(self, name: str) -> tuple[str, Place] | None:
        """Path and place of the key under which a service is first written."""
        places = ((part.path, part.find("services", name)) for part in self.parts)
        return next(((path, place) for path, place in places if place), None)

    def _extended(self, name: str, keys: tuple[str, ...]) -> Iterator[tuple[str, Place]]:
        """A part of a service in what it extends, and in what that extends in turn."""
        waiting, seen = [name], set[tuple[str, str]]()
        while waiting:
            name = waiting.pop()
            for part in self.parts:
                base = part.find("services", name, "extends", "service") or part.find("services", name, "extends")
                file = part.find("services", name, "extends", "file")
                path = _joined(part.path, literal(file.text)) if file else part.path
                source = next((other for other in self.parts if other.path == path), None)
                if not base or not base.text or source is None or (path, base.text) in seen:
                    continue
                seen.add((path, base.text))
                waiting.append(base.text)
                if place := source.find("services", base.text, *keys):
                    yield source.path, place


def views(folder: Path, paths: Iterable[str], project_root: str) -> tuple[View, ...]:
    """The stacks that the compose files of a tree make, in order of path.

    Args:
        folder: A clean copy of the tree.
        paths: Every path of the tree.
        project_root: Relative to the git root.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(path for path in paths if is_compose_file(path)):
        where, name = posixpath.split(path)
        found.setdefault(where, []).append(name)
    main = next(
        (where for where in ("" if project_root == "." else project_root, "") if _base(found.get(where, []))), None
    )
    seen = [view for where, names in found.items() for view in _in_folder(folder, where, names)]
    return tuple(replace(view, is_main=True) if _is_base(view, main) else view for view in _starting(seen))


def is_compose_file(path: str) -> bool:
    """Whether a file is a compose file by its name, and neither vendored nor a sample for tests."""
    return bool(_NAME.fullmatch(posixpath.basename(path))) and not _SAMPLES.search(path)


def _starting(seen: list[View]) -> Iterator[View]:
    """The stacks that somebody starts. What another file takes in is judged there, and may mean nothing alone."""
    taken = {
        reading.path
        for view in seen
        for reading in view.readings
        if reading.kind in {"include", "extends"} and reading.path != reading.by
    }
    roots = [view for view in seen if posixpath.basename(view.own) in BASE_NAMES or view.own not in taken]
    reached = {part.path for view in roots for part in view.parts}
    # Files that only take in each other have no root; then each is judged.
    return (view for view in seen if view in roots or view.own not in reached)


def _is_base(view: View, where: str | None) -> bool:
    folder, name = posixpath.split(view.files[0])
    return folder == where and name == _base(list(view.siblings)) and not view.is_overlay


def _in_folder(folder: Path, where: str, names: list[str]) -> Iterator[View]:
    base = _base(names)
    override = next((name for name in names if _OVERRIDE.fullmatch(name)), None) if base else None
    if base:
        files = tuple(posixpath.join(where, name) for name in (base, override) if name)
        yield View(folder=folder, files=files, siblings=tuple(names))
    for name in names:
        path = posixpath.join(where, name)
        if name in {base, override}:
            continue
        alone = View(folder=folder, files=(path,), siblings=tuple(names))
        if base and not _stands_alone(alone):
            yield View(folder=folder, files=(posixpath.join(where, base), path), siblings=tuple(names), is_overlay=True)
        else:
            yield alone


def _base(names: list[str]) -> str | None:
    return next((name for name in BASE_NAMES if name in names), None)


def _stands_alone(view: View) -> bool:
    """Whether every service says itself what it runs; else the file is meant to be put over another."""
    file = view.parts[0] if view.parts else None
    if file is None:
        return True
    keys = ("image", "build", "extends", "provider")
    return all(any(file.find("services", name, key) for key in keys) for name in file.keys("services"))


def _readings(file: MarkedFile) -> Iterator[Reading]:
    for kind, node in _asking(file):
        text = literal(node.value.strip())
        if text and not _REMOTE.search(text):
            yield Reading(path=_joined(file.path, text), kind=kind, by=file.path, line=node.start_mark.line + 1)


def _asking(file: MarkedFile) -> Iterator[tuple[str, ScalarNode]]:
    """Scalars that name a file to be read."""
    if include := file.find("include"):
        yield from (("include", node) for node in _files(include, "path"))
        for item in include.items:
            env_file = _inner(item.node, "env_file")
            yield from (("env_file", node) for node in (_files(env_file, "path") if env_file else ()))
    for name in file.keys("services"):
        for kind in ("env_file", "label_file"):
            if place := file.find("services", name, kind):
                yield from ((kind, node) for node in _files(place, "path"))
        extends = file.find("services", name, "extends", "file")
        if extends and isinstance(extends.node, ScalarNode):
            yield "extends", extends.node


def _files(place: Place, key: str) -> Iterator[ScalarNode]:
    """Plain names: a scalar, the items of a list, and what stands under a key of an item's long form."""
    for item in place.items or (place,):
        inner = _inner(item.node, key) or item
        yield from (at.node for at in (inner.items or (inner,)) if isinstance(at.node, ScalarNode))


def _inner(node: Node, key: str) -> Place | None:
    return MarkedFile("", (node,)).find(key) if isinstance(node, MappingNode) else None


def _joined(by: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(by), path))
