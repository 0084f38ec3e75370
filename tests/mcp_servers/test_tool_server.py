# tests/mcp_servers/test_tool_server.py — calls of a tool table: turns, refusals, faults and secrets
import asyncio
import logging

import pytest

from python_coder.errors import EnvironmentLacksError, ToolRefusedError
from python_coder.evidence.redaction import Redactor
from python_coder.mcp_servers.tool_server import OpenTools, ToolCalls, ToolServer
from python_coder.tools.table import Tool, ToolEffect

order: list[str] = []


async def greet(name: str, times: int = 1) -> str:
    """Greet somebody.

    Args:
        name: Who.
        times: How often.
    """
    return " ".join([f"hello {name}"] * times)


async def refuse() -> str:
    raise ToolRefusedError("Not here. Try greet.")


async def lack() -> str:
    raise EnvironmentLacksError("There is no sandbox with password=hunter2hunter2. Install one.")


async def fail() -> str:
    raise KeyError("password=hunter2hunter2")


async def mumble() -> str:
    return "half a character: \udcff, token=hunter2hunter2"


async def slow(name: str) -> str:
    order.append(f"{name} begins")
    await asyncio.sleep(0.02)
    order.append(f"{name} ends")
    return name


def tool(function: object, effect: ToolEffect = "reads", name: str = "") -> Tool:
    full = f"mcp__demo__{name or function.__name__}"
    return Tool(name=full, function=function, effect=effect, takes_turns=name == "switch")


def calls(closed: list[str] | None = None) -> ToolCalls:
    tools = (
        *(tool(function) for function in (greet, refuse, lack, fail, mumble)),
        *(tool(slow, name="look"), tool(slow, "edits", "write"), tool(slow, "runs", "run"), tool(slow, name="switch")),
    )

    async def open_tools() -> OpenTools:
        await closes.wait()
        return OpenTools(tools=tools, redact=Redactor().redact, close=close)

    async def close() -> None:
        if closed is not None:
            closed.append("closed")

    closes = asyncio.Event()
    closes.set()
    return ToolCalls(ToolServer(name="demo", instructions="", open=open_tools))


ANSWERS = {
    "plain": ("greet", {"name": "you"}, "hello you", False),
    "full-name": ("mcp__demo__greet", {"name": "you", "times": 2}, "hello you hello you", False),
    "number-as-text": ("greet", {"name": "you", "times": "2"}, "hello you hello you", False),
    "refused": ("refuse", {}, "Not here. Try greet.", True),
    "missing-argument": ("greet", {}, "greet needs name.", True),
    "unknown-argument": ("greet", {"name": "you", "colour": "red"}, "greet does not take colour.", True),
    "wrong-type": ("greet", {"name": "you", "times": "often"}, "greet: times is 'often'", True),
    "unknown-tool": ("nothing", {}, "There is no tool 'nothing'. There are: greet, refuse", True),
    "environment": ("lack", {}, "There is no sandbox with password=[redacted]", True),
    "fault": ("fail", {}, "fail failed inside python-coder (KeyError: 'password=[redacted]", True),
    "half-character": ("mumble", {}, "half a character: ?, token=[redacted]", False),
}


@pytest.mark.parametrize(("name", "arguments", "begins", "is_error"), ANSWERS.values(), ids=ANSWERS)
async def test_every_call_gets_a_sentence(name: str, arguments: dict[str, object], begins: str, is_error: bool) -> None:
    answer = await calls().call(name, arguments)
    assert answer.text.startswith(begins)
    assert answer.is_error is is_error
    assert "\n" not in answer.text


async def test_fault_is_logged_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        await calls().call("fail", {})
    assert "The tool fail failed" in caplog.text
    assert "in fail" in caplog.text


async def test_writes_take_turns_and_reads_do_not() -> None:
    served = calls()
    order.clear()
    await asyncio.gather(*(served.call(name, {"name": name}) for name in ("write", "run", "switch", "write")))
    assert order == [f"{name} {what}" for name in ("write", "run", "switch", "write") for what in ("begins", "ends")]
    order.clear()
    await asyncio.gather(*(served.call("look", {"name": "look"}) for _ in range(3)))
    assert order == ["look begins"] * 3 + ["look ends"] * 3


async def test_cancelled_write_lets_the_next_one_begin() -> None:
    served = calls()
    first = asyncio.create_task(served.call("write", {"name": "first"}))
    await asyncio.sleep(0.005)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await served.call("write", {"name": "second"})).text == "second"
    assert not served.are_open


async def test_tools_are_made_once_at_need_and_closed() -> None:
    closed: list[str] = []
    served = calls(closed)
    await served.close()
    assert closed == []
    await asyncio.gather(served.listed(), served.call("greet", {"name": "you"}), served.offered_names())
    await served.close()
    assert closed == ["closed"]
