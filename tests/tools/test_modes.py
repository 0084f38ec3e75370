# tests/tools/test_modes.py — modes: what they close, at once, and for how long
import pytest

from python_coder.errors import ToolRefusedError, UsageError
from python_coder.tools.serena.modes import MODES, ModeState, mode_tools
from python_coder.tools.table import Tool, ToolEffect


async def done() -> str:
    return "done"


def tool(name: str, effect: ToolEffect) -> Tool:
    return Tool(name=f"mcp__serena__{name}", function=done, effect=effect)


TOOLS = (
    tool("find_symbol", "reads"),
    tool("rename_symbol", "edits"),
    tool("execute_shell_command", "runs"),
    tool("write_memory", "edits"),
    tool("switch_modes", "reads"),
)
OFFERED = {
    "planning": {"find_symbol", "write_memory", "switch_modes"},
    "read-only": {"find_symbol", "switch_modes"},
    "planning read-only": {"find_symbol", "switch_modes"},
    "editing planning": {"find_symbol", "write_memory", "switch_modes"},
    **{mode: {item.name[13:] for item in TOOLS} for mode in ("editing", "interactive", "one-shot")},
}


@pytest.mark.parametrize(("modes", "offered"), OFFERED.items(), ids=OFFERED)
async def test_lists_and_calls_agree(modes: str, offered: set[str]) -> None:
    state = ModeState()
    switch = mode_tools(state, lambda: TOOLS)[0]
    answer = await switch.function(modes=modes.split())
    assert {item.name[13:] for item in state.offered(TOOLS)} == offered
    for item in TOOLS:
        name = item.name[13:]
        if name in offered:
            assert await state.guard(item).function() == "done"
        else:
            assert name in answer
            with pytest.raises(ToolRefusedError, match=f"{name} is closed in the mode"):
                await state.guard(item).function()


async def test_switch_takes_effect_on_tools_made_before() -> None:
    state = ModeState()
    guarded = state.guard(TOOLS[1])
    assert await guarded.function() == "done"
    state.switch(["read-only"])
    with pytest.raises(ToolRefusedError, match="switch_modes"):
        await guarded.function()
    state.switch(["editing"])
    assert await guarded.function() == "done"


async def test_large_search_closes_what_writes_until_it_ends() -> None:
    state = ModeState()
    with state.read_only(), state.read_only():
        for item in TOOLS[1:4]:
            with pytest.raises(ToolRefusedError, match="large search"):
                await state.guard(item).function()
        assert await state.guard(TOOLS[0]).function() == "done"
    assert await state.guard(TOOLS[1]).function() == "done"


@pytest.mark.parametrize("modes", [[], ["no-such"], ["editing", "no-such"]])
def test_wrong_switch_changes_nothing(modes: list[str]) -> None:
    state = ModeState(["planning"])
    with pytest.raises(ToolRefusedError, match="read-only"):
        state.switch(modes)
    assert state.active == ("planning",)


def test_fixed_modes_are_the_users() -> None:
    state = ModeState(["read-only"], is_fixed=True)
    state.switch(["read-only"])
    with pytest.raises(ToolRefusedError, match="fixed"):
        state.switch(["editing"])
    assert state.active == ("read-only",)


def test_unknown_mode_at_the_start_is_bad_usage() -> None:
    with pytest.raises(UsageError, match=", ".join(MODES)):
        ModeState(["editing", "yolo"])
