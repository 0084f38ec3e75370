# src/python_coder/agent/escalating.py — a switch of model, done and put on record; a resumed run takes it up again
from collections.abc import Sequence

from python_coder.agent.digest import FailedGate
from python_coder.agent.router import Escalation, Router
from python_coder.agent.session import Session
from python_coder.evidence.ledger import Entry, EntryKind
from python_coder.tools.table import Tool

TOOL = "mcp__coder__request_stronger_model"


async def escalate(session: Session, escalation: Escalation, failed: Sequence[FailedGate] = ()) -> bool:
    """Hand over to the stronger model, if there is one and it does not think already. The history is kept.

    Args:
        session: Its router is switched with the next request.
        escalation: Why.
        failed: The gates of the round before.

    Returns:
        Whether the model changed.
    """
    stronger = session.router.stronger
    if stronger is None:
        return False
    await session.hand_over()
    session.ledger.append(
        EntryKind.ESCALATION,
        from_model=session.router.thinker.name,
        to_model=stronger.name,
        cause=escalation.cause,
        reason=escalation.reason,
        evidence=escalation.evidence,
        failed_before=[one.gate for one in failed],
    )
    session.router.thinker = stronger
    session.progress.phase("escalate", stronger.name)
    return True


def note_effect(session: Session, failed: Sequence[FailedGate], *, is_proven: bool) -> None:
    """Put on record what the gates said in the first round after an escalation."""
    kinds = {EntryKind.ESCALATION, EntryKind.ESCALATION_EFFECT}
    newest = next((entry for entry in reversed(session.ledger.entries) if entry.kind in kinds), None)
    if newest is None or newest.kind is EntryKind.ESCALATION_EFFECT:
        return
    names = [one.gate for one in failed]
    effect = "All gates passed." if is_proven else f"{', '.join(names) or 'No gate'} failed in the round after."
    session.ledger.append(EntryKind.ESCALATION_EFFECT, effect=effect, failed_after=names)


def take_up(router: Router, entries: Sequence[Entry]) -> None:
    """Bring a router to where a killed run had it."""
    stronger = router.first.stronger
    switched = [entry.data.get("to_model") for entry in entries if entry.kind is EntryKind.ESCALATION]
    if stronger is not None and stronger.name in switched:
        router.thinker = stronger


def escalation_tools(session: Session) -> tuple[Tool, ...]:
    """The tool by which a model asks for the stronger one; none where there is none."""
    if session.router.stronger is None:
        return ()

    async def request_stronger_model(reason: str, evidence: list[int]) -> str:
        """Hand the task to a stronger, dearer model, where a failure shows that it spans several modules.

        Args:
            reason: What is beyond you, and which modules it spans.
            evidence: Ledger entries that show it, by the numbers that failed gates and tools name.
        """
        shown = tuple(entry for entry in evidence if entry in session.evidence)
        if not shown or not reason.strip():
            return (
                "Refused: name a reason and the sequence number of a ledger entry which shows it: a gate, a tool call "
                "or a command that failed in this run."
            )
        is_done = await escalate(session, Escalation(cause="asked", reason=reason.strip(), evidence=shown))
        return "Granted: the stronger model goes on from here." if is_done else "The stronger model thinks already."

    return (Tool(name=TOOL, function=request_stronger_model, effect="reads", is_free=True),)
