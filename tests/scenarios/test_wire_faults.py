# tests/scenarios/test_wire_faults.py — what goes wrong at the Messages API: retried or answered, never lost
from typing import Any

import pytest

from python_coder.agent.faults import MOST_ATTEMPTS
from python_coder.errors import ProviderError
from python_coder.evidence.ledger import EntryKind
from scenarios.scripted_server import Say, call, half_call, text, thought
from scenarios.wire import PLAN, READ, REPORT, WRITE, Play

PASSING = {
    "408": (Say(status=408), [0.5]),
    "409": (Say(status=409), [0.5]),
    "429": (Say(status=429), [0.5]),
    "429-retry-after": (Say(status=429, headers={"retry-after": "7"}), [7.0]),
    "429-retry-after-an-hour": (Say(status=429, headers={"retry-after": "3600"}), [60.0]),
    "500": (Say(status=500), [0.5]),
    "502": (Say(status=502), [0.5]),
    "503": (Say(status=503), [0.5]),
    "504": (Say(status=504), [0.5]),
    "529": (Say(status=529), [0.5]),
    "dropped-stream": (Say([text("Let me"), WRITE], is_cut=True), [0.5]),
    "dropped-connection": (Say(drops=True), [0.5]),
    "overloaded-in-stream": (Say([text("Let me")], error="overloaded_error"), [0.5]),
    "fault-in-stream": (Say([text("Let me")], error="api_error"), [0.5]),
}


@pytest.mark.parametrize(("fault", "waits"), PASSING.values(), ids=PASSING)
def test_the_same_request_again_after_a_bounded_wait(play: Play, fault: Say, waits: list[float]) -> None:
    loop, requests = play([Say([PLAN]), fault, Say([WRITE]), Say([REPORT])])
    assert loop.error is None
    assert loop.waits == waits
    assert len(requests) == 4
    assert requests[2] == requests[1]
    (entry,) = loop.entries(EntryKind.FAULT)
    assert (entry.data["attempt"], entry.data["retried"]) == (1, True)
    assert len(loop.entries(EntryKind.MODEL_TURN)) == 3
    # Nothing of an answer that broke off was carried out.
    assert [entry.data["tool"] for entry in loop.entries(EntryKind.TOOL_CALL)] == ["mcp__serena__create_text_file"]


def test_what_a_broken_answer_took_is_counted(play: Play) -> None:
    cut = Say([text("Let me")], is_cut=True, usage={"input_tokens": 1_000})
    loop, _ = play([Say([PLAN]), cut, Say([REPORT])])
    (entry,) = loop.entries(EntryKind.FAULT)
    assert entry.data["input_tokens"] == 1_000
    assert loop.session.meter.spent.tokens >= 1_000 + 2 * 15


def test_waits_double_and_end(play: Play) -> None:
    loop, requests = play([Say(status=529)])
    assert isinstance(loop.error, ProviderError)
    assert "Resume" in str(loop.error)
    assert loop.waits == [0.5, 1.0, 2.0, 4.0]
    assert len(requests) == MOST_ATTEMPTS
    assert [entry.data["retried"] for entry in loop.entries(EntryKind.FAULT)] == [True] * 4 + [False]


LASTING = {"401": 401, "403": 403, "400": 400, "404": 404}


@pytest.mark.parametrize("status", LASTING.values(), ids=LASTING)
def test_what_no_wait_mends_is_not_tried_again(play: Play, status: int) -> None:
    loop, requests = play([Say(status=status)])
    assert isinstance(loop.error, ProviderError)
    assert loop.waits == []
    assert len(requests) == 1


ODD = call("mcp__serena__create_text_file", relative_path="app/x.py", text=7)
ANSWERED = {
    "malformed-arguments": (Say([ODD]), "content"),
    "arguments-that-are-no-json": (Say([half_call("mcp__serena__read_file", '{"relative_path": app')]), "JSON"),
    "unknown-tool": (Say([call("mcp__serena__fly", to="moon")]), "Unknown tool name"),
    "empty-answer": (Say([]), "tool"),
    "blank-answer": (Say([text("")]), "tool"),
    "words-alone": (Say([text("All done!")]), "tool"),
    "thoughts-alone": (Say([thought("Hm.")]), "tool"),
    "refusal": (Say([], stop="refusal"), "submit_refusal"),
    "refusal-after-thinking": (Say([thought("Hm.")], stop="refusal"), "submit_refusal"),
    "max-tokens-while-thinking": (Say([thought("Hm")], stop="max_tokens"), "cut at its limit"),
    "max-tokens-in-words": (Say([text("I shall")], stop="max_tokens"), "cut at its limit"),
    "max-tokens-in-a-call": (
        Say([half_call("mcp__serena__create_text_file", '{"relative_path": "app/x.py", "con')], stop="max_tokens"),
        "cut at its limit",
    ),
    "max-tokens-in-a-call-that-parses": (Say([WRITE], stop="max_tokens"), "cut at its limit"),
}


@pytest.mark.parametrize(("odd", "told"), ANSWERED.values(), ids=ANSWERED)
def test_an_odd_answer_is_answered_and_kept(play: Play, odd: Say, told: str) -> None:
    loop, requests = play([Say([PLAN]), odd, Say([WRITE]), Say([REPORT])])
    assert loop.error is None
    assert len(requests) == 4
    assert told in str(requests[2]["messages"][-1])
    assert len(loop.entries(EntryKind.MODEL_TURN)) == 4
    assert loop.waits == []
    made = [entry.data["tool"] for entry in loop.entries(EntryKind.TOOL_CALL)]
    assert made == ["mcp__serena__create_text_file"]


def test_whole_calls_before_a_cut_one_are_made(play: Play) -> None:
    cut = half_call("mcp__serena__create_text_file", '{"relative_path": "app/y.py", "cont')
    loop, requests = play([Say([PLAN]), Say([WRITE, cut], stop="max_tokens"), Say([REPORT])])
    assert loop.error is None
    results = [part for part in requests[2]["messages"][-1]["content"] if part["type"] == "tool_result"]
    assert "Created app/x.py" in str(results[0])
    assert "cut at its limit" in str(results[1])


ENDLESS: dict[str, Any] = {
    "refusals": Say([], stop="refusal"),
    "cut-thoughts": Say([thought("Hm")], stop="max_tokens"),
    "empty-answers": Say([]),
    "unknown-tools": Say([call("mcp__serena__fly")]),
}


@pytest.mark.parametrize("odd", ENDLESS.values(), ids=ENDLESS)
def test_a_model_that_never_says_anything_ends_soon(play: Play, odd: Say) -> None:
    loop, requests = play([Say([PLAN]), odd])
    assert isinstance(loop.error, ProviderError)
    assert "another model" in str(loop.error)
    assert 3 <= len(requests) - 1 <= 5


def test_the_model_reads_on_after_several_faults_in_a_row(play: Play) -> None:
    script = [Say([READ]), Say(status=429), Say(status=500), Say([text("x")], is_cut=True), Say([PLAN]), Say([REPORT])]
    loop, _ = play(script)
    assert loop.error is None
    assert loop.waits == [0.5, 1.0, 2.0]
