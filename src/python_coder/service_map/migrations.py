# src/python_coder/service_map/migrations.py — Alembic's revisions
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.source import parse_source


@dataclass(frozen=True, order=True)
class Revision:
    """One migration file."""

    path: str
    revision: str
    down: tuple[str, ...]
    """Revisions that it builds on; several for a merge, none for the first."""

    @property
    def folder(self) -> str:
        """Folder of the versions; each has a history of its own."""
        return posixpath.dirname(self.path)


def is_revision(text: str) -> bool:
    """Whether a file's text may be a migration's, without parsing it."""
    return "down_revision" in text and "revision" in text


def read_revisions(texts: Iterable[tuple[str, str]]) -> Iterator[Revision]:
    """The revisions among files, given as path and text."""
    for path, text in texts:
        if not is_revision(text):
            continue
        values: dict[str, s.Expression] = {}
        for node in parse_source(path, text).statements:
            if isinstance(node, s.Assign) and node.value is not None:
                values.update({target.name: node.value for target in node.targets if isinstance(target, s.Name)})
        revision = values.get("revision")
        if isinstance(revision, s.String) and "down_revision" in values:
            yield Revision(path, revision.text, tuple(_strings(values["down_revision"])))


def _strings(node: s.Expression) -> Iterator[str]:
    if isinstance(node, s.String):
        yield node.text
    elif isinstance(node, s.Sequence):
        for item in node.items:
            yield from _strings(item)
