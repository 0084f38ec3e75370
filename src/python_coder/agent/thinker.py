# src/python_coder/agent/thinker.py — which model thinks, and what it can say before any work is done
import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from python_coder.agent.planner import OfflinePlanner, understood
from python_coder.agent.streaming import WholeStream
from python_coder.errors import RecipeRefusedError, UsageError
from python_coder.recipes.apply import FileView, plan_recipe

OFFLINE = "offline"
DEFAULT_CLAUDE = "claude-sonnet-5-5"
"""Used when a key is set and no model is named; an alias table comes with the router."""


def _accept(task: str, files: FileView) -> None:
    """Say nothing: a language model judges the task itself."""


@dataclass(frozen=True, kw_only=True)
class Thinker:
    """A model and how to ask it. The loop treats all of them alike."""

    name: str
    """What the contract says did the thinking, such as `anthropic:claude-sonnet-5-5`."""
    model: Model
    settings: ModelSettings = field(default_factory=ModelSettings)
    preflight: Callable[[str, FileView], None] = _accept
    """Raises a UsageError for a task that it knows at once it will not do, before anything is set up."""


def choose_thinker(name: str | None, environ: Mapping[str, str]) -> Thinker:
    """The thinker that a name or the environment asks for.

    Args:
        name: `offline`, or `provider:model`; `None` leaves the choice to the environment.
        environ: Read for `PYTHON_CODER_MODEL`, `ANTHROPIC_API_KEY` and `ANTHROPIC_BASE_URL`.

    Raises:
        UsageError: The name is not understood, or its key is missing.
    """
    wanted = name or environ.get("PYTHON_CODER_MODEL") or ""
    if not wanted:
        wanted = f"anthropic:{DEFAULT_CLAUDE}" if environ.get("ANTHROPIC_API_KEY") else OFFLINE
    if wanted == OFFLINE:
        return Thinker(name=OFFLINE, model=OfflinePlanner(), preflight=_preflight)
    provider, colon, model = wanted.partition(":")
    if provider != "anthropic" or not colon or not model:
        raise UsageError(f"The model {wanted!r} is not known here. Use 'offline' or 'anthropic:NAME'.")
    if not environ.get("ANTHROPIC_API_KEY"):
        raise UsageError(f"{wanted} needs a key: export ANTHROPIC_API_KEY=…, or use --model offline.")
    return _claude(wanted, model, environ)


def _preflight(task: str, files: FileView) -> None:
    request = understood(task)
    try:
        plan_recipe(files, request.recipe, request.arguments)
    except RecipeRefusedError as error:
        message = f"{error} A language model, set by ANTHROPIC_API_KEY, is not bound to what a recipe can follow."
        raise RecipeRefusedError(message) from error


def _claude(name: str, model: str, environ: Mapping[str, str]) -> Thinker:
    # Imported here because the client costs a second of start-up, which offline runs must not pay.
    from anthropic import AsyncAnthropic  # noqa: PLC0415
    from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings  # noqa: PLC0415
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

    client = AsyncAnthropic(
        api_key=environ["ANTHROPIC_API_KEY"], base_url=environ.get("ANTHROPIC_BASE_URL"), max_retries=0
    )
    settings = AnthropicModelSettings(
        max_tokens=16_000,
        request_timeout=600,
        anthropic_cache=True,
        anthropic_cache_instructions=True,
        anthropic_cache_tool_definitions=True,
    )
    claude = AnthropicModel(model, provider=AnthropicProvider(anthropic_client=client))
    return Thinker(name=name, model=WholeStream(claude), settings=settings)


async def backoff_seconds(attempt: int, retry_after: float | None) -> None:
    """Wait before another attempt: what the provider asks for, at most 30 s, else 0.5 s doubled each time."""
    await asyncio.sleep(min(30.0, retry_after if retry_after is not None else 0.5 * 2 ** (attempt - 1)))
