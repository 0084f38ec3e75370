# tests/agent/test_tool_listing.py — what a model is told of the tools, and what it need not know
import json

from pydantic_ai import Tool as ModelTool

from python_coder.agent.tool_listing import is_listed, told_in_short
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


def test_leaves_out_what_the_runtime_sees_to() -> None:
    assert not is_listed("mcp__serena__activate_project")
    assert is_listed("mcp__serena__find_symbol")
    assert is_listed("mcp__coder__run_gates")


def test_leaves_out_memories_where_the_checkout_has_none() -> None:
    assert not is_listed("mcp__serena__delete_memory", has_memories=False)
    assert is_listed("mcp__serena__write_memory", has_memories=False)
    assert not is_listed("mcp__serena__list_memories", has_memories=False)
    assert is_listed("mcp__serena__list_memories", has_memories=True)
    assert is_listed("mcp__serena__read_file", has_memories=False)
