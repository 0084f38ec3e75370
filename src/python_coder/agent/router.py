# src/python_coder/agent/router.py — which model thinks, and how: one that is quick, and a stronger one when it must be
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from python_coder.agent.digest import FailedGate
from python_coder.agent.plan import Plan
from python_coder.agent.thinker import Thinker
from python_coder.agent.thinking_mode import ThinkingMode

MOST_PACKAGES = 3
"""A plan over more packages than this needs the stronger model. Source: specification, "Model & Thinking"."""
MOST_FAILURES_OUTSIDE = 2
"""A gate that failed so often, first of all outside of what was planned, needs the stronger model."""

_WITH_FRAMES = frozenset({"base-tests", "tests", "mypy", "migration"})
"""Gates that show where code goes wrong. What the others find is mended where it stands (`scope`), or is no code at all
(`claims`): no reason for a stronger model."""

Cause = Literal["plan", "gates", "asked", "user"]

_PATH = re.compile(r"[\w./-]+\.py\b")


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """Why the stronger model is to think from now on."""

    cause: Cause
    reason: str
    evidence: tuple[int, ...] = ()


@dataclass
class Router:
    """Holds the thinker of the moment, and says when the stronger one is due. It writes nothing down."""

    first: Thinker
    mode: ThinkingMode = "sequential"
    thinker: Thinker = field(init=False)
    _outside: dict[str, int] = field(default_factory=dict)
    """How often each gate has failed outside of the plan."""

    def __post_init__(self) -> None:
        self.thinker = self.first

    @property
    def thinkers(self) -> tuple[Thinker, ...]:
        """All that may be asked in this run."""
        return (self.first, self.first.stronger) if self.first.stronger else (self.first,)

    @property
    def stronger(self) -> Thinker | None:
        """Where the run can still escalate to."""
        return None if self.thinker is self.first.stronger else self.first.stronger

    def after_plan(self, packages: Sequence[str]) -> Escalation | None:
        """Whether carrying out a plan over these packages of the import graph needs the stronger model."""
        if len(packages) <= MOST_PACKAGES:
            return None
        reason = f"The plan spans {len(packages)} packages: {', '.join(packages)}."
        return Escalation(cause="plan", reason=reason)

    def after_gates(self, failed: Sequence[FailedGate], plan: Plan) -> Escalation | None:
        """Whether the gates of one more round show that the trouble lies outside of what was planned."""
        for one in failed:
            if one.gate in _WITH_FRAMES and one.path and not is_planned(one.path, plan):
                self._outside[one.gate] = self._outside.get(one.gate, 0) + 1
                if self._outside[one.gate] >= MOST_FAILURES_OUTSIDE:
                    reason = (
                        f"{one.gate} failed {self._outside[one.gate]} times outside of the plan, now at {one.path}."
                    )
                    return Escalation(cause="gates", reason=reason)
        return None


def is_planned(path: str, plan: Plan) -> bool:
    """Whether a plan names a file, or the folder that it lies in."""
    folder = posixpath.dirname(path)
    named = [*plan.scope, *(test.partition("::")[0] for test in plan.tests_first)]
    return any(fnmatchcase(path, pattern) or posixpath.dirname(pattern) == folder != "" for pattern in named)


def named_files(plan: Plan) -> tuple[str, ...]:
    """Paths that stand for what a plan means to touch, in the order in which it names them.

    A scope such as `app/**` is a permission and counts as its own folder alone; the steps say the rest.
    """
    found = [
        *(_stand_in(pattern) for pattern in plan.scope),
        *(test.partition("::")[0] for test in plan.tests_first),
        *_mentioned(plan.steps),
    ]
    return tuple(dict.fromkeys(found))


def _stand_in(pattern: str) -> str:
    """A file in the deepest folder that a pattern names without a wildcard; a plain path is itself."""
    fixed = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    return pattern if fixed == pattern else posixpath.join(posixpath.dirname(fixed), "module.py")


def _mentioned(steps: Sequence[str]) -> Iterator[str]:
    for step in steps:
        yield from (path.lstrip("./") for path in _PATH.findall(step))
