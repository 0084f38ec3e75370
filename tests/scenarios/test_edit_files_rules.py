# tests/scenarios/test_edit_files_rules.py — no rule, question or record of an edit is got round by several in one call
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.looped import Looped, looped
from python_coder.agent.approvals import Approvals, Question
from python_coder.agent.policy import Policy, Rule
from python_coder.agent.thinker import choose_thinker
from python_coder.evidence.ledger import EntryKind
from python_coder.tools.combined.edit_forms import EDIT_FILES
from scenarios.scripted_server import Say, call, scripted_model, url_of
from scenarios.wire import PLAN, REPORT

NEW = {"path": "app/x.py", "content": "X = 1\n"}
MAIN = {"path": "app/main.py", "old": "\n", "new": "\n\n", "all": True}


@dataclass
class Person:
    answer: bool | None = None
    asked: list[Question] = field(default_factory=list)

    async def approves(self, question: Question) -> bool | None:
        self.asked.append(question)
        return self.answer


def carry_out(
    repository: Path, folder: Path, approvals: Approvals, *edits: dict[str, Any], look: Callable[[Looped], Any] = id
) -> tuple[Looped, str, Any]:
    """Make the edits in one call. Returns the loop, what the model was told, and what `look` saw of the live loop."""
    script = [Say([PLAN]), Say([call(EDIT_FILES, edits=list(edits))]), Say([REPORT])]
    with scripted_model(script) as server:
        environ = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url_of(server)}
        with looped(repository, folder, choose_thinker("haiku", environ)) as loop:
            loop.session.approvals = approvals
            loop.run()
            return loop, str(server.requests[-1]["messages"][-1]), look(loop)


def changed(loop: Looped) -> list[str]:
    return [file.path for file in loop.session.workspace.change().files]


def denied(tool: str, **arguments: str) -> Rule:
    return Rule(decision="deny", tool=tool, arguments=arguments, why="House rule.")


SPELLINGS = ("app/x.py", "./app/x.py", "app//x.py", " app/x.py ", "app/./x.py", "app/x.py/")
ATTACKS: dict[str, tuple[Rule, dict[str, Any]]] = {
    **{
        f"a-path-spelled-{place}": (denied("create_text_file", relative_path="app/x*"), {**NEW, "path": path})
        for place, path in enumerate(SPELLINGS)
    },
    "full-name": (denied("mcp__serena__create_text_file"), NEW),
    "by-effect-and-path": (denied("edits", relative_path="app/*"), NEW),
    "every-tool": (denied("*", relative_path="app/x.py"), NEW),
    "the-whole-call": (denied(EDIT_FILES), NEW),
    "text": (denied("replace_content", relative_path="app/main.py"), MAIN),
    "needle": (denied("replace_content", needle="*X*"), {**NEW, "content": None, "old": "aXb", "new": ""}),
    "other-names": (
        denied("replace_content", relative_path="app/main.py"),
        {"file_path": "app/main.py", "old_string": "x", "new_string": "y"},
    ),
    "symbol": (
        denied("replace_symbol_body", name_path="app"),
        {"path": "app/main.py", "symbol": "app", "new": "app = 1"},
    ),
    "beside": (denied("insert_*"), {"path": "app/main.py", "after": "app", "new": "other = 1"}),
    "file-goes": (denied("delete_file"), {"path": "app/main.py", "delete": True}),
    "symbol-goes": (denied("safe_delete_symbol"), {"path": "app/main.py", "symbol": "app", "delete": True}),
}


@pytest.mark.parametrize(("rule", "edit"), ATTACKS.values(), ids=ATTACKS)
def test_a_denied_edit_among_others_denies_them_all(
    repository: Path, tmp_path: Path, rule: Rule, edit: dict[str, Any]
) -> None:
    allowed = Rule(decision="allow", tool="*")
    approvals = Approvals(policy=Policy((allowed, rule)), asker=Person(True))
    fine = {"path": "docs/fine.md", "content": "fine\n"}
    loop, told, files = carry_out(repository, tmp_path / "run", approvals, fine, edit, look=changed)
    assert files == []
    assert "policy denies this call" in told
    assert "House rule." in told
    assert [entry.data["outcome"] for entry in loop.entries(EntryKind.TOOL_CALL)] == ["denied"]
    assert loop.session.budget.used == 0


ASKED: dict[str, tuple[Approvals, list[str], list[tuple[str, str]]]] = {
    "yes": (Approvals(mode="ask", asker=Person(True)), ["app/x.py", "docs/y.md"], [("allowed", "user")]),
    "no": (Approvals(mode="ask", asker=Person(False)), [], [("denied", "user")]),
    "nobody": (Approvals(mode="ask", asker=Person(None)), [], [("denied", "nobody")]),
    "asked-for-one-of-them": (
        Approvals(
            policy=Policy((Rule(decision="ask", tool="edits", arguments={"relative_path": "docs/*"}),)),
            asker=Person(False),
        ),
        [],
        [("denied", "user")],
    ),
    "all-are-allowed": (
        Approvals(mode="ask", policy=Policy((Rule(decision="allow", tool="create_*"),)), asker=Person(False)),
        ["app/x.py", "docs/y.md"],
        [("allowed", "rule")],
    ),
    "one-is-allowed": (
        Approvals(
            mode="ask",
            policy=Policy((Rule(decision="allow", tool="*", arguments={"relative_path": "docs/*"}),)),
            asker=Person(False),
        ),
        [],
        [("denied", "user")],
    ),
    "never": (
        Approvals(mode="never", policy=Policy((Rule(decision="ask", tool="create_*"),))),
        [],
        [("denied", "mode")],
    ),
}


@pytest.mark.parametrize(("approvals", "kept", "decisions"), ASKED.values(), ids=ASKED)
def test_all_edits_are_asked_for_at_once(
    repository: Path, tmp_path: Path, approvals: Approvals, kept: list[str], decisions: list[tuple[str, str]]
) -> None:
    other = {"path": "docs/y.md", "content": "why\n"}
    loop, _, files = carry_out(repository, tmp_path / "run", approvals, NEW, other, look=changed)
    assert files == kept
    recorded = [(entry.data["decision"], entry.data["by"]) for entry in loop.entries(EntryKind.APPROVAL)]
    assert recorded == decisions
    if isinstance(approvals.asker, Person) and decisions[0][1] in {"user", "nobody"}:
        (question,) = approvals.asker.asked
        assert "+X = 1" in question.shown
        assert "+why" in question.shown


def test_the_ledger_names_each_edit_and_the_budget_counts_one_call(repository: Path, tmp_path: Path) -> None:
    loop, _, told = carry_out(
        *(repository, tmp_path / "run", Approvals(), NEW, {"path": "app/x.py", "symbol": "X", "new": "X = 2"}),
        look=lambda live: live.session.told_findings,
    )
    (entry,) = loop.entries(EntryKind.TOOL_CALL)
    assert entry.data["tool"] == EDIT_FILES
    assert entry.data["edits"] == [
        {"tool": "mcp__serena__create_text_file", "path": "app/x.py"},
        {"tool": "mcp__serena__replace_symbol_body", "path": "app/x.py"},
    ]
    assert loop.session.budget.used == 1
    assert told is False


def test_a_run_knows_that_the_check_told_something_new(repository: Path, tmp_path: Path) -> None:
    _, answer, told = carry_out(
        *(repository, tmp_path / "run", Approvals(), {**NEW, "content": "X = missing\n"}),
        look=lambda live: live.session.told_findings,
    )
    assert "F821" in answer
    assert told is True


def test_a_failed_call_leaves_the_tree_as_it_was(repository: Path, tmp_path: Path) -> None:
    bad = {"path": "app/main.py", "old": "nowhere to be found", "new": ""}
    loop, answer, files = carry_out(repository, tmp_path / "run", Approvals(), NEW, bad, look=changed)
    assert files == []
    assert "edit 2 of 2 (app/main.py)" in answer
    assert [entry.data["outcome"] for entry in loop.entries(EntryKind.TOOL_CALL)] == ["refused"]
