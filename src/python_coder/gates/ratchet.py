# src/python_coder/gates/ratchet.py — which of the findings on the judged tree the change itself brought
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from python_coder.evidence.verdict import Finding, Severity
from python_coder.workspace.changes import Change, ChangedFile

_NUMBER = re.compile(r"\b\d+\b")
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


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
    when the same hunk replaced its like. So a repaired old fault does not pay for a new one elsewhere, and a new
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


def normalised(message: str) -> str:
    """A message without its numbers, which move when lines move."""
    return _NUMBER.sub("#", message)


def settle(findings: Iterable[Finding], rules: frozenset[str]) -> tuple[Finding, ...]:
    """The findings, those of `rules` turned into notes."""
    return tuple(replace(f, severity=Severity.NOTE) if f.rule in rules else f for f in findings)


def _new_in_file(file: ChangedFile, judged: list[Sighting], base: list[Sighting]) -> list[Sighting]:
    left = list(base)
    hunks = [_lines(match) for match in _HUNK.finditer(file.patch)]
    unchanged = [s for s in judged if not s.touches(file.added_lines)]
    fresh = []
    for sighting in chain(unchanged, (s for s in judged if s.touches(file.added_lines))):
        twins = (old for old in left if old.key == sighting.key)
        if sighting.touches(file.added_lines):
            twins = (old for old in twins if _replaced(old, sighting, hunks))
        twin = next(twins, None)
        if twin is None:
            fresh.append(sighting)
        else:
            left.remove(twin)
    return fresh


def _lines(match: re.Match[str]) -> tuple[range, range]:
    old, old_count, new, new_count = (int(group) if group is not None else 1 for group in match.groups())
    # A hunk that only adds names the line before it: both neighbours belong to it.
    return range(old, old + max(old_count, 2)), range(new, new + max(new_count, 2))


def _replaced(old: Sighting, new: Sighting, hunks: list[tuple[range, range]]) -> bool:
    return any(old.touches(before) and new.touches(after) for before, after in hunks)
