# src/python_coder/agent/session.py — the live state of a run, and the hooks that put every step on record
import time
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai import Tool as ModelTool
from pydantic_ai.capabilities import Hooks
from pydantic_ai.exceptions import (
    ModelConnectionError,
    ModelOverloadedError,
    ModelRateLimitError,
    ModelServerError,
    RetryModelRequest,
    ToolFailed,
)
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import FunctionToolset

from python_coder.agent.budget import Budget
from python_coder.agent.journal import Journal, Phase, Turn, as_json
from python_coder.agent.progress import Progress
from python_coder.agent.thinker import backoff_seconds
from python_coder.errors import PythonCoderError
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.tools.table import Tool
from python_coder.workspace.worktree import Workspace

_MOST_RECORDED_CHARS = 2_000

MOST_ATTEMPTS = 4
"""Tries of one model request before the provider counts as failed."""


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
    phase: Phase = "plan"
    round: int = 0
    recorded: int = 0
    """How many messages of the history the journal already has."""
    evidence: list[int] = field(default_factory=list)
    """Ledger entries of failed tool calls and commands, which may earn more calls."""

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
        self.recorded = len(messages)

    def checkpoint(self, label: str) -> None:
        """Put the work tree's present content on the private ref and on record."""
        self.tree = self.workspace.checkpoint(label)
        self.ledger.append(EntryKind.CHECKPOINT, tree=self.tree, label=label)


def toolset(tools: dict[str, Tool]) -> FunctionToolset[Session]:
    """The tool table as the loop's toolset: one call at a time, schemas from the docstrings."""
    made: FunctionToolset[Session] = FunctionToolset()
    for tool in tools.values():
        made.add_tool(
            ModelTool(
                tool.function,
                name=tool.name,
                takes_ctx=False,
                sequential=True,
                docstring_format="google",
                max_retries=3,
            )
        )
    return made


def hooks() -> Hooks[Session]:
    """Budget, checkpoints, ledger and provider faults, around every step of the loop."""
    made: Hooks[Session] = Hooks()
    made.on.prepare_tools(_only_reading_while_planning)
    made.on.tool_execute(_on_record)
    made.on.after_model_request(_complete_turn)
    made.on.model_request_error(_try_again)
    return made


async def _only_reading_while_planning(
    ctx: RunContext[Session], tool_defs: list[ToolDefinition]
) -> list[ToolDefinition]:
    if ctx.deps.phase == "act":
        return tool_defs
    return [tool for tool in tool_defs if ctx.deps.tools[tool.name].effect == "reads"]


async def _on_record(
    ctx: RunContext[Session], *, call: ToolCallPart, tool_def: ToolDefinition, args: dict[str, Any], handler: Any
) -> Any:
    session = ctx.deps
    tool = session.tools.get(call.tool_name)
    if tool is None:
        return await handler(args)
    if not tool.is_free and (refused := session.budget.take()):
        session.ledger.append(EntryKind.TOOL_CALL, tool=tool.name, arguments=args, outcome="over_budget", is_free=True)
        raise ToolFailed(refused)
    session.progress.call(tool.name, session.budget.used, session.budget.limit)
    if tool.may_write:
        session.ledger.append(EntryKind.EDIT_STARTED, tool=tool.name, tree_before=session.tree)
    began = time.perf_counter()
    outcome, answer = await _attempt(handler, args)
    answer = session.ledger.redactor.redact(answer)
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
    )
    if outcome == "done":
        return answer
    session.evidence.append(entry.seq)
    raise ToolFailed(f"{answer}\n(ledger entry {entry.seq})")


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


async def _complete_turn(
    ctx: RunContext[Session], *, request_context: ModelRequestContext, response: ModelResponse
) -> ModelResponse:
    session = ctx.deps
    is_there = bool(ctx.messages) and ctx.messages[-1] is response
    session.note_turn([*ctx.messages, *([] if is_there else [response])])
    session.ledger.append(
        EntryKind.MODEL_TURN,
        phase=session.phase,
        round=session.round,
        text="".join(part.content for part in response.parts if isinstance(part, TextPart)),
        calls=[part.tool_name for part in response.parts if isinstance(part, ToolCallPart)],
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
    )
    return response


async def _try_again(
    ctx: RunContext[Session], *, request_context: ModelRequestContext, error: Exception
) -> ModelResponse:
    passing = (ModelRateLimitError, ModelOverloadedError, ModelServerError, ModelConnectionError)
    if isinstance(error, passing) and request_context.attempt < MOST_ATTEMPTS:
        await backoff_seconds(request_context.attempt, error.retry_after)
        raise RetryModelRequest from error
    raise error
