# tests/scenarios/test_wire_anthropic.py — exactly what goes to the Messages API
import itertools
import json
from typing import Any

import pytest

from python_coder.agent.caps import Caps
from scenarios.scripted_server import Say, text, thought
from scenarios.wire import PLAN, READ, REPORT, WRITE, Play

MARK = {"type": "ephemeral", "ttl": "5m"}
HONEST = [
    Say([thought("Look first."), text("Looking."), READ]),
    Say([PLAN]),
    Say([WRITE]),
    Say([REPORT]),
]


def test_the_first_request_to_the_letter(play: Play) -> None:
    _, requests = play(HONEST)
    first = {key: value for key, value in requests[0].items() if key != "tools"}
    assert first == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 16_000,
        "stream": True,
        "@path": "/v1/messages",
        "@betas": [],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "medium"},
        "tool_choice": {"type": "auto"},
        "cache_control": MARK,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": MARK}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "<task>\nAdd a function\n</task>"}]}],
    }


def test_tools_by_phase_with_one_cache_mark_on_the_last(play: Play) -> None:
    _, requests = play(HONEST)
    planning, acting = ([tool["name"] for tool in request["tools"]] for request in (requests[0], requests[2]))
    assert "mcp__coder__edit_files" not in planning
    assert planning[-2:] == ["submit_plan", "submit_refusal"]
    assert "mcp__coder__edit_files" in acting
    assert acting[-2:] == ["submit_report", "submit_refusal"]
    for request in requests:
        assert [tool.get("cache_control") for tool in request["tools"]][-1] == MARK
        assert not any("cache_control" in tool for tool in request["tools"][:-1])


def test_thoughts_go_back_signed_and_the_prefix_stays_to_the_byte(play: Play) -> None:
    _, requests = play(HONEST)
    assert requests[1]["messages"][1]["content"][0] == {
        "type": "thinking",
        "thinking": "Look first.",
        "signature": "sig",
    }
    for before, after in itertools.pairwise(requests):
        assert after["system"] == before["system"]
        assert json.dumps(after["messages"][: len(before["messages"]) - 1]) == json.dumps(before["messages"][:-1])
    assert requests[1]["tools"] == requests[0]["tools"]
    assert requests[3]["tools"] == requests[2]["tools"]


OTHER_MODELS = {
    "opus": ("opus", "claude-opus-5-5", {"type": "adaptive"}, {"effort": "medium"}, None),
    "haiku-4-5": (
        "anthropic:claude-haiku-4-5",
        "claude-haiku-4-5",
        {"type": "enabled", "budget_tokens": 4_096},
        None,
        "interleaved-thinking-2025-05-14",
    ),
}


@pytest.mark.parametrize(
    ("name", "model", "thinking", "output_config", "beta"), OTHER_MODELS.values(), ids=OTHER_MODELS
)
def test_thinking_as_each_generation_takes_it(
    play: Play, name: str, model: str, thinking: dict[str, Any], output_config: dict[str, Any] | None, beta: str | None
) -> None:
    _, requests = play([Say([PLAN]), Say([REPORT])], name)
    assert requests[0]["model"] == model
    assert requests[0]["thinking"] == thinking
    assert requests[0].get("output_config") == output_config
    assert requests[0]["tool_choice"] == {"type": "auto"}
    assert requests[0]["@betas"] == ([beta] if beta else [])
    assert thinking.get("budget_tokens", 0) < requests[0]["max_tokens"]


def test_a_thought_bound_to_the_tools_of_the_plan_is_dropped_when_the_provider_says_so(play: Play) -> None:
    stale = Say(status=400, message="messages.1.content.0: The block is bound to a different conversation")
    loop, requests = play([HONEST[0], HONEST[1], stale, *HONEST[2:]])
    assert requests[3]["thinking"]["block_binding"] == {"prefix_mismatch_behavior": "drop_block"}
    assert "thinking-binding-controls-2026-08-01" in requests[3]["@betas"]
    assert loop.waits == []


CAPPED = {
    "effort": ("sonnet", 22_000, {"type": "adaptive"}),
    "budget-halved": ("anthropic:claude-haiku-4-5", 18_000, "half"),
    "no-room-to-think": ("anthropic:claude-haiku-4-5", 13_800, {"type": "disabled"}),
}


@pytest.mark.parametrize(("model", "tokens", "thinking"), CAPPED.values(), ids=CAPPED)
def test_a_cap_shortens_the_answer_and_its_thoughts(play: Play, model: str, tokens: int, thinking: object) -> None:
    _, requests = play([Say([PLAN]), Say([REPORT])], model, caps=Caps(tokens=tokens))
    assert 1_000 <= requests[0]["max_tokens"] < 16_000
    half = {"type": "enabled", "budget_tokens": requests[0]["max_tokens"] // 2}
    assert requests[0]["thinking"] == (half if thinking == "half" else thinking)
