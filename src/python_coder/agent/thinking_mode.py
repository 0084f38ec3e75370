# src/python_coder/agent/thinking_mode.py — sequential or contextual thinking: the rule, and what a provider is told
from collections.abc import Sequence
from typing import Any, Literal, cast

from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from python_coder.agent.plan import Plan

ThinkingMode = Literal["sequential", "contextual"]
"""`sequential`: step by step, interleaved with tools. `contextual`: a large thinking budget over a wider brief.

Source: specification, "Model & Thinking".
"""

BROAD_PACKAGES = 2
"""A plan over more packages than this is broad."""
BROAD_STEPS = 8

_ANSWER_TOKENS = {"sequential": 16_000, "contextual": 32_000}
"""Most tokens of one answer, thinking included; without a limit of ours a provider takes its own, up to 128,000."""
_EFFORT = {"sequential": "medium", "contextual": "high"}
_BUDGET_TOKENS = {"sequential": 4_096, "contextual": 16_384}
"""Thinking tokens for Claude models that take a budget instead of an effort. Must stay under the answer's limit."""
_INTERLEAVED = "interleaved-thinking-2025-05-14"
"""Lets Claude models before adaptive thinking think between tool calls; later ones do so by themselves."""
_REQUEST_SECONDS = 600


def thinking_for(plan: Plan, packages: Sequence[str], *, asked: ThinkingMode | None = None) -> ThinkingMode:
    """How to think while a plan is carried out.

    Args:
        plan: What the model means to do.
        packages: Packages of the import graph that the plan's scope names.
        asked: What the user asked for, which wins.
    """
    if asked is not None:
        return asked
    is_broad = len(packages) > BROAD_PACKAGES or len(plan.steps) > BROAD_STEPS
    return "contextual" if is_broad else "sequential"


def settings_for(model: Model, mode: ThinkingMode) -> ModelSettings:
    """What each request tells the provider: limits, thinking, and where its cache may begin.

    Retries are ours alone (`agent/faults.py`): a client of a provider that is told to wait five minutes would do so.

    Source: pydantic-ai 2.68, "Thinking" and "Prompt caching"; traps 2 and 3 of its use are held by the wire tests.
    """
    most = _ANSWER_TOKENS[mode]
    common: dict[str, Any] = {"max_tokens": most, "max_retries": 0, "request_timeout": _REQUEST_SECONDS}
    family = {
        "anthropic": _claude,
        "aws": _bedrock,
        "bedrock": _bedrock,
        "openai": _openai,
    }.get(model.system, _any)
    return cast("ModelSettings", {**common, **family(model, mode)})


def _claude(model: Model, mode: ThinkingMode) -> dict[str, Any]:
    profile = cast("dict[str, Any]", model.profile)
    cache = {
        "anthropic_cache": True,
        "anthropic_cache_instructions": True,
        "anthropic_cache_tool_definitions": True,
    }
    if profile.get("anthropic_supports_adaptive_thinking"):
        # Given as Claude's own settings: the unified one, changed in the middle of a run, is sent as a system message.
        effort = {"anthropic_effort": _EFFORT[mode]} if profile.get("anthropic_supports_effort") else {}
        return {**cache, "anthropic_thinking": {"type": "adaptive"}, **effort}
    if not profile.get("supports_thinking"):
        return cache
    thinking = {"type": "enabled", "budget_tokens": _BUDGET_TOKENS[mode]}
    return {**cache, "anthropic_thinking": thinking, "anthropic_betas": [_INTERLEAVED]}


def _bedrock(model: Model, mode: ThinkingMode) -> dict[str, Any]:
    cache = {"bedrock_cache_instructions": True, "bedrock_cache_tool_definitions": True, "bedrock_cache_messages": True}
    return {**cache, **_any(model, mode)}


def _openai(model: Model, mode: ThinkingMode) -> dict[str, Any]:
    # OpenAI caches by itself; nothing of a run is kept at the provider.
    return {"openai_store": False, **_any(model, mode)}


def _any(model: Model, mode: ThinkingMode) -> dict[str, Any]:
    supports = cast("dict[str, Any]", model.profile).get("supports_thinking")
    return {"thinking": _EFFORT[mode]} if supports else {}
