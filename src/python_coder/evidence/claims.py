# src/python_coder/evidence/claims.py — strikes what a model says about checks when no evidence supports it
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from python_coder.evidence.verdict import CommandRecord, Finding, GateResult, judge

CLAIMS_GATE = "claims"


@dataclass(frozen=True, kw_only=True)
class Support:
    """What was seen on the delivered tree; see `facts.support_of`."""

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


@dataclass(frozen=True, kw_only=True)
class StruckClaim:
    """A sentence that was taken out, and why."""

    sentence: str
    why: str
    rule: str = "unsupported-claim"
    """`unsupported-claim`, or `invented-output` for a made-up diff or log."""


@dataclass(frozen=True, kw_only=True)
class StruckText:
    """A text without its unsupported sentences."""

    kept: str
    struck: tuple[StruckClaim, ...] = ()


def strike(text: str, support: Support) -> StruckText:
    """Take out each sentence about tests, checks or counts that the evidence does not support."""
    return StruckText(kept=text)


def judge_claims(texts: Sequence[str], support: Support) -> GateResult:
    """The gate `claims`: fails with one finding for each sentence that is struck from the model's texts."""
    struck = [claim for text in texts for claim in strike(text, support).struck]
    findings = tuple(
        Finding(rule=claim.rule, message=f"{claim.sentence!r} was struck: {claim.why}") for claim in struck
    )
    return judge(CLAIMS_GATE, findings, "Every sentence about checks has evidence on the delivered tree.")
