# tests/agent/test_approving.py — rules on paths hold for every file that an edit touched, whatever its arguments named
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.models.test import TestModel

from agent.looped import looped
from python_coder.agent.approvals import Approvals, Question
from python_coder.agent.policy import Policy, Rule
from python_coder.agent.session import Session
from python_coder.agent.thinker import Thinker
from python_coder.evidence.ledger import EntryKind
from python_coder.tools.table import Tool
from scenarios.pricing_service import write_service


async def _nothing() -> str:
    return ""


WIDE = Tool(name="mcp__serena__replace_in_files", function=_nothing, effect="edits")


class Person:
    def __init__(self) -> None:
        self.asked: list[Question] = []

    async def approves(self, question: Question) -> bool | None:
        self.asked.append(question)
        return True


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "r").mkdir()
    with looped(write_service(tmp_path / "r"), tmp_path / "run", Thinker(name="m", model=TestModel())) as loop:
        yield loop.session


def rule(decision: Any, tool: str = "edits", **arguments: str) -> Rule:
    return Rule(decision=decision, tool=tool, arguments=arguments, why="House rule.")


DENIED, ASKED = rule("deny", relative_path="migrations/*"), rule("ask", path="migrations/*")
TESTS = rule("allow", path="tests/*")
MIGRATION, TEST, CODE = "migrations/a.py", "tests/test_x.py", "app/x.py"
CASES: dict[str, tuple[list[Rule], Any, str, list[str], list[str]]] = {
    "denied": ([DENIED], "auto", ".", [CODE, MIGRATION], ["denied rule"]),
    "asked": ([ASKED], "auto", ".", [MIGRATION], ["allowed user"]),
    "asked-where-nobody-is": ([ASKED], "never", ".", [MIGRATION], ["denied mode"]),
    "deny-over-ask": ([ASKED, DENIED], "auto", ".", [MIGRATION], ["denied rule"]),
    "another-argument-too": ([rule("deny", path="*", repl="c")], "auto", ".", [MIGRATION], []),
    "another-tool": ([rule("deny", "delete_file", path="*")], "auto", ".", [MIGRATION], []),
    "another-file": ([DENIED], "auto", ".", [CODE], []),
    "no-rule": ([], "auto", ".", [MIGRATION], []),
    "allowed-here-but-not-there": ([TESTS], "ask", TEST, [TEST, CODE], ["allowed rule", "allowed user"]),
    "allowed-here-and-there": ([TESTS], "ask", TEST, [TEST, "tests/b.py"], ["allowed rule"]),
    "asked-once-for-all": ([DENIED], "ask", CODE, [CODE, TEST], ["allowed user"]),
}


@pytest.mark.parametrize(("rules", "mode", "named", "written", "recorded"), CASES.values(), ids=CASES)
def test_what_an_edit_touched(
    session: Session, rules: list[Rule], mode: Any, named: str, written: list[str], recorded: list[str]
) -> None:
    person, given = Person(), {"needle": "a", "repl": "b", "relative_path": named}
    session.approvals = Approvals(policy=Policy(rules), mode=mode, asker=person)

    async def edit() -> str:
        weighed, refused = await session.approving.before(WIDE, given)
        assert not refused
        for path in written:
            file = session.workspace.folder / path
            file.parent.mkdir(exist_ok=True)
            file.write_text("X = 1\n")
        return await session.approving.after(WIDE, given, weighed, session.tree)

    refused = asyncio.run(edit())
    found = [entry.data for entry in session.ledger.entries if entry.kind is EntryKind.APPROVAL]
    assert [f"{data['decision']} {data['by']}" for data in found] == recorded
    assert ("House rule." in refused) == (recorded[-1:] in (["denied rule"], ["denied mode"]))
    assert all("+X = 1" in question.shown for question in person.asked)
