# tests/scenarios/test_wire_openai.py — exactly what goes to OpenAI's Responses API and Chat Completions API
import itertools
import json
from typing import Any

import pytest

from python_coder.errors import ProviderError
from python_coder.evidence.ledger import EntryKind
from scenarios.scripted_server import Say, call, half_call, text
from scenarios.wire import PLAN, READ, REPORT, WRITE, Play

RESPONSES, CHAT = "openai:gpt-6-luna", "openai-chat:gpt-6-luna"
BOTH = pytest.mark.parametrize("model", [RESPONSES, CHAT], ids=["responses", "chat"])
HONEST = [Say([text("Looking."), READ]), Say([PLAN]), Say([WRITE]), Say([REPORT])]
PROMPT = "<task>\nAdd a function\n</task>"


def _without(request: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in request.items() if key not in {"tools", "@betas", *keys}}


def test_the_first_request_to_the_responses_api(play: Play) -> None:
    _, requests = play(HONEST, RESPONSES)
    assert _without(requests[0]) == {
        "@path": "/v1/responses",
        "model": "gpt-6-luna",
        "stream": True,
        "max_output_tokens": 16_000,
        "reasoning": {"effort": "medium", "context": "all_turns"},
        "include": ["reasoning.encrypted_content"],
        "store": False,
        "tool_choice": "required",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": PROMPT}],
    }


def test_the_first_request_to_the_chat_api(play: Play) -> None:
    _, requests = play(HONEST, CHAT)
    assert _without(requests[0]) == {
        "@path": "/v1/chat/completions",
        "model": "gpt-6-luna",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 16_000,
        "reasoning_effort": "medium",
        "store": False,
        "tool_choice": "required",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}],
    }


@BOTH
def test_tools_by_phase_and_a_prefix_that_stays(play: Play, model: str) -> None:
    loop, requests = play(HONEST, model)
    assert loop.error is None
    names = [[tool.get("name") or tool["function"]["name"] for tool in request["tools"]] for request in requests]
    assert "mcp__coder__edit_files" not in names[0]
    assert "mcp__coder__edit_files" in names[2]
    assert names[0][-2:] == ["submit_plan", "submit_refusal"]
    key = "input" if model == RESPONSES else "messages"
    for before, after in itertools.pairwise(requests):
        assert json.dumps(after[key][: len(before[key])]) == json.dumps(before[key])


def test_a_model_that_does_not_think_is_not_told_to(play: Play) -> None:
    _, requests = play(HONEST, "openai-chat:gpt-4o")
    assert "reasoning_effort" not in requests[0]


def test_what_the_cache_held_is_counted_apart(play: Play) -> None:
    loop, _ = play(HONEST, RESPONSES)
    turns = [entry.data for entry in loop.entries(EntryKind.MODEL_TURN)]
    assert [(turn["model"], turn["input_tokens"], turn["cache_read_tokens"]) for turn in turns] == [
        ("gpt-6-luna", 10, 4)
    ] * 4
    assert all(isinstance(turn["cost_usd"], float) and turn["cost_usd"] > 0 for turn in turns)


PASSING = {
    "408": (Say(status=408), [0.5]),
    "409": (Say(status=409), [0.5]),
    "429-retry-after": (Say(status=429, headers={"retry-after": "9"}), [9.0]),
    "500": (Say(status=500), [0.5]),
    "503": (Say(status=503), [0.5]),
    "dropped-stream": (Say([text("Let me"), WRITE], is_cut=True), [0.5]),
    "dropped-connection": (Say(drops=True), [0.5]),
}


@BOTH
@pytest.mark.parametrize(("fault", "waits"), PASSING.values(), ids=PASSING)
def test_the_same_request_again_after_a_bounded_wait(play: Play, model: str, fault: Say, waits: list[float]) -> None:
    loop, requests = play([Say([PLAN]), fault, Say([WRITE]), Say([REPORT])], model)
    assert loop.error is None
    assert loop.waits == waits
    assert requests[2] == requests[1]
    assert [entry.data["retried"] for entry in loop.entries(EntryKind.FAULT)] == [True]
    assert [entry.data["tool"] for entry in loop.entries(EntryKind.TOOL_CALL)] == ["mcp__serena__create_text_file"]


ANSWERED = {
    "no-json": (Say([half_call("mcp__serena__read_file", '{"relative_path": app')]), "JSON"),
    "unknown-tool": (Say([call("mcp__serena__fly", to="moon")]), "Unknown tool name"),
    "words-alone": (Say([text("All done!")]), "tool"),
    "max-tokens-in-a-call": (
        Say([half_call("mcp__serena__create_text_file", '{"relative_path": "app/x.py", "con')], stop="max_tokens"),
        "cut at its limit",
    ),
    "max-tokens-in-words": (Say([text("I shall")], stop="max_tokens"), "cut at its limit"),
    "content-filter": (Say([], stop="refusal"), "submit_refusal"),
}


@BOTH
@pytest.mark.parametrize(("odd", "told"), ANSWERED.values(), ids=ANSWERED)
def test_an_odd_answer_is_answered_and_kept(play: Play, model: str, odd: Say, told: str) -> None:
    loop, requests = play([Say([PLAN]), odd, Say([WRITE]), Say([REPORT])], model)
    assert loop.error is None
    assert told in str((requests[2].get("input") or requests[2]["messages"])[-1])
    assert len(loop.entries(EntryKind.MODEL_TURN)) == 4
    assert loop.waits == []


@BOTH
def test_a_wrong_key_is_not_tried_again(play: Play, model: str) -> None:
    loop, requests = play([Say(status=401)], model)
    assert isinstance(loop.error, ProviderError)
    assert (len(requests), loop.waits) == (1, [])
