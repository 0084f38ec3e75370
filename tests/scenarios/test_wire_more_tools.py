# tests/scenarios/test_wire_more_tools.py — tools that are listed when a model asks for them, on the wire
from typing import Any

import pytest

from python_coder.agent.more_tools import asked_before
from python_coder.evidence.ledger import EntryKind
from scenarios.scripted_server import Say, call
from scenarios.wire import PLAN, REPORT, WRITE, Play

STRONGER = "mcp__coder__request_stronger_model"


def ask(*names: str) -> dict[str, Any]:
    return call("mcp__coder__more_tools", names=list(names))


def names_of(request: dict[str, Any]) -> list[str]:
    return [tool["name"] for tool in request["tools"]]


def told(request: dict[str, Any]) -> str:
    return str([message["content"] for message in request["messages"] if message["role"] == "user"][-1])


def test_a_tool_is_named_first_and_listed_once_it_is_asked_for(play: Play) -> None:
    loop, requests = play([Say([ask("request_stronger_model")]), Say([PLAN]), Say([REPORT])])
    assert loop.error is None
    listing = next(tool for tool in requests[0]["tools"] if tool["name"].endswith("more_tools"))
    assert "by their names: coder: request_stronger_model" in listing["description"]
    assert [STRONGER in names_of(request) for request in requests] == [False, True, True]
    assert f"Listed from your next turn on: {STRONGER}." in told(requests[1])
    # On the provider's own channel, so that its cache of the tools before holds.
    assert requests[1]["messages"][-1]["content"][0]["type"] == "tool_addition"
    assert requests[1]["tools"][: len(requests[0]["tools"]) - 2] == requests[0]["tools"][:-2]
    assert loop.session.budget.used == 0
    assert {STRONGER.rpartition("__")[2]} == asked_before(loop.session.ledger.entries)


def test_while_planning_a_tool_that_writes_is_refused_and_listed_with_the_work(play: Play) -> None:
    loop, requests = play([Say([ask("replace_lines")]), Say([PLAN]), Say([REPORT])])
    assert loop.error is None
    assert "Not while you plan, since they may write: mcp__serena__replace_lines." in told(requests[1])
    assert ["mcp__serena__replace_lines" in names_of(request) for request in requests] == [False, False, True]


UNKNOWN = {
    "a-slip": ("request_stronger_modle", "The nearest: mcp__coder__request_stronger_model"),
    "nothing-near": ("qqqq", "There is no tool 'qqqq' to list."),
    "the-runtimes-own": ("activate_project", "There is no tool 'activate_project' to list."),
}


@pytest.mark.parametrize(("name", "answer"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_name_gets_the_nearest(play: Play, name: str, answer: str) -> None:
    _, requests = play([Say([ask(name)]), Say([PLAN]), Say([REPORT])])
    assert answer in told(requests[1])
    assert names_of(requests[1]) == names_of(requests[0])


def test_a_call_of_a_tool_that_is_not_listed_is_taken(play: Play) -> None:
    why = call(STRONGER, reason="Three modules.", evidence=[1])
    loop, requests = play([Say([PLAN]), Say([why]), Say([REPORT])])
    assert loop.error is None
    assert STRONGER not in names_of(requests[1])
    assert "Refused: name a reason" in told(requests[2])


def test_a_writing_tool_is_not_taken_while_planning(play: Play) -> None:
    loop, requests = play([Say([WRITE]), Say([PLAN]), Say([REPORT])])
    assert "Unknown tool name" in told(requests[1])
    assert loop.entries(EntryKind.TOOL_CALL) == []
