# src/python_coder/agent/repetition.py — notices a model that goes round in circles
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Circle = Literal["none", "nudge", "stop"]

_SAME = 3
"""The same call with the same answer on the same tree this often in a row is a circle."""
_PING_PONG = 6
"""So many calls that are two, each with one answer, in turn: A B A B A B."""
_FLEETING = re.compile(r"\d+\.\d+|0x[0-9a-f]+")
"""Durations and addresses, which differ between two equal answers."""


@dataclass
class Repetition:
    """The calls of one run, as short digests. One circle earns a nudge; the next one ends the run."""

    steps: list[str] = field(default_factory=list)
    nudges: int = 0

    def note(self, tool: str, arguments: Mapping[str, Any], answer: str, tree: str) -> Circle:
        """Take one call in, and say whether it closes a circle.

        Args:
            tool: The tool's name.
            arguments: What it was given.
            answer: What it said.
            tree: Git tree id after the call; another tree is progress, even if the words are the same.
        """
        same = _FLEETING.sub("#", answer)
        text = json.dumps([tool, arguments, same, tree], sort_keys=True, default=str)
        self.steps.append(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())
        if not self._is_circle():
            return "none"
        # What closed this circle does not count towards the next one.
        self.steps.clear()
        self.nudges += 1
        return "nudge" if self.nudges == 1 else "stop"

    def _is_circle(self) -> bool:
        same, turns = self.steps[-_SAME:], self.steps[-_PING_PONG:]
        if len(same) == _SAME and len(set(same)) == 1:
            return True
        return len(turns) == _PING_PONG and len(set(turns[::2])) == 1 and len(set(turns[1::2])) == 1


NUDGE = (
    "(You have made this call before, with the same answer, and nothing has changed since. It will not tell more: "
    "do something else, or finish. The next circle ends the run.)"
)
STOPPED = (
    "The model went round in circles: the same calls with the same answers, after one warning. All work is kept; "
    "resume the run, with another model if need be."
)
