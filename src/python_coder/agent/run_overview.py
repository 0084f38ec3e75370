# src/python_coder/agent/run_overview.py — where a run stands, read from its folder without touching it
import fcntl
import os
from collections import Counter
from dataclasses import dataclass

from python_coder.agent.run_store import RunFolder
from python_coder.errors import PythonCoderError
from python_coder.evidence.canonical import Json, mapping_at, text_at
from python_coder.evidence.contract import Contract, Taken, read_contract
from python_coder.evidence.entries import EntryKind
from python_coder.evidence.ledger import read_ledger

UNDONE = "undone"
"""Phase of a run whose delivery was taken back."""


@dataclass(frozen=True, kw_only=True)
class RunOverview:
    """One run on one line."""

    run_id: str
    status: str
    """The contract's status, else `running`, `unfinished`, `undone`, or `damaged` when its evidence was changed."""
    ended_because: str
    task: str
    repository: str
    started_at: str
    folder: str
    delivered: str
    """Branch or patch file; empty when nothing was delivered."""
    tokens: int = 0
    """Sent and received, as far as the contract goes."""
    cost_usd: float | None = None
    """What the model took; `None` without a contract, or where no price is known."""


def overview(run: RunFolder) -> RunOverview:
    """Where a run stands. Never raises for a run that is damaged or half made."""
    state = _state(run)
    status, contract = _status(run, text_at(state, "phase"))
    delivered = contract.run.delivered if contract else None
    total = contract.run.spending.total if contract else Taken()
    return RunOverview(
        run_id=run.run_id,
        status=status,
        ended_because=contract.ended_because if contract else "",
        task=text_at(state, "task") or (contract.run.task if contract else ""),
        repository=contract.run.repository if contract else text_at(mapping_at(state, "options"), "repository"),
        started_at=contract.run.started_at if contract else "",
        folder=str(run.folder),
        delivered=(delivered.branch or delivered.patch) if delivered and delivered.how != "nowhere" else "",
        tokens=total.input_tokens + total.output_tokens,
        cost_usd=total.cost_usd if contract and not total.unpriced_turns else None,
    )


def is_running(run: RunFolder) -> bool:
    """Whether a process holds the run's ledger."""
    try:
        descriptor = os.open(run.ledger, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def evidence_counts(run: RunFolder) -> dict[EntryKind, int]:
    """How many entries of each kind the ledger has.

    Raises:
        EvidenceError: The ledger is damaged.
        EnvironmentLacksError: There is none.
    """
    return dict(Counter(entry.kind for entry in read_ledger(run.ledger)))


def _status(run: RunFolder, phase: str) -> tuple[str, Contract | None]:
    if is_running(run):
        return "running", None
    contract: Contract | None = None
    status = "unfinished"
    if run.contract.exists():
        try:
            contract = read_contract(run.contract)
            status = contract.status
        except PythonCoderError:
            status = "damaged"
    return (UNDONE if phase == UNDONE else status), contract


def _state(run: RunFolder) -> dict[str, Json]:
    try:
        return run.read_state()
    except PythonCoderError:
        return {}
