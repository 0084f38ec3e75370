# src/python_coder/agent/session.py — the live state of a run, and the hooks that put every step on record
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.capabilities import Hooks
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.messages import ModelMessage, ToolCallPart
from pydantic_ai.tools import ToolDefinition

from python_coder.agent.approvals import Approvals
from python_coder.agent.approving import Approving
from python_coder.agent.budget import Budget
from python_coder.agent.caps import Meter
from python_coder.agent.context_care import ContextCare, room_chars
from python_coder.agent.faults import Backoff
from python_coder.agent.fence import Fence, new_tag
from python_coder.agent.journal import Journal, Phase, Turn, as_json
from python_coder.agent.progress import Progress
from python_coder.agent.repetition import NUDGE, STOPPED, Repetition
from python_coder.agent.router import Router
from python_coder.errors import GoingInCirclesError, PythonCoderError
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.telemetry import OFF, Telemetry
from python_coder.tools.table import Tool
from python_coder.workspace.worktree import Workspace

_MOST_RECORDED_CHARS = 2_000


async def _nothing_to_hand_over() -> None:
    pass


@dataclass
class Session:
    """What the loop and its hooks share while a run is alive."""

    ledger: Ledger
    journal: Journal
    workspace: Workspace
    budget: Budget
    progress: Progress
    tools: dict[str, Tool]
    tree: str
    """Git tree id of the work tree now; every tool that may write moves it."""
    router: Router
    phase: Phase = "plan"
    round: int = 0
    messages: list[ModelMessage] = field(default_factory=list)
    """The history as it was when the model answered last."""
    recorded: int = 0
    """How many messages of the history the journal already has."""
    evidence: list[int] = field(default_factory=list)
    """Ledger entries of failed tool calls and commands, which may earn more calls."""
    meter: Meter = field(default_factory=Meter)
    care: ContextCare = field(default_factory=lambda: ContextCare(room_chars(None)))
    repetition: Repetition = field(default_factory=Repetition)
    backoff: Backoff = field(default_factory=Backoff)
    hand_over: Callable[[], Awaitable[None]] = _nothing_to_hand_over
    """The calls before another model goes on. Source: the specification's Serena rules, "Stability"."""
    telemetry: Telemetry = OFF
    asked: set[str] = field(default_factory=set)
    """Short names of the tools that the model asked to be listed."""
    approvals: Approvals = field(default_factory=Approvals)
    fence: Fence = field(default_factory=lambda: Fence(new_tag()))
    """Marks what tools answer as data."""

    told_findings: bool = False
    """Whether the check after the last edit told something new that a gate is sure to find, too."""

    def note_check(self, found: Sequence[str]) -> None:
        """Hear what the check after an edit found that a gate is sure to find."""
        self.told_findings = bool(found)

    def note_turn(self, messages: list[ModelMessage]) -> None:
        """Journal the messages that are new, the model's answer last."""
        self.journal.append(
            Turn(
                phase=self.phase,
                round=self.round,
                tree=self.tree,
                used=self.budget.used,
                limit=self.budget.limit,
                causes=tuple(self.budget.causes),
                messages=as_json(messages[self.recorded :]),
            )
        )
        self.messages, self.recorded = messages, len(messages)

    @property
    def approving(self) -> Approving:
        """Rules and questions around each call, on record."""
        return Approving(self.approvals, self.ledger, self.workspace)

    def checkpoint(self, label: str) -> None:
        """Put the work tree's present content on the private ref and on record."""
        self.tree = self.workspace.checkpoint(label)
        self.ledger.append(EntryKind.CHECKPOINT, tree=self.tree, label=label)


def hooks() -> Hooks[Session]:
    """Budget, checkpoints and ledger, around every tool call of the loop."""
    made: Hooks[Session] = Hooks()
    made.on.tool_execute(_on_record)
    return made


async def _on_record(
    ctx: RunContext[Session], *, call: ToolCallPart, tool_def: ToolDefinition, args: dict[str, Any], handler: Any
) -> Any:
    tool = ctx.deps.tools.get(call.tool_name)
    return await (carry_out(ctx.deps, tool, args, handler) if tool else handler(args))


async def carry_out(
    session: Session, tool: Tool, args: dict[str, Any], handler: Callable[[dict[str, Any]], Awaitable[Any]]
) -> str:
    """One tool call within budget and policy, on record.

    Raises:
        ToolFailed: It did not come out; the message is the model's answer.
        GoingInCirclesError: The model makes the same calls again and again.
    """
    if not tool.is_free and (refused := session.budget.take()):
        session.ledger.append(EntryKind.TOOL_CALL, tool=tool.name, arguments=args, outcome="over_budget", is_free=True)
        raise ToolFailed(_unless_in_circles(session, tool, args, refused))
    weighed, denied = await session.approving.before(tool, args)
    if denied:
        session.budget.used -= not tool.is_free
        raise ToolFailed(_unless_in_circles(session, tool, args, denied))
    session.progress.call(tool.name, session.budget.used, session.budget.limit)
    if tool.may_write:
        session.ledger.append(EntryKind.EDIT_STARTED, tool=tool.name, tree_before=session.tree)
    began, session.told_findings = time.perf_counter(), False
    outcome, answer = await _attempt(handler, args)
    answer = session.ledger.redactor.redact(answer)
    if outcome == "done" and (denied := await session.approving.after(tool, args, weighed, session.tree)):
        outcome, answer = "denied", denied
    if tool.may_write:
        _settle(session, tool, succeeded=outcome == "done")
    entry = session.ledger.append(
        EntryKind.TOOL_CALL,
        tool=tool.name,
        arguments=args,
        outcome=outcome,
        answer=answer[:_MOST_RECORDED_CHARS],
        tree=session.tree,
        is_free=tool.is_free,
        seconds=round(time.perf_counter() - began, 4),
        **_inner(tool, args),
        **({"has_new_findings": True} if session.told_findings else {}),
    )
    # What the budget or a denial says is the runtime's own word; all else is data.
    is_own = (tool.is_free and tool.name.startswith("mcp__coder__")) or bool(denied)
    shown = answer if is_own else session.fence.around(answer)
    told = _unless_in_circles(session, tool, args, shown)
    if outcome == "done":
        return told
    if denied:
        raise ToolFailed(told)
    session.evidence.append(entry.seq)
    raise ToolFailed(f"{told}\n(ledger entry {entry.seq})")


def _inner(tool: Tool, args: dict[str, Any]) -> dict[str, Any]:
    """What a call of several edits stands for, for the ledger: each tool with its file; texts are in the arguments."""
    calls = [call for call in tool.inner_calls(args) if call.path]
    return {"edits": [{"tool": call.tool.name, "path": call.path} for call in calls]} if calls else {}


def _unless_in_circles(session: Session, tool: Tool, args: dict[str, Any], answer: str) -> str:
    """The answer, with a nudge when the model goes round in circles; a second circle ends the run."""
    circle = session.repetition.note(tool.name, args, answer, session.tree)
    if circle == "stop":
        raise GoingInCirclesError(STOPPED)
    return f"{answer}\n{NUDGE}" if circle == "nudge" else answer


async def _attempt(handler: Any, args: dict[str, Any]) -> tuple[str, str]:
    try:
        return "done", str(await handler(args))
    except PythonCoderError as error:
        return "refused", str(error)
    except Exception as error:  # noqa: BLE001 - the one edge where a tool's bug becomes an answer, on record
        return "failed", f"{type(error).__name__}: {error}"


def _settle(session: Session, tool: Tool, *, succeeded: bool) -> None:
    """Keep what a tool wrote, or take back what a failed edit left half done."""
    if succeeded or tool.effect == "runs":
        session.checkpoint(tool.name)
    else:
        session.workspace.restore(session.tree)
