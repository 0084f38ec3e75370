# src/python_coder/evidence/support.py — what a model's words about checks are held against
from collections.abc import Mapping
from dataclasses import dataclass, field

from python_coder.evidence.verdict import CommandRecord, GateResult


@dataclass(frozen=True, kw_only=True)
class Support:
    """What the model was shown of the delivered tree before it spoke; see `facts.support_of`."""

    tree: str = ""
    gates: tuple[GateResult, ...] = ()
    commands: tuple[CommandRecord, ...] = ()
    outputs: tuple[str, ...] = ()
    """What the runtime answered to tool calls and commands on this tree, redacted."""
    baseline: Mapping[str, int] = field(default_factory=dict)
    """Tests of the base revision by outcome."""
    diff: str = ""
    """The real unified diff of the change."""
    files_changed: int = 0
