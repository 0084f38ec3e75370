# src/python_coder/evidence/verdict.py — the one vocabulary of judgements: verdict, finding, gate result
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What a gate says. Only `PASSED` is a pass; a gate that ran nothing is `NOT_RUN`."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"
    NOT_APPLICABLE = "not_applicable"


class Severity(StrEnum):
    """What a finding does to its gate: `BLOCKING` fails it, `NOTE` only tells."""

    BLOCKING = "blocking"
    NOTE = "note"


@dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """One thing a gate saw in the change."""

    path: str = ""
    """Path relative to the git root, or empty when the finding is about the whole change."""
    line: int = 0
    """1-based line in the delivered tree; 0 when there is none."""
    rule: str
    """Stable name such as `F401` or `suppression-added`."""
    message: str
    """What is wrong, and what to do instead."""
    severity: Severity = Severity.BLOCKING


@dataclass(frozen=True, kw_only=True)
class CommandRecord:
    """A process that the runtime itself ran and saw end."""

    argv: tuple[str, ...]
    """Arguments with machine paths replaced by `{tree}`, `{env}`, `{tools}`, `{scratch}`."""
    exit_code: int
    seconds: float
    output_digest: str
    """SHA-256 of standard output then standard error, hexadecimal."""
    tree: str = ""
    """Git tree id that the command ran on; empty when it ran on none."""
    is_timed_out: bool = False


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """The verdict of one gate on one change."""

    gate: str
    verdict: Verdict
    reason: str
    """One sentence: what was observed, such as `57 tests passed`, or why the gate did not run."""
    mend: str = ""
    """For `NOT_RUN`: the one command or setting that mends it."""
    findings: tuple[Finding, ...] = ()
    commands: tuple[CommandRecord, ...] = ()
    seconds: float = 0.0
    facts: dict[str, str | int | float] = field(default_factory=dict)
    """Figures worth keeping, such as `{"passed": 57, "covered": 0.97}`."""

    @property
    def is_acceptable(self) -> bool:
        """Whether this verdict does not stand in the way of `proven`."""
        return self.verdict in {Verdict.PASSED, Verdict.NOT_APPLICABLE}


def judge(gate: str, findings: tuple[Finding, ...], passed_reason: str) -> GateResult:
    """Turn findings into a verdict: failed when one of them blocks, else passed with `passed_reason`."""
    blocking = [finding for finding in findings if finding.severity is Severity.BLOCKING]
    if not blocking:
        return GateResult(gate=gate, verdict=Verdict.PASSED, reason=passed_reason, findings=findings)
    first = blocking[0]
    where = f"{first.path}:{first.line}: " if first.path else ""
    more = f" (and {len(blocking) - 1} more)" if len(blocking) > 1 else ""
    return GateResult(
        gate=gate, verdict=Verdict.FAILED, reason=f"{where}{first.rule}: {first.message}{more}", findings=findings
    )
