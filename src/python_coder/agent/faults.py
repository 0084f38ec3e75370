# src/python_coder/agent/faults.py — what goes wrong at a model provider, and what is done about it
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pydantic_ai.exceptions import (
    ModelConnectionError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelServerError,
    ModelUnavailableError,
)
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ThinkingPart, ToolCallPart

MOST_ATTEMPTS = 5
"""Tries of one model request before the provider counts as failed."""
MOST_STUMBLES = 3
"""Answers that lead nowhere, in one phase or of one tool, before the model counts as failed."""
_MOST_SECONDS = 60.0
"""Longest wait before one attempt, whatever the provider asks for."""
_FIRST_SECONDS = 0.5

_PASSING_STATUS = frozenset({408, 409, 425, 429})
_PASSING = (
    ModelRateLimitError,
    ModelUnavailableError,
    ModelServerError,
    ModelConnectionError,
    ModelRequestTimeout,
)


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Waits between attempts at one request."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    attempts: int = MOST_ATTEMPTS

    async def wait(self, attempt: int, error: Exception) -> bool:
        """Wait if another attempt makes sense.

        Args:
            attempt: Number of the attempt that failed, from 1.
            error: How it failed.

        Returns:
            Whether to try again.
        """
        if attempt >= self.attempts or not is_passing(error):
            return False
        asked = getattr(error, "retry_after", None)
        wanted = asked if isinstance(asked, int | float) else _FIRST_SECONDS * 2 ** (attempt - 1)
        await self.sleep(min(_MOST_SECONDS, max(0.0, wanted)))
        return True


def is_passing(error: Exception) -> bool:
    """Whether the same request may succeed later: overload, limits, a broken connection, a provider's own fault."""
    if isinstance(error, ModelQuotaExceededError):
        return False
    if isinstance(error, _PASSING):
        return True
    return isinstance(error, ModelHTTPError) and (error.status_code in _PASSING_STATUS or error.status_code >= 500)  # noqa: PLR2004 - HTTP's class of server errors


def stumble(messages: Sequence[ModelMessage]) -> str:
    """What to tell a model whose last answer cannot be gone on with; empty when it can.

    Answers with tool calls are not judged here: the calls are answered one by one, a cut one as such.
    """
    answer = messages[-1] if messages else None
    if not isinstance(answer, ModelResponse) or any(isinstance(part, ToolCallPart) for part in answer.parts):
        return ""
    if answer.finish_reason == "length":
        return (
            "Your last answer was cut at its limit of tokens before it called a tool. Think shorter, and answer with a "
            "tool call; write long files in pieces."
        )
    if answer.finish_reason == "content_filter":
        return (
            "The provider stopped your last answer. If the task can be done, go on with a tool call; if it should not "
            "be done, call submit_refusal with the reason."
        )
    if not any(isinstance(part, TextPart | ThinkingPart) and part.content for part in answer.parts):
        return "Your last answer was empty. Go on with a tool call."
    return "Only tool calls count. Go on with one, or hand in what this phase ends with."


def was_cut(messages: Sequence[ModelMessage], call: ToolCallPart) -> bool:
    """Whether a tool call is the last thing of an answer that the limit of tokens cut: it may be half of a call."""
    answer = next((message for message in reversed(messages) if isinstance(message, ModelResponse)), None)
    if answer is None or answer.finish_reason != "length" or not answer.parts:
        return False
    last = answer.parts[-1]
    return isinstance(last, ToolCallPart) and last.tool_call_id == call.tool_call_id


CUT_CALL = (
    "Your answer was cut at its limit of tokens within this call, so it was not made. Make it again, shorter: write a "
    "long file in pieces."
)
