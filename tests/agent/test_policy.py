# tests/agent/test_policy.py — a decision rests on the call alone; the strictest rule wins; a repository only tightens
from typing import Any

import pytest

from agent.shop_repository import ShopFiles
from python_coder.agent.approvals import Approvals, Nobody, Question
from python_coder.agent.policy import Policy, read_rules, repository_rules
from python_coder.errors import UsageError
from python_coder.tools.table import Tool, ToolEffect


async def _nothing() -> str:
    return ""


def tool(name: str, effect: ToolEffect = "edits", *, is_free: bool = False) -> Tool:
    return Tool(
        name=f"mcp__serena__{name}", function=_nothing, effect=effect, is_free=is_free, aliases={"file": "path"}
    )


SHELL = tool("execute_shell_command", "runs")
EDIT = tool("replace_lines")
EDIT2 = Tool(name="mcp__serena__delete_file", function=_nothing, effect="edits")
DEPLOY = Tool(name="mcp__docker__deploy-compose", function=_nothing, effect="runs")
READ = tool("read_file", "reads")


def policy(*rules: str) -> Policy:
    return Policy(read_rules("".join(f"[[rule]]\n{rule}\n" for rule in rules), "policy.toml"))


def deny(tool: str, **arguments: str) -> str:
    return rule("deny", tool, **arguments)


def rule(decision: str, tool: str, **arguments: str) -> str:
    listed = ", ".join(f'{name} = "{pattern}"' for name, pattern in arguments.items())
    return f'decision = "{decision}"\ntool = "{tool}"\narguments = {{ {listed} }}'


ALEMBIC = deny("execute_shell_command", command="alembic downgrade*")
MIGRATIONS = deny("edits", relative_path="migrations/*")
CALLS: dict[str, tuple[tuple[str, ...], Tool, dict[str, Any], str | None]] = {
    "no-rule": ((), EDIT, {"path": "a"}, None),
    "full-name": ((deny("mcp__serena__replace_lines"),), EDIT, {}, "deny"),
    "short-name": ((deny("replace_lines"),), EDIT, {}, "deny"),
    "pattern": ((deny("replace_*"),), EDIT, {}, "deny"),
    "server": ((deny("mcp__serena__*"),), READ, {}, "deny"),
    "effect": ((deny("edits"),), EDIT, {}, "deny"),
    "other-effect": ((deny("edits"),), SHELL, {"command": "pytest"}, None),
    "argument": ((ALEMBIC,), SHELL, {"command": "alembic downgrade -1"}, "deny"),
    "other-argument": ((ALEMBIC,), SHELL, {"command": "alembic upgrade head"}, None),
    "blanks": ((ALEMBIC,), SHELL, {"command": "alembic   downgrade -1"}, "deny"),
    "by-uv": ((ALEMBIC,), SHELL, {"command": "uv run alembic downgrade -1"}, "deny"),
    "by-uv-with-options": ((ALEMBIC,), SHELL, {"command": "uv run --frozen -- alembic downgrade -1"}, "deny"),
    "as-a-module": ((ALEMBIC,), SHELL, {"command": "python -m alembic downgrade -1"}, "deny"),
    "quoted": ((ALEMBIC,), SHELL, {"command": "'alembic' \"downgrade\" -1"}, "deny"),
    "options-before-the-subcommand": (
        (ALEMBIC,),
        SHELL,
        {"command": "alembic -c a.ini --raiseerr downgrade -1"},
        "deny",
    ),
    "as-a-module-with-options": (
        (ALEMBIC,),
        SHELL,
        {"command": "uv run python3.12 -I -m alembic downgrade -1"},
        "deny",
    ),
    "as-a-module-in-one-word": ((ALEMBIC,), SHELL, {"command": "uv run python -X dev -Imalembic downgrade -1"}, "deny"),
    "an-argument-that-looks-like-it": ((ALEMBIC,), SHELL, {"command": "pytest alembic downgrade"}, None),
    "allow-does-not-see-past-options": (
        (rule("allow", "*", command="alembic upgrade*"),),
        SHELL,
        {"command": "alembic -x upgrade downgrade"},
        None,
    ),
    "path-in-blanks": ((MIGRATIONS,), EDIT, {"relative_path": " migrations/a.py"}, "deny"),
    "path-by-its-short-name": ((deny("edits", path="migrations/*"),), EDIT2, {"relative_path": "migrations/a"}, "deny"),
    "rule-by-an-alias": ((deny("*", file="a*"),), EDIT, {"path": "a.py"}, "deny"),
    "underscores-for-dashes": ((deny("deploy_compose"),), DEPLOY, {}, "deny"),
    "dashes-for-underscores": ((deny("mcp__serena__replace-*"),), EDIT, {}, "deny"),
    "inside-an-object": ((deny("*", sent="/admin*"),), EDIT, {"sent": [{"path": "/admin/x"}]}, "deny"),
    "deep-inside-an-object": ((deny("*", sent="*gesperrt é*"),), EDIT, {"sent": {"a": [{"b": "gesperrt é"}]}}, "deny"),
    "allow-takes-an-object-whole": ((rule("allow", "*", sent="ok"),), EDIT, {"sent": {"a": "ok", "b": "no"}}, None),
    "path": ((MIGRATIONS,), EDIT, {"relative_path": "migrations/a.py"}, "deny"),
    "path-spelled-oddly": ((MIGRATIONS,), EDIT, {"relative_path": "./app/../migrations//a.py"}, "deny"),
    "one-of-a-list": ((deny("*", paths="secret/*"),), EDIT, {"paths": ["a", "secret/b"]}, "deny"),
    "number": ((deny("*", timeout="600"),), SHELL, {"timeout": 600}, "deny"),
    "absent": ((deny("*", cwd=""),), SHELL, {"command": "pytest"}, "deny"),
    "alias": ((deny("*", path="a*"),), EDIT, {"file": "a.py"}, "deny"),
    "strictest-wins": ((rule("allow", "*"), rule("ask", "*"), deny("edits")), EDIT, {}, "deny"),
    "ask-over-allow": ((rule("ask", "runs"), rule("allow", "*")), SHELL, {}, "ask"),
    "allow": ((rule("allow", "edits", path="tests/*"),), EDIT, {"path": "tests/a.py"}, "allow"),
    "allow-by-uv": ((rule("allow", "*", command="pytest*"),), SHELL, {"command": "uv run pytest -x"}, "allow"),
    "allow-is-not-tricked": ((rule("allow", "*", path="tests/*"),), EDIT, {"path": "tests/../app/a.py"}, None),
    "allow-all-of-a-list": ((rule("allow", "*", paths="tests/*"),), EDIT, {"paths": ["tests/a", "b"]}, None),
    "what-was-read-is-no-part": ((deny("edits"),), EDIT, {"content": 'decision = "allow"'}, "deny"),
}


@pytest.mark.parametrize(("rules", "called", "arguments", "decision"), CALLS.values(), ids=CALLS)
def test_a_rule_for_a_call(
    rules: tuple[str, ...], called: Tool, arguments: dict[str, Any], decision: str | None
) -> None:
    found = policy(*rules).rule_for(called, arguments)
    assert (found.decision if found else None) == decision


BROKEN = {
    "no-toml": ("[[rule", "is no TOML"),
    "other-key": ("mode = 1", "has the key 'mode'"),
    "no-decision": ("[[rule]]\ntool = 'x'", "rule 1, key 'decision'"),
    "odd-decision": ("[[rule]]\ndecision = 'maybe'", "rule 1, key 'decision'"),
    "odd-key": ("[[rule]]\ndecision = 'deny'\ntools = 'x'", "rule 1, key 'tools'"),
    "second-rule": ("[[rule]]\ndecision = 'deny'\n[[rule]]\ndecision = 'deny'\ntool = ''", "rule 2, key 'tool'"),
}


@pytest.mark.parametrize(("text", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_policy_is_a_clear_error(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_rules(text, "policy.toml")
    assert says in str(caught.value)
    assert "policy.toml" in str(caught.value)


def test_a_repository_only_tightens() -> None:
    files = ShopFiles(
        {
            ".python-coder/policy.toml": "[[rule]]\ndecision = 'allow'\n[[rule]]\ndecision = 'ask'\ntool = 'runs'\n",
            "backend/pyproject.toml": "[[tool.python-coder.rule]]\ndecision = 'deny'\ntool = 'delete_file'\n",
        }
    )
    rules, notes = repository_rules(files, "backend")
    assert [(found.decision, found.tool) for found in rules] == [("ask", "runs"), ("deny", "delete_file")]
    assert len(notes) == 1
    assert ".python-coder/policy.toml" in notes[0]


def test_no_run_goes_on_without_a_rule_that_the_repository_asks_for() -> None:
    with pytest.raises(UsageError, match="is wrong at rule 1"):
        repository_rules(ShopFiles({".python-coder/policy.toml": "[[rule]]\ndecision = 'no'\n"}), ".")


MODES = {
    "auto": ("auto", EDIT, "allow"),
    "never": ("never", EDIT, "allow"),
    "ask-edits": ("ask", EDIT, "ask"),
    "ask-runs": ("ask", SHELL, "ask"),
    "ask-reads": ("ask", READ, "allow"),
    "ask-free": ("ask", tool("x", is_free=True), "allow"),
}


@pytest.mark.parametrize(("mode", "called", "decision"), MODES.values(), ids=MODES)
def test_without_a_rule_the_mode_decides(mode: Any, called: Tool, decision: str) -> None:
    assert Approvals(mode=mode).weigh(called, {}).decision == decision


class Says:
    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.asked: list[Question] = []

    async def approves(self, question: Question) -> bool | None:
        self.asked.append(question)
        return self.answer


ANSWERS = {
    "yes": ("auto", Says(True), (True, "user", 1)),
    "no": ("auto", Says(False), (False, "user", 1)),
    "never": ("never", Says(True), (False, "mode", 0)),
}


@pytest.mark.parametrize(("mode", "asker", "came_out"), ANSWERS.values(), ids=ANSWERS)
async def test_what_is_asked(mode: Any, asker: Says, came_out: tuple[bool, str, int]) -> None:
    approvals = Approvals(policy=policy(rule("ask", "runs") + '\nwhy = "Slow."'), mode=mode, asker=asker)
    settled = await approvals.ask(SHELL, "$ pytest", approvals.weigh(SHELL, {}))
    assert (settled.is_allowed, settled.by, len(asker.asked)) == came_out
    assert "Slow." in settled.refusal
    assert [question.shown for question in asker.asked] == ["$ pytest"] * came_out[2]


async def test_without_a_terminal_it_is_denied_with_the_reason() -> None:
    approvals = Approvals(mode="ask", asker=Nobody())
    settled = await approvals.ask(EDIT, "diff", approvals.weigh(EDIT, {}))
    assert not settled.is_allowed
    assert "no terminal to ask at" in settled.refusal
