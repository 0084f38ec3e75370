# tests/scenarios/test_wire_turns.py — calls and typed outputs in one answer: what they save, and what they cannot claim
from pathlib import Path

import pytest

from python_coder.agent.journal import Journal
from python_coder.evidence.entries import EntryKind
from scenarios.scripted_server import Block, Say, call, output
from scenarios.wire import PLAN, READ, REPORT, WRITE, Play, player

BROKEN = call("mcp__serena__replace_lines", relative_path="app/none.py", start_line=1, end_line=1, content="x\n")


def test_reads_beside_the_plan_are_answered_before_the_work(play: Play) -> None:
    loop, requests = play([Say([READ, PLAN]), Say([WRITE]), Say([REPORT])])
    assert loop.error is None
    assert len(requests) == 3
    answer, start = requests[1]["messages"][-1]["content"][0], str(requests[1]["messages"][-1])
    assert answer["type"] == "tool_result"
    assert "FastAPI" in str(answer)
    assert "Carry it out" in start
    assert "Recorded." in start
    assert "Final result" not in start


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


def edit(**more: object) -> dict[str, object]:
    return {"path": "app/x.py", "content": "X = 1\n", **more}


def drafted(*edits: dict[str, object], report: bool = True) -> Block:
    said = {"report": {"summary": "Added it.", "rationale": "Short."}} if report else {}
    return output("Plan", kind="behaviour", steps=["code"], scope=["app/**"], edits=list(edits), **said)


def test_a_plan_may_bring_edits_and_report_and_nothing_more_is_asked(play: Play) -> None:
    loop, requests = play([Say([drafted(edit())])])
    assert loop.error is None
    assert len(requests) == 1
    assert [entry.data["tool"] for entry in loop.entries(EntryKind.TOOL_CALL)] == ["mcp__coder__edit_files"]
    (plan,) = loop.entries(EntryKind.PLAN)
    (claim,) = loop.entries(EntryKind.CLAIM)
    assert "edits" not in plan.data
    assert claim.data["tree"] != plan.data["tree"]
    assert claim.data["summary"] == "Added it."
    assert loop.session.budget.used == 1


HANDED_BACK = {
    "edit-that-fails": (edit(content=None, old="nowhere", new="y"), "Nothing was written"),
    "edit-with-findings": (edit(content="import os\n\nX = undefined_name\n"), "undefined"),
}


@pytest.mark.parametrize(("odd", "told"), HANDED_BACK.values(), ids=HANDED_BACK)
def test_what_came_with_the_plan_is_handed_back_when_it_does_not_hold(
    play: Play, odd: dict[str, object], told: str
) -> None:
    loop, requests = play([Say([drafted(odd)]), Say([WRITE, REPORT])])
    assert loop.error is None
    assert len(requests) == 2
    start = str(requests[1]["messages"][-1])
    assert told in start
    assert "was not taken" in start
    assert len(loop.entries(EntryKind.CLAIM)) == 1


def test_edits_without_a_report_are_made_and_told(play: Play) -> None:
    loop, requests = play([Say([drafted(edit(), report=False)]), Say([REPORT])])
    assert loop.error is None
    assert len(requests) == 2
    assert "app/x.py" in str(requests[1]["messages"][-1])
    assert len(loop.entries(EntryKind.TOOL_CALL)) == 1


def test_a_plan_that_a_person_shall_see_brings_no_edits(play: Play) -> None:
    _, requests = play([Say([PLAN])], options={"stops_after_plan": True})
    (schema,) = [tool["input_schema"] for tool in requests[0]["tools"] if tool["name"] == "submit_plan"]
    assert "edits" not in schema["properties"]


@pytest.mark.parametrize("kept", [2, 3], ids=["before-the-edits", "after-the-report"])
def test_what_came_with_a_plan_is_not_asked_for_again_after_a_kill(repository: Path, tmp_path: Path, kept: int) -> None:
    with player(repository, tmp_path / "first") as play:
        loop, _ = play([Say([drafted(edit())])])
    turns = Journal(loop.run_folder / "messages.jsonl").read()
    assert [turn.output_kind for turn in turns] == ["", "Draft", "Report"]
    with player(repository, tmp_path / "second") as play:
        resumed, requests = play([Say([REPORT])], past=turns[:kept])
    assert resumed.error is None
    assert requests == []
    assert [entry.data["summary"] for entry in resumed.entries(EntryKind.CLAIM)] == ["Added it."]


def test_a_report_before_its_edits_is_handed_back(play: Play) -> None:
    loop, requests = play([Say([PLAN]), Say([REPORT, WRITE]), Say([REPORT])])
    assert loop.error is None
    assert len(requests) == 3
    assert "must be last" in str(requests[2]["messages"][-1])
    assert len(loop.entries(EntryKind.TOOL_CALL)) == 1


def test_reports_that_are_handed_back_end_no_run(play: Play) -> None:
    loop, requests = play([Say([PLAN]), *[Say([BROKEN, REPORT])] * 5, Say([WRITE, REPORT])])
    assert loop.error is None
    assert len(requests) == 7
    assert len(loop.entries(EntryKind.CLAIM)) == 1


def test_a_report_without_edits_in_a_plan_is_handed_back(play: Play) -> None:
    loop, requests = play([Say([drafted()]), Say([WRITE, REPORT])])
    assert loop.error is None
    assert "no edits came with it" in str(requests[1]["messages"][-1])
