# src/python_coder/gates/ratchet.py — which of the findings on the judged tree the change itself brought
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from python_coder.evidence.verdict import Finding, Severity
from python_coder.workspace.changes import Change, ChangedFile

_NUMBER = re.compile(r"\b\d+\b")
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One thing that a tool saw in one tree, old or new."""

    path: str
    """Path relative to the git root, in the tree it was seen in."""
    line: int
    """1-based first line."""
    end_line: int
    """1-based last line, included."""
    rule: str
    message: str
    severity: Severity = Severity.BLOCKING

    @property
    def key(self) -> tuple[str, str]:
        """What makes two sightings in one file the same: the rule and its words, numbers left out."""
        return self.rule, _NUMBER.sub("#", self.message)

    def touches(self, lines: Iterable[int]) -> bool:
        """Whether it stands on one of these lines."""
        return any(self.line <= line <= self.end_line for line in lines)

    def finding(self, added_lines: frozenset[int] = frozenset()) -> Finding:
        """As the gate reports it, at the first changed line that it spans."""
        line = min((line for line in added_lines if self.line <= line <= self.end_line), default=self.line)
        return Finding(path=self.path, line=line, rule=self.rule, message=self.message, severity=self.severity)


def new_findings(judged: Sequence[Sighting], base: Sequence[Sighting], change: Change) -> tuple[Finding, ...]:
    """The findings that the change added, in order of path and line.

    A sighting on unchanged lines is old when the base has its like in that file. One on changed lines is old only
    when the same edit replaced its like. So a repaired old fault does not pay for a new one elsewhere, and a new
    fault far from the changed lines (an import that lost its last use) still counts.
    """
    found = []
    for path in sorted({sighting.path for sighting in judged}):
        file = change.file(path)
        if file is None:
            continue
        mine = sorted((s for s in judged if s.path == path), key=lambda s: (s.line, s.rule, s.message))
        old = [s for s in base if s.path == file.old_path and file.status != "added"]
        found += [sighting.finding(file.added_lines) for sighting in _new_in_file(file, mine, old)]
    return tuple(found)


def excess(judged: Sequence[Sighting], base: Counter[tuple[str, str, str]], change: Change) -> tuple[Sighting, ...]:
    """The sightings that outnumber the base's, counted by path and key over the whole tree; changed lines first.

    Args:
        judged: What was seen in the judged tree.
        base: Count by path in the judged tree, rule and message with numbers left out.
        change: Says which lines are new.
    """

    def is_unchanged(sighting: Sighting) -> bool:
        file = change.file(sighting.path)
        return file is None or not sighting.touches(file.added_lines)

    left = Counter(base)
    fresh = []
    # Old ones are taken off unchanged lines first, so that what is left stands where the change is.
    for sighting in sorted(judged, key=lambda s: (not is_unchanged(s), s.path, s.line)):
        key = (sighting.path, *sighting.key)
        if left[key] > 0:
            left[key] -= 1
        else:
            fresh.append(sighting)
    return tuple(sorted(fresh, key=lambda s: (is_unchanged(s), s.path, s.line)))


def _new_in_file(file: ChangedFile, judged: list[Sighting], base: list[Sighting]) -> list[Sighting]:
    left = list(base)
    edits = tuple(_edits(file.patch))
    unchanged = [s for s in judged if not s.touches(file.added_lines)]
    fresh = []
    for sighting in chain(unchanged, (s for s in judged if s.touches(file.added_lines))):
        # One that stands on kept lines is the likelier twin; a span may have lost a line and still be the same.
        twins = iter(sorted((o for o in left if o.key == sighting.key), key=lambda o: o.touches(file.removed_lines)))
        if sighting.touches(file.added_lines):
            twins = (old for old in twins if _replaced(old, sighting, edits))
        twin = next(twins, None)
        if twin is None:
            fresh.append(sighting)
        else:
            left.remove(twin)
    return fresh


def _edits(patch: str) -> Iterator[tuple[range, range]]:
    """The old and new lines of each run of changed lines, without the context that git prints around them."""
    old = new = first_old = first_new = 0
    for text in [*patch.splitlines(), " "]:
        if text.startswith("\\"):
            # "No newline at end of file" is a word about the line before, not a line.
            continue
        match = _HUNK.match(text)
        if text[:1] in {"-", "+"} and (old or new):
            old += text[0] == "-"
            new += text[0] == "+"
            continue
        if (first_old, first_new) != (old, new):
            # The line before belongs to it too: a finding that spans lines may only have grown or shrunk.
            yield range(first_old - 1, old), range(first_new - 1, new)
        if match:
            # Git counts an empty side from the line before it.
            old = int(match[1]) + (match[2] == "0")
            new = int(match[3]) + (match[4] == "0")
        elif old or new:
            old += 1
            new += 1
        first_old, first_new = old, new


def _replaced(old: Sighting, new: Sighting, edits: tuple[tuple[range, range], ...]) -> bool:
    return any(old.touches(before) and new.touches(after) for before, after in edits)
