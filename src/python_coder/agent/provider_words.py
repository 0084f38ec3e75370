# src/python_coder/agent/provider_words.py — what a user reads when a model provider failed for good, and can do then
from collections.abc import Iterator, Mapping

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRequestTimeout,
)

from python_coder.agent.faults import is_passing

_MOST_CHARS = 300
_MONEY = ("credit balance", "billing", "quota")
_FORBIDDEN = 403


def provider_failure(error: ModelAPIError, model: str) -> str:
    """What happened, in the provider's own words, and what to do before `resume`.

    Args:
        error: What the last attempt ended with.
        model: `provider:name` of the model that was asked.
    """
    provider, _, name = model.partition(":")
    said = _said(error)
    if isinstance(error, ModelQuotaExceededError) or any(word in said.lower() for word in _MONEY):
        return f"{provider} says that credit or quota is used up ({said}). Top it up there, then resume the run."
    if isinstance(error, ModelNotFoundError):
        return f"{provider} knows no model {name} ({said}). Resume the run with another one: --model PROVIDER:NAME."
    if isinstance(error, ModelAuthenticationError):
        does = f"let this key ask {name}" if getattr(error, "status_code", 0) == _FORBIDDEN else "take the key"
        return f"{provider} does not {does} ({said}). Set {_variable(provider, 'API_KEY')} anew, then resume the run."
    if isinstance(error, ModelConnectionError | ModelRequestTimeout):
        address = _variable(provider, "BASE_URL")
        return f"{provider} cannot be reached ({said}). Look at the network and at {address}, then resume the run."
    if is_passing(error):
        return f"{provider} did not answer, however often it was asked ({said}). Resume the run later."
    return f"{provider} refused the request ({said}). Resume the run, or do so with another model: --model."


def _variable(provider: str, name: str) -> str:
    """The environment variable of a provider, by the pattern that nearly all of them follow."""
    return f"{provider.partition('-')[0].upper()}_{name}"


def _said(error: ModelAPIError) -> str:
    """The provider's own sentence, after the status; for a broken connection, what broke it."""
    if not isinstance(error, ModelHTTPError):
        said = next((text for text in reversed([str(cause) for cause in _causes(error)]) if text), "")
        return (said or str(error)).strip(" .")[:_MOST_CHARS]
    body = error.body
    inner = body.get("error", body) if isinstance(body, Mapping) else body
    words = inner.get("message") if isinstance(inner, Mapping) else inner
    return f"{error.status_code}: {words or error}".strip(" .")[:_MOST_CHARS]


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
