# src/python_coder/gates/compose_marks.py — where things stand in a YAML file, through anchors and merge keys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

_MOST_BYTES = 1_000_000
_MERGE = "<<"
_MOST_MERGES = 50
# The parser in C is ten times as quick; a platform without it has the other one.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Place:
    """One value and the lines that it takes, its key included."""

    line: int
    """1-based line of the key, or of the item of a list."""
    end_line: int
    """1-based last line, included."""
    node: Node

    @property
    def text(self) -> str:
        """The value as written, of a scalar; empty for anything else."""
        return self.node.value if isinstance(self.node, ScalarNode) else ""

    @property
    def items(self) -> tuple["Place", ...]:
        """The places of a list's items; of anything else none."""
        return tuple(_placed(item, item) for item in self.node.value) if isinstance(self.node, SequenceNode) else ()


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """One literal and the keys that lead to it, where it is written."""

    keys: tuple[str, ...]
    """Keys from the document down; an item of a list has no key of its own."""
    text: str
    line: int


@dataclass(frozen=True)
class MarkedFile:
    """A YAML file with the place of everything in it. Nothing in it is ever constructed or run."""

    path: str
    """Relative to the git root."""
    documents: tuple[Node, ...] = ()
    problem: str = ""
    """Why it could not be read; empty when it could."""
    problem_line: int = 1

    @classmethod
    def read(cls, path: str, content: bytes) -> Self:
        """Read a file's YAML. One that is none has a problem and no documents."""
        if len(content) > _MOST_BYTES:
            return cls(path, problem=f"it has more than {_MOST_BYTES:,} bytes")
        try:
            return cls(path, tuple(node for node in yaml.compose_all(content, Loader=_LOADER) if node))
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
            mark = getattr(error, "problem_mark", None)
            # What is missing at the end is missed on a line that is not there.
            line = min(mark.line, content.rstrip().count(b"\n")) + 1 if mark else 1
            return cls(path, problem=" ".join(str(error).split())[:300], problem_line=line)

    def find(self, *keys: str) -> Place | None:
        """The place that these keys lead to; of several documents the last one that has it wins, as in Compose."""
        places = (_followed(document, keys) for document in reversed(self.documents))
        return next((place for place in places if place), None)

    def keys(self, *keys: str) -> tuple[str, ...]:
        """The keys of a mapping in all documents, merged ones included; for a list its plain items."""
        places = (_followed(document, keys) for document in self.documents)
        return tuple(dict.fromkeys(name for place in places if place for name in _names(place.node)))

    def keys_at(self, line: int) -> tuple[str, ...]:
        """The keys that lead down to what stands on a 1-based line, as deep as mappings go."""
        found: list[str] = []
        node: Node | None = self.documents[0] if self.documents else None
        while isinstance(node, MappingNode):
            spans = ((key.value, _placed(key, value)) for key, value in _pairs(node))
            name, place = next(((name, at) for name, at in spans if at.line <= line <= at.end_line), ("", None))
            node = place.node if place else None
            found += [name] if place else []
        return tuple(found)

    def scalars(self) -> Iterator[Scalar]:
        """Every literal where it is written: an anchored one once for each name that it stands under."""
        seen: set[tuple[int, tuple[str, ...]]] = set()
        waiting: list[tuple[Node, tuple[str, ...]]] = [(document, ()) for document in reversed(self.documents)]
        while waiting:
            node, keys = waiting.pop()
            # By the last key alone, or aliases of aliases would be followed without end.
            if (id(node), keys[-1:]) in seen:
                continue
            seen.add((id(node), keys[-1:]))
            if isinstance(node, ScalarNode):
                yield Scalar(keys=keys, text=node.value, line=node.start_mark.line + 1)
            elif isinstance(node, SequenceNode):
                waiting += [(item, keys) for item in reversed(node.value)]
            elif isinstance(node, MappingNode):
                pairs = [(value, (*keys, key.value)) for key, value in node.value if isinstance(key, ScalarNode)]
                waiting += reversed(pairs)


def _followed(document: Node, keys: tuple[str, ...]) -> Place | None:
    place: Place | None = _placed(document, document)
    for key in keys:
        place = _step(place.node, key) if place else None
    return place


def _placed(key: Node, value: Node) -> Place:
    line = key.start_mark.line + 1
    return Place(line=line, end_line=max(line, _last_line(value, line)), node=value)


def _last_line(node: Node, line: int) -> int:
    """Where a value ends whose key stands on `line`; that line for an alias, whose value stands elsewhere."""
    while node.start_mark.line + 1 >= line:
        if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
            return int(node.end_mark.line) + (1 if node.end_mark.column else 0)
        # A block's own end mark stands at whatever comes next, so its last child tells.
        last = node.value[-1]
        key, node = last if isinstance(node, MappingNode) else (last, last)
        line = key.start_mark.line + 1
    return line


def _pairs(node: MappingNode) -> Iterator[tuple[ScalarNode, Node]]:
    """A mapping's own pairs, then those that it merges in, nearest first."""
    waiting, merged = [node], 0
    while waiting and merged < _MOST_MERGES:
        current = waiting.pop(0)
        merged += 1
        for key, value in current.value:
            if not isinstance(key, ScalarNode):
                continue
            if key.value != _MERGE:
                yield key, value
                continue
            sources = value.value if isinstance(value, SequenceNode) else [value]
            waiting += [source for source in sources if isinstance(source, MappingNode)]


def _step(node: Node, name: str) -> Place | None:
    if isinstance(node, MappingNode):
        return next((_placed(key, value) for key, value in _pairs(node) if key.value == name), None)
    if isinstance(node, SequenceNode):
        # Lists that Compose reads as mappings: `- KEY=value`, or the plain name.
        return next((_placed(item, item) for item in node.value if _name_of(item) == name), None)
    return None


def _names(node: Node) -> tuple[str, ...]:
    if isinstance(node, MappingNode):
        return tuple(dict.fromkeys(key.value for key, _ in _pairs(node)))
    return tuple(_name_of(item) for item in node.value) if isinstance(node, SequenceNode) else ()


def _name_of(item: Node) -> str:
    return item.value.partition("=")[0] if isinstance(item, ScalarNode) else ""
