# tests/scenarios/test_approvals.py — calls that need an approval: shown exactly, made or taken back, always on record
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.looped import Looped, looped
from python_coder.agent.approvals import Approvals, Question
from python_coder.agent.policy import Policy, Rule
from python_coder.agent.thinker import choose_thinker
from python_coder.evidence.ledger import EntryKind
from scenarios.scripted_server import Say, scripted_model, url_of
from scenarios.wire import PLAN, READ, REPORT, WRITE

DIFF = "+X = 1"


@dataclass
class Person:
    answer: bool | None
    asked: list[Question] = field(default_factory=list)

    async def approves(self, question: Question) -> bool | None:
        self.asked.append(question)
        return self.answer


def carry_out(repository: Path, folder: Path, approvals: Approvals) -> tuple[Looped, list[dict[str, Any]], bool]:
    """Read, write, report. Returns the loop, what the provider was sent, and whether the file is in the work tree."""
    script = [Say([PLAN]), Say([READ]), Say([WRITE]), Say([REPORT])]
    with scripted_model(script) as server:
        environ = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url_of(server)}
        with looped(repository, folder, choose_thinker("haiku", environ)) as loop:
            loop.session.approvals = approvals
            loop.run()
            is_there = (loop.session.workspace.folder / "app/x.py").exists()
            assert is_there == any(file.path == "app/x.py" for file in loop.session.workspace.change().files)
            return loop, server.requests, is_there


def rules(decision: Any, tool: str) -> Policy:
    return Policy((Rule(decision=decision, tool=tool, why="House rule."),))


CASES: dict[str, tuple[Approvals, bool, list[str], list[tuple[str, str]]]] = {
    "auto": (Approvals(asker=Person(False)), True, [], []),
    "yes-to-the-diff": (Approvals(mode="ask", asker=Person(True)), True, [DIFF], [("allowed", "user")]),
    "no-to-the-diff": (Approvals(mode="ask", asker=Person(False)), False, [DIFF], [("denied", "user")]),
    "nobody-there": (Approvals(mode="ask", asker=Person(None)), False, [DIFF], [("denied", "nobody")]),
    "allowed-by-rule": (
        Approvals(policy=rules("allow", "edits"), mode="ask", asker=Person(False)),
        True,
        [],
        [("allowed", "rule")],
    ),
    "denied-by-rule": (
        Approvals(policy=rules("deny", "create_*"), asker=Person(True)),
        False,
        [],
        [("denied", "rule")],
    ),
    "never": (
        Approvals(policy=rules("ask", "edits"), mode="never", asker=Person(True)),
        False,
        [],
        [("denied", "mode")],
    ),
    "asked-by-rule": (
        Approvals(policy=rules("ask", "read_file"), asker=Person(True)),
        True,
        ['"relative_path": "app/main.py"'],
        [("allowed", "user")],
    ),
}


@pytest.mark.parametrize(("approvals", "is_kept", "shown", "decisions"), CASES.values(), ids=CASES)
def test_a_call_that_needs_an_approval(
    repository: Path,
    tmp_path: Path,
    approvals: Approvals,
    is_kept: bool,
    shown: list[str],
    decisions: list[tuple[str, str]],
) -> None:
    loop, requests, is_there = carry_out(repository, tmp_path / "run", approvals)
    assert is_there == is_kept
    assert isinstance(approvals.asker, Person)
    assert len(approvals.asker.asked) == len(shown)
    assert all(part in question.shown for part, question in zip(shown, approvals.asker.asked, strict=True))
    recorded = [(entry.data["decision"], entry.data["by"]) for entry in loop.entries(EntryKind.APPROVAL)]
    assert recorded == decisions
    outcomes = [entry.data["outcome"] for entry in loop.entries(EntryKind.TOOL_CALL)]
    assert outcomes == ["done", "done" if is_kept else "denied"]
    told = str(requests[-1]["messages"][-1])
    assert ("another call to the same end will be denied" in told) == (not is_kept)
    if not is_kept and approvals.policy.rules:
        assert "House rule." in told


def test_a_denial_earns_no_more_calls(repository: Path, tmp_path: Path) -> None:
    loop, _, _ = carry_out(repository, tmp_path / "run", Approvals(policy=rules("deny", "edits")))
    assert loop.session.evidence == []
    assert loop.session.budget.used == 1
