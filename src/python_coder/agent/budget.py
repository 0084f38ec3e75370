# src/python_coder/agent/budget.py — how many tool calls a task may take, and what earns more
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

DEFAULT_LIMIT = 12
"""Tool calls a task. Source: specification, "Reasoning & Acting Pattern"."""
EXTENSION = 6
"""Calls granted at once."""
MOST_EXTENSIONS = 3


@dataclass
class Budget:
    """Counts tool calls. More are granted only for a named cause which the ledger shows."""

    is_cause: Callable[[int], bool]
    """Whether the ledger entry of that sequence number is a failed gate, a failed tool call or a failed command."""
    limit: int = DEFAULT_LIMIT
    used: int = 0
    causes: list[int] = field(default_factory=list)
    """Ledger entries that earned an extension, in order; none earns a second one."""

    def take(self) -> str | None:
        """Count one call. Returns why it may not be made, or `None` when it may."""
        if self.used >= self.limit:
            return (
                f"The budget of {self.limit} tool calls is used up. Finish with your report, or call "
                "mcp__coder__request_more_calls with the ledger entries that justify more."
            )
        self.used += 1
        return None

    def extend(self, reason: str, evidence: Sequence[int]) -> str:
        """Grant more calls for evidence that was not used before. Returns the answer for the model."""
        if len(self.causes) >= MOST_EXTENSIONS:
            return f"Refused: {MOST_EXTENSIONS} extensions were granted already. Finish with your report."
        fresh = [entry for entry in evidence if entry not in self.causes and self.is_cause(entry)]
        if not fresh or not reason.strip():
            return (
                "Refused: name a reason and the sequence number of a ledger entry which shows it: a gate, a tool "
                "call or a command that failed in this run and has not earned an extension yet."
            )
        self.causes.append(fresh[0])
        self.limit += EXTENSION
        return f"Granted {EXTENSION} more calls because of ledger entry {fresh[0]}; the budget is now {self.limit}."
