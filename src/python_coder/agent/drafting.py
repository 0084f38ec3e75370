# src/python_coder/agent/drafting.py — edits that came with the plan: made once it stands, as one call of edit_files
from dataclasses import dataclass

from pydantic_ai.exceptions import ToolFailed

from python_coder.agent.held import NOT_TAKEN, unheld
from python_coder.agent.plan import Draft, Report
from python_coder.agent.session import Session, carry_out
from python_coder.tools.combined.edit_forms import EDIT_FILES

NOT_USED = (
    "The edits and the report that came with the plan were not used, as a stronger model goes on from here: make these "
    "edits, or better ones."
)


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """What became of the edits of a draft."""

    told: str
    """For the message that starts the work; empty when there were none."""
    report: Report | None = None
    """The report that came with them, when they held."""


async def make_edits(session: Session, draft: Draft) -> Drafted:
    """Make the edits of a draft, within budget and policy and on record as any call.

    Raises:
        GoingInCirclesError: It is a call that was made again and again.
    """
    if not draft.edits:
        return Drafted(told=NOT_TAKEN.format(what="no edits came with it") if draft.report else "")
    tool = session.tools[EDIT_FILES]
    try:
        answer = await carry_out(session, tool, {"edits": draft.edits}, lambda args: tool.function(**args))
    except ToolFailed as failed:
        answer = str(failed)
    what = unheld(session.ledger.entries)
    if draft.report and not what:
        return Drafted(told="", report=draft.report)
    told = f"The edits that came with the plan:\n{answer}"
    return Drafted(told=f"{told}\n{NOT_TAKEN.format(what=what)}" if draft.report else told)
