# src/python_coder/agent/tool_listing.py — which tools a model is shown, and in how few words
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from pydantic_ai.tools import ToolDefinition

from python_coder.errors import UsageError
from python_coder.recipes.grammar import parse_task
from python_coder.tools.schema import ToolSchema, tool_schema
from python_coder.tools.table import Tool

_RUNTIMES_OWN = frozenset(
    f"mcp__serena__{name}"
    for name in (
        *("get_current_config", "activate_project", "check_onboarding_performed", "onboarding"),
        *("initial_instructions", "summarize_changes", "prepare_for_new_conversation", "switch_modes"),
    )
)
"""Boot, hand-off and modes: the runtime sees to them by itself, with these very tools."""
_MEMORIES = re.compile(r"mcp__serena__(?!write_)\w+_memor(y|ies)")
"""What works on memories that are there; a first one can always be written."""


_SELDOM = frozenset(
    f"mcp__serena__{name}" for name in ("find_declaration", "find_implementations", "rename_memory", "edit_memory")
)
"""Another tool of the list does nearly as well."""
_AFTER_EDITS = frozenset(
    f"mcp__coder__{name}" for name in ("run_gates", "request_more_calls", "request_stronger_model")
)
_RECIPES = frozenset(f"mcp__coder__{name}" for name in ("preview_recipe", "apply_recipe"))
_ROUNDTRIP = "mcp__coder__migration_roundtrip"


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a run is about, as far as it decides which tools can help. It changes once at most, with the plan."""

    has_memories: bool = True
    """Whether the checkout has any; one that never had some is left without."""
    is_planning: bool = False
    migrates: bool = True
    """Whether the plan has a migration."""
    fits_recipe: bool = True
    """Whether the task is one that a recipe carries out."""


def is_listed(name: str, need: Need) -> bool:
    """Whether a model is told of a tool at all: each costs its schema in every request.

    What is left out stays in the table; nothing that the task needs is left out.
    """
    if name in _RUNTIMES_OWN | _SELDOM or (not need.has_memories and _MEMORIES.fullmatch(name)):
        return False
    if name in _RECIPES:
        return need.fits_recipe
    if name == _ROUNDTRIP:
        return need.migrates and not need.is_planning
    return not (need.is_planning and name in _AFTER_EDITS)


def fits_recipe(task: str) -> bool:
    """Whether a task is of the family that recipes carry out, be it with a word that cannot be read."""
    try:
        return parse_task(task) is not None
    except UsageError:
        return True


def told_in_short(shown: ToolDefinition, tool: Tool) -> ToolDefinition:
    """The definition with our own, shorter schema; what a call gives is checked as before."""
    schema = _schema(tool.name, tool.function)
    return replace(shown, description=schema.description, parameters_json_schema=dict(schema.parameters))


@lru_cache(maxsize=256)
def _schema(name: str, function: Callable[..., Awaitable[str]]) -> ToolSchema:
    return tool_schema(Tool(name=name, function=function, effect="reads"))
