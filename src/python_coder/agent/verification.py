# src/python_coder/agent/verification.py — checks a contract later, on any machine: its evidence, its tree, its gates
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from python_coder.settings import Settings
from python_coder.workspace.commands import CommandRunner

Answer = Literal["re-verified", "differs", "cannot run here"]


@dataclass(frozen=True, kw_only=True)
class ClaimAnswer:
    """What came of checking one claim of a contract."""

    claim: str
    """What was claimed, such as `ledger`, `tree` or `gate pytest`."""
    answer: Answer
    said: str = ""
    """What the contract says."""
    seen: str = ""
    """What was seen now."""
    why: str = ""
    """For `differs` and `cannot run here`: the reason, and what to do."""


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """Answers to all claims of one contract, in the order in which they were checked."""

    run_id: str
    claims: Sequence[ClaimAnswer]

    @property
    def ok(self) -> bool:
        """Whether every claim was re-verified."""
        return all(claim.answer == "re-verified" for claim in self.claims)

    @property
    def exit_code(self) -> int:
        """0: all re-verified, 1: one differs, 3: one cannot run here."""
        answers = {claim.answer for claim in self.claims}
        return 1 if "differs" in answers else 3 if "cannot run here" in answers else 0


async def verify_contract(
    contract_path: Path, *, repo: Path | None, settings: Settings, runner: CommandRunner
) -> VerifyReport:
    """Check every claim of a contract again.

    Args:
        contract_path: The contract, beside its `ledger.jsonl`, `change.patch` and `base.bundle`.
        repo: A clone that should hold the delivered commit; without it only the run folder is used.
        settings: Where environments and caches are kept.
        runner: Runs the gates.

    Raises:
        EvidenceError: The contract, the ledger or the patch was edited. Nothing in it can be believed.
        EnvironmentLacksError: A file of the run folder is missing.
    """
    raise NotImplementedError
