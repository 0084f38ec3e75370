# src/python_coder/agent/more_tools.py — the tool that lists further tools; a resumed run still has what was asked for
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from python_coder.agent.session import Session
from python_coder.agent.tool_listing import MORE_TOOLS, Need, may_be_called, short_name
from python_coder.evidence.canonical import items_at
from python_coder.evidence.ledger import Entry, EntryKind
from python_coder.tools.table import Tool

_MOST_TOLD_CHARS = 60


def asked_before(entries: Sequence[Entry]) -> set[str]:
    """Short names of the tools that were asked for earlier in a run."""
    calls = (e.data for e in entries if e.kind is EntryKind.TOOL_CALL and e.data.get("tool") == MORE_TOOLS)
    given = (arguments for data in calls if isinstance(arguments := data.get("arguments"), dict))
    return {short_name(str(name)) for arguments in given for name in items_at(arguments, "names")}


def more_tools(session: Session) -> tuple[Tool, ...]:
    """`mcp__coder__more_tools`. It reveals what the run's table has, and nothing that the phase forbids."""

    async def more_tools(names: list[str]) -> str:
        """List further tools from your next turn on, free of the budget, by their names."""
        session.asked |= {short_name(name) for name in names}
        return "\n".join(_told(session, names)) or "Name the tools that you want."

    return (Tool(name=MORE_TOOLS, function=more_tools, effect="reads", is_free=True),)


def _told(session: Session, names: Sequence[str]) -> Iterator[str]:
    known = {short_name(tool.name): tool for tool in session.tools.values() if may_be_called(tool, Need())}
    found = {short_name(name): known[short_name(name)] for name in names if short_name(name) in known}
    need = Need(is_planning=session.phase == "plan")
    now = [tool.name for tool in found.values() if may_be_called(tool, need)]
    later = [tool.name for tool in found.values() if not may_be_called(tool, need)]
    if now:
        yield f"Listed from your next turn on: {', '.join(now)}."
    if later:
        yield f"Not while you plan, since they may write: {', '.join(later)}. They are listed once the plan stands."
    for name in names:
        if short_name(name) not in known:
            near = get_close_matches(short_name(name), known, n=2, cutoff=0.5)
            hint = f" The nearest: {', '.join(known[one].name for one in near)}." if near else ""
            yield f"There is no tool {name[:_MOST_TOLD_CHARS]!r} to list.{hint}"
