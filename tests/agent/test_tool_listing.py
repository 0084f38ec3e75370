# tests/agent/test_tool_listing.py — what a model is told of the tools, and what it need not know
import json
from dataclasses import replace

import pytest
from pydantic_ai import Tool as ModelTool
from pydantic_ai.tools import ToolDefinition

from python_coder.agent.tool_listing import Need, fits_recipe, listed, may_be_called, short_name, told_in_short
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
    assert set(short.parameters_json_schema["properties"]) == {"name", "limit"}
    assert short.parameters_json_schema["required"] == ["name"]
    lengths = [len(json.dumps(one.parameters_json_schema) + (one.description or "")) for one in (short, whole)]
    assert lengths[0] < 0.7 * lengths[1]


S, C = "mcp__serena__", "mcp__coder__"
READERS = ("read_file", "find_symbol", "search_for_pattern", "list_memories")
WRITERS = ("replace_lines", "create_text_file", "write_memory")
CODER = ("read_code", "edit_files", "more_tools", "run_tests", "run_gates", "call_app", "migration_roundtrip")
ASKING = ("apply_recipe", "preview_recipe", "recall", "request_more_calls")
EDITS = {f"{S}{name}" for name in WRITERS} | {f"{C}edit_files", f"{C}apply_recipe"}
WHOLE = (
    *(f"{S}{name}" for name in ("activate_project", *READERS, *WRITERS, "execute_shell_command")),
    *(f"{C}{name}" for name in (*CODER, *ASKING)),
    "mcp__docker__get-logs",
)
PLANNING, NOTHING = Need(is_planning=True, fits_recipe=False), Need(migrates=False, fits_recipe=False)


def table(*left_out: str) -> dict[str, Tool]:
    effects = {**dict.fromkeys(EDITS, "edits"), f"{S}execute_shell_command": "runs"}
    made = (Tool(name=name, function=find_thing, effect=effects.get(name, "reads")) for name in WHOLE)
    return {tool.name: tool for tool in made if short_name(tool.name) not in left_out}


def request(need: Need, *left_out: str) -> dict[str, str]:
    """Names and descriptions of what a request shows."""
    tools = table(*left_out)
    shown = [ToolDefinition(name=tool.name) for tool in tools.values() if may_be_called(tool, need)]
    return {short_name(one.name): one.description or "" for one in listed(shown, tools, need)}


LISTED = {
    "planning": (PLANNING, ["search_for_pattern", "read_code", "more_tools"]),
    "planning-a-recipe": (
        Need(is_planning=True),
        ["search_for_pattern", "read_code", "more_tools", "preview_recipe"],
    ),
    "the-work": (
        NOTHING,
        [
            *("search_for_pattern", "execute_shell_command", "read_code", "edit_files", "more_tools"),
            *("run_tests", "run_gates", "call_app"),
        ],
    ),
    "asked-for": (
        replace(PLANNING, asked=frozenset({"get_logs", "replace_lines"})),
        ["search_for_pattern", "read_code", "more_tools", "get_logs"],
    ),
    "trimmed": (replace(PLANNING, has_trimmed=True), ["search_for_pattern", "read_code", "more_tools", "recall"]),
}


@pytest.mark.parametrize(("need", "names"), LISTED.values(), ids=LISTED)
def test_a_request_shows_the_core_and_what_was_asked_for(need: Need, names: list[str]) -> None:
    assert list(request(need)) == names


def test_a_migration_and_a_recipe_bring_their_tools() -> None:
    assert {"migration_roundtrip", "apply_recipe", "preview_recipe"} == request(Need()).keys() - request(NOTHING).keys()


OTHERS = {
    "planning": (
        PLANNING,
        "coder: run_tests, call_app, preview_recipe, request_more_calls; docker: get-logs; "
        "serena: read_file, find_symbol, list_memories.",
    ),
    "the-work-without-memories": (
        replace(NOTHING, has_memories=False),
        "coder: migration_roundtrip, apply_recipe, preview_recipe, request_more_calls; docker: get-logs; "
        "serena: read_file, find_symbol, replace_lines, create_text_file, write_memory.",
    ),
}


@pytest.mark.parametrize(("need", "told"), OTHERS.values(), ids=OTHERS)
def test_all_others_are_named_and_stay_so(need: Need, told: str) -> None:
    assert request(need)["more_tools"].endswith(told)
    asked = replace(need, asked=frozenset({"read_file"}))
    assert request(asked)["more_tools"] == request(need)["more_tools"]


LEFT_OUT = {
    "more": ("more_tools", {"read_file", "find_symbol", "replace_lines", "create_text_file", "get_logs"}),
    "several-reads": ("read_code", {"read_file", "find_symbol", "list_memories"}),
    "several-edits": ("edit_files", {"replace_lines", "create_text_file", "write_memory"}),
}


@pytest.mark.parametrize(("name", "shown"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_stands_for_a_tool_that_a_definition_leaves_out_is_shown(name: str, shown: set[str]) -> None:
    assert shown <= request(NOTHING, name).keys()
    assert not shown & request(NOTHING).keys()


def test_the_runtimes_own_are_never_called_and_writers_not_while_planning() -> None:
    tools = table()
    assert not may_be_called(tools[f"{S}activate_project"], NOTHING)
    assert may_be_called(tools[f"{S}replace_lines"], NOTHING)
    assert not may_be_called(tools[f"{S}replace_lines"], PLANNING)
    assert may_be_called(tools[f"{S}read_file"], PLANNING)


TASKS = {"Add field weight: float to Product": True, "Add resource Shop": True, "Filter items by colour": False}


@pytest.mark.parametrize(("task", "fits"), TASKS.items(), ids=TASKS)
def test_recipes_are_for_their_family_of_tasks(task: str, fits: bool) -> None:
    assert fits_recipe(task) == fits
