# src/python_coder/agent/turns.py — the hooks around one request to a model: what is sent, kept, tried again
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from pydantic_ai import RunContext
from pydantic_ai.capabilities import Hooks
from pydantic_ai.exceptions import ModelContextWindowExceededError, ModelRetry, RetryModelRequest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.output import OutputContext
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from python_coder.agent.caps import hold
from python_coder.agent.context_care import ContextCare
from python_coder.agent.costs import TurnCost
from python_coder.agent.faults import CUT_CALL, stumble, was_cut
from python_coder.agent.held import NOT_TAKEN, unheld
from python_coder.agent.plan import Report
from python_coder.agent.session import Session
from python_coder.agent.shown_tools import Listing
from python_coder.agent.streaming import BrokenOffError
from python_coder.evidence.ledger import EntryKind

_MOST_SHRINKS = 3
"""How often a request that is too long for its model is halved."""


def add_turn_hooks(made: Hooks[Session]) -> None:
    """Put the model's side of the loop on record, within the user's caps."""
    Listing().add_hook(made)
    made.on.before_model_request(_as_the_router_says)
    made.on.prepare_model_request(_within_room_and_caps)
    made.on.after_model_request(_complete_turn)
    made.on.model_request_error(_try_again)
    made.on.before_tool_validate(_whole_calls_only)
    made.on.before_output_process(_after_what_held)


async def _as_the_router_says(ctx: RunContext[Session], request: ModelRequestContext) -> ModelRequestContext:
    session = ctx.deps
    thinker = session.router.thinker
    settings = cast("ModelSettings", {**(request.model_settings or {}), **thinker.settings(session.router.mode)})
    return replace(request, model=thinker.model, model_settings=settings)


async def _within_room_and_caps(ctx: RunContext[Session], request: ModelRequestContext) -> ModelRequestContext:
    session = ctx.deps
    return hold(session.meter, replace(request, messages=session.care.fit(request.messages)))


async def _complete_turn(
    ctx: RunContext[Session], *, request_context: ModelRequestContext, response: ModelResponse
) -> ModelResponse:
    session = ctx.deps
    is_there = bool(ctx.messages) and ctx.messages[-1] is response
    session.note_turn([*ctx.messages, *([] if is_there else [response])])
    record_turn(session, response)
    if response.finish_reason in {"length", "content_filter"} and (told := stumble([response])):
        raise ModelRetry(told)
    return response


def record_turn(session: Session, response: ModelResponse) -> None:
    """Put one answer of a model into the ledger, and count what it took."""
    cost = TurnCost.of(response)
    session.meter.note(cost)
    session.ledger.append(
        EntryKind.MODEL_TURN,
        phase=session.phase,
        round=session.round,
        text="".join(part.content for part in response.parts if isinstance(part, TextPart)),
        calls=[part.tool_name for part in response.parts if isinstance(part, ToolCallPart)],
        **cost.facts(),
    )


async def _try_again(
    ctx: RunContext[Session], *, request_context: ModelRequestContext, error: Exception
) -> ModelResponse:
    session = ctx.deps
    cost = TurnCost.of(error.arrived) if isinstance(error, BrokenOffError) and error.arrived else None
    if cost:
        session.meter.note(cost)
    if isinstance(error, ModelContextWindowExceededError) and request_context.attempt <= _MOST_SHRINKS:
        session.care, is_retried = ContextCare(session.care.most_chars // 2), True
    else:
        is_retried = await session.backoff.wait(request_context.attempt, error)
    session.ledger.append(
        EntryKind.FAULT,
        phase=session.phase,
        round=session.round,
        attempt=request_context.attempt,
        error=f"{type(error).__name__}: {error}"[:500],
        retried=is_retried,
        **(cost.facts() if cost else {}),
    )
    if is_retried:
        raise RetryModelRequest from error
    raise error


async def _whole_calls_only(
    ctx: RunContext[Session], *, call: ToolCallPart, tool_def: ToolDefinition, args: Any
) -> Any:
    if was_cut(ctx.messages, call):
        raise ModelRetry(CUT_CALL)
    return args


async def _after_what_held(ctx: RunContext[Session], *, output_context: OutputContext, output: Any) -> Any:
    call = output_context.tool_call
    if call is None or call.tool_name != Report.tool:
        return output
    if what := unheld(ctx.deps.ledger.entries) or _calls_after(ctx.messages, call):
        raise ModelRetry(NOT_TAKEN.format(what=what))
    return output


def _calls_after(messages: Sequence[ModelMessage], report: ToolCallPart) -> str:
    """What was asked for behind a report in its own answer: it would run when the report is taken already."""
    answer = next((message for message in reversed(messages) if isinstance(message, ModelResponse)), None)
    calls = [part for part in answer.parts if isinstance(part, ToolCallPart)] if answer else []
    ids = [call.tool_call_id for call in calls]
    later = calls[ids.index(report.tool_call_id) + 1 :] if report.tool_call_id in ids else []
    names = [call.tool_name for call in later if call.tool_name != Report.tool]
    return f"{names[0]} stands behind it, where the report must be last" if names else ""
