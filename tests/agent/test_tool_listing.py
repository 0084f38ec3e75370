# tests/agent/test_tool_listing.py — what a model is told of the tools, and what it need not know
import json

import pytest
from pydantic_ai import Tool as ModelTool

from python_coder.agent.tool_listing import Need, fits_recipe, is_listed, told_in_short
from python_coder.tools.table import Tool


async def find_thing(name: str, limit: int = 20, *, skip: int = 0) -> str:
    """Find a thing.

    Args:
        name: Of the thing.
        limit: Most hits.
        skip: Hits that earlier pages had.

    Returns:
        One line a hit, which a reader of the code wants to know.
    """
    return f"{name} {limit} {skip}"


def test_says_what_a_tool_does_and_not_what_its_reader_wants_to_know() -> None:
    whole = ModelTool(find_thing, takes_ctx=False, docstring_format="google").tool_def
    short = told_in_short(whole, Tool(name="find_thing", function=find_thing, effect="reads"))
    assert short.description == "Find a thing."
    assert short.name == whole.name
    assert set(short.parameters_json_schema["properties"]) == {"name", "limit", "skip"}
    assert short.parameters_json_schema["required"] == ["name"]
    lengths = [len(json.dumps(one.parameters_json_schema) + (one.description or "")) for one in (short, whole)]
    assert lengths[0] < 0.7 * lengths[1]


S, C = "mcp__serena__", "mcp__coder__"
NONE_LEFT = Need()
LISTED = {
    "boot": (f"{S}activate_project", NONE_LEFT, False),
    "symbols": (f"{S}find_symbol", NONE_LEFT, True),
    "seldom": (f"{S}find_implementations", NONE_LEFT, False),
    "gates": (f"{C}run_gates", NONE_LEFT, True),
    "gates-of-nothing": (f"{C}run_gates", Need(is_planning=True), False),
    "calls-while-planning": (f"{C}call_app", Need(is_planning=True), True),
    "memories": (f"{S}list_memories", NONE_LEFT, True),
    "no-memories": (f"{S}list_memories", Need(has_memories=False), False),
    "none-to-delete": (f"{S}delete_memory", Need(has_memories=False), False),
    "a-first-memory": (f"{S}write_memory", Need(has_memories=False), True),
    "files-without-memories": (f"{S}read_file", Need(has_memories=False), True),
    "migration": (f"{C}migration_roundtrip", NONE_LEFT, True),
    "no-migration": (f"{C}migration_roundtrip", Need(migrates=False), False),
    "recipe": (f"{C}apply_recipe", NONE_LEFT, True),
    "no-recipe": (f"{C}apply_recipe", Need(fits_recipe=False), False),
}


@pytest.mark.parametrize(("name", "need", "is_shown"), LISTED.values(), ids=LISTED)
def test_shows_what_can_help(name: str, need: Need, is_shown: bool) -> None:
    assert is_listed(name, need) == is_shown


TASKS = {"Add field weight: float to Product": True, "Add resource Shop": True, "Filter items by colour": False}


@pytest.mark.parametrize(("task", "fits"), TASKS.items(), ids=TASKS)
def test_recipes_are_for_their_family_of_tasks(task: str, fits: bool) -> None:
    assert fits_recipe(task) == fits
