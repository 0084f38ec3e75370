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
from python_coder.evidence.spending import spending_of

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
    """Sent and received, by a run that is not finished too."""
    cache_read_tokens: int = 0
    """Those of them that the provider had kept."""
    cost_usd: float | None = None
    """What the model took; `None` where nothing was taken or a price is not known."""


def overview(run: RunFolder) -> RunOverview:
    """Where a run stands. Never raises for a run that is damaged or half made."""
    state = _state(run)
    status, contract = _status(run, text_at(state, "phase"))
    delivered = contract.run.delivered if contract else None
    total = contract.run.spending.total if contract else _taken_so_far(run)
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
        cache_read_tokens=total.cache_read_tokens,
        cost_usd=total.cost_usd if total.turns and not total.unpriced_turns else None,
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


def _taken_so_far(run: RunFolder) -> Taken:
    """What the model of a run took that has no contract; nothing where its ledger cannot be read."""
    try:
        return spending_of(read_ledger(run.ledger)).total if run.ledger.exists() else Taken()
    except PythonCoderError:
        return Taken()


def _state(run: RunFolder) -> dict[str, Json]:
    try:
        return run.read_state()
    except PythonCoderError:
        return {}
