# src/python_coder/agent/tool_listing.py — which tools a model is shown, and in how few words
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import lru_cache

from pydantic_ai.tools import ToolDefinition

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


def is_listed(name: str, *, has_memories: bool = True) -> bool:
    """Whether a model is told of a tool at all: each costs its schema in every request.

    Args:
        name: The tool's.
        has_memories: Whether the checkout has any; one that never had some is left without.
    """
    return name not in _RUNTIMES_OWN and (has_memories or not _MEMORIES.fullmatch(name))


def told_in_short(shown: ToolDefinition, tool: Tool) -> ToolDefinition:
    """The definition with our own, shorter schema; what a call gives is checked as before."""
    schema = _schema(tool.name, tool.function)
    return replace(shown, description=schema.description, parameters_json_schema=dict(schema.parameters))


@lru_cache(maxsize=256)
def _schema(name: str, function: Callable[..., Awaitable[str]]) -> ToolSchema:
    return tool_schema(Tool(name=name, function=function, effect="reads"))
