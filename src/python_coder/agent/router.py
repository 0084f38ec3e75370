# src/python_coder/agent/router.py — which model thinks, and how: one that is quick, and a stronger one when it must be
from dataclasses import dataclass, field

from python_coder.agent.thinker import Thinker
from python_coder.agent.thinking_mode import ThinkingMode


@dataclass
class Router:
    """Holds the thinker of the moment."""

    first: Thinker
    mode: ThinkingMode = "sequential"
    thinker: Thinker = field(init=False)

    def __post_init__(self) -> None:
        self.thinker = self.first

    @property
    def thinkers(self) -> tuple[Thinker, ...]:
        """All that may be asked in this run."""
        return (self.first, self.first.stronger) if self.first.stronger else (self.first,)
