# src/python_coder/agent/session_start.py — a session's live state: fresh, or as ledger and journal left it
from collections.abc import Sequence

from pydantic_ai.messages import ModelResponse

from python_coder.agent.budget import Budget
from python_coder.agent.caps import Caps, Meter
from python_coder.agent.context_care import ContextCare, room_chars
from python_coder.agent.costs import spent_by
from python_coder.agent.escalating import take_up
from python_coder.agent.journal import Journal, Turn, messages_of
from python_coder.agent.more_tools import asked_before
from python_coder.agent.options import RunOptions
from python_coder.agent.progress import Progress
from python_coder.agent.router import Router
from python_coder.agent.session import Session
from python_coder.agent.thinker import Thinker
from python_coder.agent.turns import record_turn
from python_coder.evidence.claims import CLAIMS_GATE
from python_coder.evidence.ledger import Entry, EntryKind, Ledger
from python_coder.evidence.verdict import Verdict
from python_coder.workspace.worktree import Workspace

_FAILED = frozenset({"failed", "refused"})


def start_session(
    options: RunOptions, thinker: Thinker, progress: Progress, *, ledger: Ledger, journal: Journal, workspace: Workspace
) -> tuple[Session, tuple[Turn, ...]]:
    """Make the session of a run and put the worktree to where the model answered last.

    Returns:
        The session, and the turns that a resumed run has behind it.
    """
    past = journal.read()
    tree = past[-1].tree if past else workspace.base_tree
    workspace.restore(tree)
    evidence = [entry.seq for entry in ledger.entries if _is_evidence(entry)]
    session = Session(
        ledger=ledger,
        journal=journal,
        workspace=workspace,
        budget=Budget(is_cause=lambda seq: seq in evidence, limit=options.budget),
        progress=progress,
        tools={},
        tree=tree,
        router=Router(first=thinker),
        evidence=evidence,
        asked=asked_before(ledger.entries),
        care=ContextCare(room_chars(thinker.model.context_window)),
        meter=Meter(
            caps=Caps(cost_usd=options.max_cost_usd, tokens=options.max_tokens, minutes=options.max_minutes),
            spent=spent_by(ledger.entries),
        ),
    )
    take_up(session.router, ledger.entries)
    if past:
        last = past[-1]
        session.budget.used, session.budget.limit, session.budget.causes = last.used, last.limit, list(last.causes)
        _record_what_a_kill_left_out(session, past)
    return session, past


def _record_what_a_kill_left_out(session: Session, past: Sequence[Turn]) -> None:
    """Journal first, ledger second: a kill between the two leaves an answer that the ledger does not know."""
    recorded = sum(1 for entry in session.ledger.entries if entry.kind is EntryKind.MODEL_TURN)
    answered = [
        (turn, message) for turn in past for message in messages_of([turn]) if isinstance(message, ModelResponse)
    ]
    for turn, response in answered[recorded:]:
        session.phase, session.round = turn.phase, turn.round
        record_turn(session, response)


def _is_evidence(entry: Entry) -> bool:
    """Whether an entry may earn more calls: a tool call, a command or a gate that failed, and no words of the model."""
    if entry.kind is EntryKind.TOOL_CALL:
        return entry.data.get("outcome") in _FAILED
    if entry.kind is EntryKind.COMMAND:
        return entry.data.get("exit_code") != 0
    return (
        entry.kind is EntryKind.GATE
        and entry.data.get("verdict") == Verdict.FAILED
        and entry.data.get("gate") != CLAIMS_GATE
    )
