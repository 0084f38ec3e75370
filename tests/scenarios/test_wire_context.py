# tests/scenarios/test_wire_context.py — a long conversation on the wire: trimmed in big steps, told again, compacted
import itertools
import json
from typing import Any

from python_coder.evidence.ledger import EntryKind
from scenarios.scripted_server import Say, call, text
from scenarios.wire import PLAN, REPORT, Play

LINES = "".join(f"line {number:04}\n" for number in range(200))
"""About 2,000 characters in an answer."""


def _write(number: int) -> Say:
    return Say([call("mcp__serena__create_text_file", relative_path=f"app/f{number}.txt", content=LINES)])


def _read(number: int, start: int = 0) -> Say:
    return Say([call("mcp__serena__read_file", relative_path=f"app/f{number}.txt", start_line=start)])


def _results(request: dict[str, Any]) -> list[str]:
    parts = [part for message in request["messages"] for part in message["content"]]
    return [str(part["content"]) for part in parts if part["type"] == "tool_result"]


def _prefixes_kept(requests: list[dict[str, Any]]) -> list[bool]:
    """Whether each request begins with what the one before was."""
    bodies = [[json.dumps(message) for message in request["messages"]] for request in requests]
    return [after[: len(before)] == before for before, after in itertools.pairwise(bodies)]


def test_old_answers_are_trimmed_in_big_steps(play: Play) -> None:
    script = [Say([PLAN]), _write(0), *(_read(0, number) for number in range(1, 25)), Say([REPORT])]
    loop, requests = play(script, limit=40, most_chars=24_000)
    assert loop.error is None
    trimmed = [sum("[trimmed:" in result for result in _results(request)) for request in requests]
    steps = [count for count, _ in itertools.groupby(trimmed)]
    assert steps == sorted(steps)
    assert steps[0] == 0
    # Each step frees half of the room, so that the prefix lasts for some turns.
    assert 2 <= len(steps) - 1 <= 5
    assert _prefixes_kept(requests).count(False) == len(steps) - 1
    listed = [any(tool["name"] == "mcp__coder__recall" for tool in request["tools"]) for request in requests]
    assert listed == [count > 0 for count in trimmed]


def test_a_trimmed_answer_is_told_again_word_for_word(play: Play) -> None:
    reads = 9

    def script(request: dict[str, Any], number: int) -> Say:
        if number == 0:
            return Say([PLAN])
        if number == 1:
            return _write(0)
        if number < 2 + reads:
            return Say([call("mcp__serena__read_file", relative_path="app/f0.txt", start_line=number, end_line=190)])
        if number == 2 + reads:
            line = next(result for result in _results(request) if "[trimmed:" in result)
            return Say([call("mcp__coder__recall", call=line.split('call="')[1].split('"')[0])])
        return Say([REPORT])

    loop, requests = play(script, limit=40, most_chars=12_000)
    assert loop.error is None
    recalled = loop.entries(EntryKind.TOOL_CALL)[-1].data
    assert (recalled["tool"], recalled["is_free"], recalled["outcome"]) == ("mcp__coder__recall", True, "done")
    assert "line 0150" in _results(requests[-1])[-1]


def test_compaction_keeps_task_plan_and_the_newest_turns(play: Play) -> None:
    script = [Say([PLAN]), *(Say([text(f"Now {n}."), *_write(n).blocks]) for n in range(12)), Say([REPORT])]
    loop, requests = play(script, limit=40, most_chars=10_000)
    assert loop.error is None
    last = requests[-1]
    first = json.dumps(last["messages"][0])
    assert "<task>\\nAdd a function" in first
    assert "submit_plan" in first
    assert json.dumps(json.dumps(PLAN["input"]))[2:-2].replace(" ", "") in first.replace(" ", "")
    assert "you: Now 0." in first
    assert len(json.dumps(last["messages"])) < 20_000
    kept = [part["name"] for message in last["messages"] for part in message["content"] if part["type"] == "tool_use"]
    assert 2 <= len(kept) <= 6
    assert _prefixes_kept(requests).count(False) <= 4
    # What is not sent is not lost.
    assert sum(entry.data["outcome"] == "done" for entry in loop.entries(EntryKind.TOOL_CALL)) == 12


def test_a_request_that_is_too_long_for_the_model_is_sent_shorter(play: Play) -> None:
    too_long = Say(status=400, message="prompt is too long: 250000 tokens > 200000 maximum")
    script = [Say([PLAN]), *(_write(n) for n in range(6)), *(_read(n) for n in range(6)), too_long, Say([REPORT])]
    loop, requests = play(script, limit=40, most_chars=30_000)
    assert loop.error is None
    assert len(json.dumps(requests[-1]["messages"])) < len(json.dumps(requests[-2]["messages"]))
    assert loop.waits == []
