# src/python_coder/agent/digest.py — what a model is told of failed gates: the first thing each one saw, and where
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from python_coder.evidence.verdict import Finding, GateResult, Severity
from python_coder.workspace.changes import Change, ChangedFile

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)")
_RAISED = re.compile(r"\(raised at (.+?):(\d+)\)$")
_NEAR_LINES = 15
"""A frame points to a changed line of its own file that is at most so far away."""
_FIRST = ("base-tests", "tests", "new-tests")
"""Gates that show a failing assertion come first."""


@dataclass(frozen=True, kw_only=True)
class FailedGate:
    """One gate that stands in the way."""

    gate: str
    path: str = ""
    """File of the first failing frame; empty when there is none."""
    line: int = 0


def failed_gates(results: Sequence[GateResult]) -> tuple[FailedGate, ...]:
    """The gates that block, those with failing assertions first, and where each one failed."""
    blocking = [result for result in results if not result.is_acceptable]
    blocking.sort(key=lambda result: _FIRST.index(result.gate) if result.gate in _FIRST else len(_FIRST))
    return tuple(_failed(result) for result in blocking)


def reflection_digest(results: Sequence[GateResult], change: Change) -> str:
    """For each gate that blocks: the first thing it saw, the changed line that points to, and how many more there are.

    Args:
        results: All results of a round.
        change: What was judged.
    """
    by_name = {result.gate: result for result in results}
    return "\n".join(line for failed in failed_gates(results) for line in _told(failed, by_name[failed.gate], change))


def _told(failed: FailedGate, result: GateResult, change: Change) -> Iterator[str]:
    first = _first(result)
    if first is None:
        yield f"{result.gate} {result.verdict.replace('_', ' ')}: {result.reason}"
        return
    more = sum(finding.severity is Severity.BLOCKING for finding in result.findings) - 1
    others = f" (and {more} more)" if more > 0 else ""
    where = f"{first.path}:{first.line}: " if first.line else f"{first.path}: " if first.path else ""
    yield f"{result.gate} failed: {where}{first.rule}: {first.message}{others}"
    file = change.file(failed.path) if failed.path else None
    near = _nearest(file, failed.line) if file else None
    if near:
        yield f"  changed line {failed.path}:{near[0]}: {near[1].strip()}"


def _first(result: GateResult) -> Finding | None:
    return next((finding for finding in result.findings if finding.severity is Severity.BLOCKING), None)


def _failed(result: GateResult) -> FailedGate:
    finding = _first(result)
    if finding is None:
        return FailedGate(gate=result.gate)
    raised = _RAISED.search(finding.message)
    if raised:
        return FailedGate(gate=result.gate, path=raised.group(1), line=int(raised.group(2)))
    return FailedGate(gate=result.gate, path=finding.path, line=finding.line)


def _nearest(file: ChangedFile, line: int) -> tuple[int, str] | None:
    """The changed line that is nearest to a frame, and its text."""
    added = dict(_added(file.patch))
    places = [place for place in added if abs(place - line) <= _NEAR_LINES] if line else []
    nearest = min(places, key=lambda place: (abs(place - line), place), default=None)
    return (nearest, added[nearest]) if nearest is not None else None


def _added(patch: str) -> Iterator[tuple[int, str]]:
    """The added lines of a unified diff, by their number in the new file."""
    number, is_inside = 0, False
    for line in patch.splitlines():
        hunk = _HUNK.match(line)
        if hunk:
            number, is_inside = int(hunk.group(1)), True
        elif is_inside and line.startswith("+"):
            yield number, line[1:]
            number += 1
        elif is_inside and not line.startswith(("-", "\\")):
            number += 1
