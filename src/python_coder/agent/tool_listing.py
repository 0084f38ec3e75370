# src/python_coder/agent/tool_listing.py — which tools a model may call, which of them it is shown, in how few words
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from pydantic_ai.tools import ToolDefinition

from python_coder.agent.context_care import RECALL
from python_coder.errors import UsageError
from python_coder.gates.scope_rule import WIDEN_TOOL
from python_coder.recipes.grammar import parse_task
from python_coder.tools.combined.edit_forms import EDIT_FILES
from python_coder.tools.schema import ToolSchema, tool_schema
from python_coder.tools.table import Tool

MORE_TOOLS = "mcp__coder__more_tools"
_READ_CODE = "mcp__coder__read_code"
_ROUNDTRIP = "mcp__coder__migration_roundtrip"
_RECIPES = frozenset({"mcp__coder__preview_recipe", "mcp__coder__apply_recipe"})
_CORE = frozenset({_READ_CODE, "mcp__serena__search_for_pattern", "mcp__serena__find_referencing_symbols", MORE_TOOLS})
_CORE_OF_THE_WORK = frozenset(
    {EDIT_FILES, "mcp__serena__execute_shell_command"}
    | {f"mcp__coder__{name}" for name in ("run_tests", "call_app", "run_gates")}
)
"""Of use once there is something to try."""
_AFTER_EDITS = frozenset({_ROUNDTRIP, "mcp__coder__run_gates", WIDEN_TOOL})
"""Can say nothing before there is an edit, or a plan."""
_RUNTIMES_OWN = frozenset(
    f"mcp__serena__{name}"
    for name in (
        *("get_current_config", "activate_project", "check_onboarding_performed", "onboarding"),
        *("initial_instructions", "summarize_changes", "prepare_for_new_conversation", "switch_modes"),
    )
)
"""Boot, hand-off and modes: the runtime sees to them by itself, with these very tools."""
_OF_MEMORIES = frozenset(f"mcp__serena__{verb}_memory" for verb in ("read", "delete", "edit", "rename")) | {
    "mcp__serena__list_memories"
}
"""What works on memories that are there; a first one can always be written."""
_UNTOLD = frozenset({"max_answer_chars", "skip", "include_kinds", "exclude_kinds"}) | {
    *("capture_stderr", "paths_exclude_glob", "restrict_search_to_code_files", "shell"),
}
"""Parameters that a model hardly ever gives; they are taken, and an answer that is cut says what to pass."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a run is about, as far as it decides which tools can help."""

    has_memories: bool = True
    """Whether the checkout has any; one that never had some is left without."""
    is_planning: bool = False
    migrates: bool = True
    """Whether the plan has a migration."""
    fits_recipe: bool = True
    """Whether the task is one that a recipe carries out."""
    has_trimmed: bool = False
    """Whether something of the conversation is not sent any more."""
    asked: frozenset[str] = frozenset()
    """Short names of the tools that the model asked for."""


def may_be_called(tool: Tool, need: Need) -> bool:
    """Whether a call is taken, be the tool listed or not: a model may know its name from elsewhere."""
    return tool.name not in _RUNTIMES_OWN and (tool.effect == "reads" or not need.is_planning)


def listed(shown: Sequence[ToolDefinition], tools: Mapping[str, Tool], need: Need) -> list[ToolDefinition]:
    """The definitions that go into a request: each costs its schema there, and the schemas come in short.

    Args:
        shown: What may be called, in order.
        tools: The run's table.
        need: What decides.
    """
    told = [told_in_short(one, tools[one.name]) for one in shown if is_listed(tools[one.name], tools, need)]
    others = "; ".join(_others([tools[one.name] for one in shown], tools, need))
    if not others:
        return [one for one in told if one.name != MORE_TOOLS]
    return [_naming(one, others) if one.name == MORE_TOOLS else one for one in told]


def is_listed(tool: Tool, tools: Mapping[str, Tool], need: Need) -> bool:
    """Whether a model is told of a tool without asking.

    All others are named by the tool that lists more. Where an agent definition leaves that one out, or the ones that
    read and edit several things at once, nothing else would show what they stand for.
    """
    if short_name(tool.name) in need.asked:
        return True
    by_rule = {
        **dict.fromkeys(_CORE, True),
        **dict.fromkeys(_CORE_OF_THE_WORK, not need.is_planning),
        **dict.fromkeys(_RECIPES, need.fits_recipe),
        _ROUNDTRIP: need.migrates and not need.is_planning,
        RECALL: need.has_trimmed,
    }
    if tool.name in by_rule:
        return by_rule[tool.name]
    return _can_help(tool, need) and not {MORE_TOOLS, _stand_in(tool)} <= tools.keys()


def short_name(name: str) -> str:
    """A tool's name without its server, as a model may write it, too."""
    return name.rpartition("__")[2].replace("-", "_")


def fits_recipe(task: str) -> bool:
    """Whether a task is of the family that recipes carry out, be it with a word that cannot be read."""
    try:
        return parse_task(task) is not None
    except UsageError:
        return True


def told_in_short(shown: ToolDefinition, tool: Tool) -> ToolDefinition:
    """The definition with our own, shorter schema; what a call gives is checked as before."""
    schema = _schema(tool.name, tool.function)
    properties = {name: told for name, told in schema.parameters["properties"].items() if name not in _UNTOLD}
    return replace(
        shown,
        description=schema.description.replace("\n\n", " "),
        parameters_json_schema={**schema.parameters, "properties": properties},
    )


def _naming(one: ToolDefinition, others: str) -> ToolDefinition:
    return replace(one, description=f"{(one.description or '').rstrip('.')}: {others}.")


def _others(callable_now: Sequence[Tool], tools: Mapping[str, Tool], need: Need) -> Iterator[str]:
    """What is not listed, by server. Tools that were asked for stay named: a text that changes costs the cache."""
    unasked = replace(need, asked=frozenset())
    names = [tool.name for tool in callable_now if not is_listed(tool, tools, unasked) and _can_help(tool, need)]
    for server, group in groupby(sorted(names, key=_server), key=_server):
        yield f"{server}: {', '.join(name.rpartition('__')[2] for name in group)}"


def _can_help(tool: Tool, need: Need) -> bool:
    """Whether there is anything that the tool could work on."""
    if tool.name in _OF_MEMORIES:
        return need.has_memories
    return tool.name != RECALL and not (need.is_planning and tool.name in _AFTER_EDITS)


def _stand_in(tool: Tool) -> str:
    """The tool of the core that does about the same."""
    if not tool.name.startswith("mcp__serena__"):
        return MORE_TOOLS
    return EDIT_FILES if tool.may_write else _READ_CODE


def _server(name: str) -> str:
    return name.split("__")[1]


@lru_cache(maxsize=256)
def _schema(name: str, function: Callable[..., Awaitable[str]]) -> ToolSchema:
    return tool_schema(Tool(name=name, function=function, effect="reads"))
