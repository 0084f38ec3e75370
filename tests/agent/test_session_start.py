# tests/agent/test_session_start.py — what a resumed session makes of a ledger and a journal that a kill left apart
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agent.looped import PROMPT, looped
from python_coder.agent.journal import Journal
from python_coder.agent.options import RunOptions
from python_coder.agent.progress import Silence
from python_coder.agent.session import Session
from python_coder.agent.session_start import start_session
from python_coder.agent.thinker import Thinker
from python_coder.agent.tool_listing import MORE_TOOLS
from python_coder.evidence.ledger import EntryKind, Ledger, read_ledger
from python_coder.workspace.worktree import Workspace
from scenarios.pricing_service import write_service

PLAN = {"kind": "behaviour", "steps": ["x"], "scope": ["**"]}
REPORT = {"summary": "s", "rationale": "r"}


def _answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    is_planning = any(tool.name == "submit_plan" for tool in info.output_tools)
    call = ToolCallPart("submit_plan", PLAN) if is_planning else ToolCallPart("submit_report", REPORT)
    return ModelResponse(parts=[call], model_name="m", finish_reason="stop")


LEFT = {"before-any-turn": 0, "after-the-first": 1, "none-missing": 2}


@pytest.mark.parametrize("turns", LEFT.values(), ids=LEFT)
def test_answers_that_the_ledger_does_not_know_are_recorded_once(tmp_path: Path, turns: int) -> None:
    (tmp_path / "r").mkdir()
    repository, run = write_service(tmp_path / "r"), tmp_path / "run"
    thinker = Thinker(name="m", model=FunctionModel(_answer))
    with looped(repository, run, thinker) as loop:
        assert loop.run().ended_because == "proven"
    entries = read_ledger(run / "ledger.jsonl")
    kept = [entry for entry in entries if entry.kind is EntryKind.MODEL_TURN][:turns]
    (run / "ledger.jsonl").write_bytes(b"".join(entry.line for entry in entries[: kept[-1].seq if kept else 0]))
    workspace = Workspace.create(repository, tmp_path / "again", run_id="again")
    options = RunOptions(task=PROMPT, repository=repository)
    for _ in range(2):
        with Ledger.open(run / "ledger.jsonl") as ledger:
            start_session(
                options,
                thinker,
                Silence(),
                ledger=ledger,
                journal=Journal(run / "messages.jsonl"),
                workspace=workspace,
            )
            found = [entry.data["phase"] for entry in ledger.entries if entry.kind is EntryKind.MODEL_TURN]
            assert found == ["plan", "act"]
    workspace.remove()


EARNED = {
    "failed-tool": (EntryKind.TOOL_CALL, {"outcome": "failed"}, True),
    "refused-tool": (EntryKind.TOOL_CALL, {"outcome": "refused"}, True),
    "tool-that-did-its-work": (EntryKind.TOOL_CALL, {"outcome": "done"}, False),
    "denied-tool": (EntryKind.TOOL_CALL, {"outcome": "denied"}, False),
    "failed-command": (EntryKind.COMMAND, {"exit_code": 1}, True),
    "command-that-did-its-work": (EntryKind.COMMAND, {"exit_code": 0}, False),
    "failed-gate": (EntryKind.GATE, {"gate": "tests", "verdict": "failed"}, True),
    "passed-gate": (EntryKind.GATE, {"gate": "tests", "verdict": "passed"}, False),
    "its-own-words": (EntryKind.GATE, {"gate": "claims", "verdict": "failed"}, False),
}


@pytest.mark.parametrize(("kind", "data", "earns"), EARNED.values(), ids=EARNED)
def test_what_failed_before_a_kill_earns_calls_after_it(
    tmp_path: Path, kind: EntryKind, data: dict[str, Any], *, earns: bool
) -> None:
    with resumed_after(tmp_path, kind, data) as (session, seq):
        assert session.budget.extend("It failed.", [seq]).startswith("Granted") is earns


def test_a_resumed_run_still_lists_what_was_asked_for(tmp_path: Path) -> None:
    asked = {"tool": MORE_TOOLS, "arguments": {"names": ["mcp__docker__get-logs", "find_symbol"]}, "outcome": "done"}
    with resumed_after(tmp_path, EntryKind.TOOL_CALL, asked) as (session, _):
        assert session.asked == {"get_logs", "find_symbol"}


@contextmanager
def resumed_after(tmp_path: Path, kind: EntryKind, data: dict[str, Any]) -> Iterator[tuple[Session, int]]:
    """A session that begins again after one more entry, and that entry's number."""
    (tmp_path / "r").mkdir()
    thinker = Thinker(name="m", model=FunctionModel(_answer))
    with looped(write_service(tmp_path / "r"), tmp_path / "run", thinker) as one:
        entry = one.session.ledger.append(kind, **data)
        session, _ = start_session(
            RunOptions(task=PROMPT, repository=tmp_path / "r"),
            thinker,
            Silence(),
            ledger=one.session.ledger,
            journal=Journal(tmp_path / "run/messages.jsonl"),
            workspace=one.session.workspace,
        )
        yield session, entry.seq
