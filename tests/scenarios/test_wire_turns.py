# tests/scenarios/test_wire_turns.py — calls and typed outputs in one answer: what they save, and what they cannot claim
from python_coder.evidence.entries import EntryKind
from scenarios.scripted_server import Say, call
from scenarios.wire import PLAN, READ, REPORT, WRITE, Play

BROKEN = call("mcp__serena__replace_lines", relative_path="app/none.py", start_line=1, end_line=1, content="x\n")


def test_reads_beside_the_plan_are_answered_before_the_work(play: Play) -> None:
    loop, requests = play([Say([READ, PLAN]), Say([WRITE]), Say([REPORT])])
    assert loop.error is None
    assert len(requests) == 3
    answer, start = requests[1]["messages"][-1]["content"][0], str(requests[1]["messages"][-1])
    assert answer["type"] == "tool_result"
    assert "FastAPI" in str(answer)
    assert "Carry it out" in start


def test_a_report_beside_edits_that_held_ends_the_work(play: Play) -> None:
    loop, requests = play([Say([PLAN]), Say([WRITE, REPORT])])
    assert loop.error is None
    assert len(requests) == 2
    kinds = [entry.kind for entry in loop.entries(EntryKind.TOOL_CALL) + loop.entries(EntryKind.CLAIM)]
    assert kinds == [EntryKind.TOOL_CALL, EntryKind.CLAIM]


def test_a_report_beside_an_edit_that_did_not_hold_is_handed_back(play: Play) -> None:
    loop, requests = play([Say([PLAN]), Say([BROKEN, REPORT]), Say([WRITE, REPORT])])
    assert loop.error is None
    assert len(requests) == 3
    assert "was not taken" in str(requests[2]["messages"][-1])
    assert "mcp__serena__replace_lines refused" in str(requests[2]["messages"][-1])
    assert len(loop.entries(EntryKind.CLAIM)) == 1
    assert loop.entries(EntryKind.CLAIM)[0].data["round"] == 1


def test_a_report_beside_an_edit_with_findings_is_handed_back_once(play: Play) -> None:
    odd = call("mcp__serena__create_text_file", relative_path="app/y.py", content="import os\n\nX = undefined_name\n")
    loop, requests = play([Say([PLAN]), Say([odd, REPORT]), Say([REPORT])])
    assert loop.error is None
    assert len(requests) == 3
    assert "told new findings" in str(requests[2]["messages"][-1])
    assert len(loop.entries(EntryKind.CLAIM)) == 1
