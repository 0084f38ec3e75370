# tests/tools/test_schema.py — what a model is told of a tool, and what a caller may give it
from typing import Literal

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.tools.schema import checked_arguments, tool_schema
from python_coder.tools.table import Tool


async def find(name: str, depth: int = 0, kinds: list[int] | None = None, mode: Literal["a", "b"] = "a") -> str:
    """Find a thing.

    It may be anywhere.

    Args:
        name: What it is called,
            in full.
        depth: How deep.
        kinds: Which.
        mode: How.

    Returns:
        Lines.
    """
    return f"{name} {depth} {kinds} {mode}"


TOOL = Tool(name="mcp__serena__find", function=find, effect="reads", aliases={"other": "name"})


def test_the_schema_comes_from_docstring_and_types() -> None:
    schema = tool_schema(TOOL)
    assert schema.description == "Find a thing.\n\nIt may be anywhere."
    assert schema.parameters["required"] == ["name"]
    assert schema.parameters["properties"] == {
        "name": {"type": "string", "description": "What it is called, in full."},
        "depth": {"type": "integer", "description": "How deep."},
        "kinds": {"items": {"type": "integer"}, "type": "array", "description": "Which."},
        "mode": {"enum": ["a", "b"], "type": "string", "description": "How."},
    }


TAKEN = {
    "own-names": ({"name": "x", "depth": 2}, {"name": "x", "depth": 2}),
    "other-name": ({"other": "x"}, {"name": "x"}),
    "number-as-text": ({"name": "x", "depth": "2"}, {"name": "x", "depth": 2}),
    "null-for-a-default": ({"name": "x", "depth": None, "kinds": None}, {"name": "x", "kinds": None}),
    "list": ({"name": "x", "kinds": [5, "6"]}, {"name": "x", "kinds": [5, 6]}),
}


@pytest.mark.parametrize(("given", "checked"), TAKEN.values(), ids=TAKEN)
def test_takes(given: dict[str, object], checked: dict[str, object]) -> None:
    assert checked_arguments(TOOL, given) == checked


REFUSED = {
    "missing": ({}, "needs name"),
    "null-for-a-required-one": ({"name": None}, "needs name"),
    "unknown": ({"name": "x", "deep": 1}, "does not take deep. Its parameters: name, depth, kinds, mode"),
    "wrong-type": ({"name": "x", "depth": "deep"}, "depth is 'deep'"),
    "wrong-choice": ({"name": "x", "mode": "c"}, "mode is 'c'"),
}


@pytest.mark.parametrize(("given", "told"), REFUSED.values(), ids=REFUSED)
def test_refuses_and_says_what_would_do(given: dict[str, object], told: str) -> None:
    with pytest.raises(ToolRefusedError, match=told):
        checked_arguments(TOOL, given)
