# src/python_coder/agent/thinker.py — which model thinks, and what it can say before any work is done
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from python_coder.agent.models import DEFAULT, full_name, stronger_than
from python_coder.agent.planner import OfflinePlanner, understood
from python_coder.agent.providers import make_model
from python_coder.agent.replay import PREFIX, read_replay
from python_coder.agent.streaming import WholeStream
from python_coder.agent.thinking_mode import ThinkingMode, settings_for
from python_coder.errors import RecipeRefusedError
from python_coder.recipes.apply import FileView, plan_recipe

OFFLINE = "offline"


def _accept(task: str, files: FileView) -> None:
    """Say nothing: a language model judges the task itself."""


def _no_settings(mode: ThinkingMode) -> ModelSettings:
    return ModelSettings()


@dataclass(frozen=True, kw_only=True)
class Thinker:
    """A model and how to ask it. The loop treats all of them alike."""

    name: str
    """What the contract says did the thinking, such as `anthropic:claude-sonnet-5-5`."""
    model: Model
    settings: Callable[[ThinkingMode], ModelSettings] = _no_settings
    """What each request tells the provider, for a way of thinking."""
    preflight: Callable[[str, FileView], None] = _accept
    """Raises a UsageError for a task that it knows at once it will not do, before anything is set up."""
    stronger: "Thinker | None" = None
    """Where the run may escalate to."""


def choose_thinker(name: str | None, environ: Mapping[str, str], *, escalates_to: str = "") -> Thinker:
    """The thinker that a name or the environment asks for.

    Args:
        name: `offline`, an alias such as `sonnet`, `provider:model`, or `replay:` and a recording's path; `None` leaves
            the choice to the environment.
        environ: Read for `PYTHON_CODER_MODEL`, `PYTHON_CODER_ALIASES`, `ANTHROPIC_API_KEY` and `ANTHROPIC_BASE_URL`.
        escalates_to: A stronger model's name, `never`, or empty for the rule of `stronger_than`.

    Raises:
        UsageError: A name is not understood, or its key is missing.
        EnvironmentLacksError: The client of the provider is not installed.
    """
    wanted = name or environ.get("PYTHON_CODER_MODEL") or ""
    if not wanted:
        wanted = DEFAULT if environ.get("ANTHROPIC_API_KEY") else OFFLINE
    if wanted == OFFLINE:
        return Thinker(name=OFFLINE, model=OfflinePlanner(), preflight=_preflight)
    if wanted.startswith(PREFIX):
        return Thinker(name="replay", model=read_replay(Path(wanted.removeprefix(PREFIX))))
    full = full_name(wanted, environ)
    stronger = stronger_than(full, escalates_to, environ)
    return replace(_language_model(full, environ), stronger=_language_model(stronger, environ) if stronger else None)


def _language_model(name: str, environ: Mapping[str, str]) -> Thinker:
    model = make_model(name, environ)
    return Thinker(name=name, model=WholeStream(model), settings=partial(settings_for, model))


def _preflight(task: str, files: FileView) -> None:
    request = understood(task)
    try:
        plan_recipe(files, request.recipe, request.arguments)
    except RecipeRefusedError as error:
        message = f"{error} A language model, set by ANTHROPIC_API_KEY, is not bound to what a recipe can follow."
        raise RecipeRefusedError(message) from error
