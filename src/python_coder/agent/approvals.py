# src/python_coder/agent/approvals.py — whether a call may be made: by rule, else by asking whoever sits at the terminal
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from python_coder.agent.policy import STRICTNESS, Decision, Policy, named_path, with_path
from python_coder.tools.combined.edit_forms import EDIT_FILES
from python_coder.tools.table import InnerCall, Tool

ApprovalMode = Literal["ask", "auto", "never"]
"""`auto`: what no rule names is done. `ask`: what edits or runs is asked for, unless a rule allows it. `never`: nobody
is asked; what would be asked is denied."""

_SHOWS_DIFF = frozenset(
    f"mcp__serena__{name}"
    for name in (
        *("replace_symbol_body", "insert_before_symbol", "insert_after_symbol", "rename_symbol", "safe_delete_symbol"),
        *("replace_content", "replace_in_files", "replace_lines", "insert_at_line", "create_text_file", "delete_file"),
    )
) | {"mcp__coder__apply_recipe", EDIT_FILES}
"""Edits of the work tree alone: they are made, shown as a diff, and taken back unless they are approved."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked."""

    tool: str
    shown: str
    """The exact command, the diff, or the arguments."""
    why: str
    """The rule's reason; may be empty."""


class Asker(Protocol):
    """Asks a person."""

    async def approves(self, question: Question) -> bool | None:
        """Whether the person says yes; `None` when nobody can be asked."""
        ...


class Nobody:
    """There is no terminal to ask at."""

    async def approves(self, question: Question) -> bool | None:
        """Nobody answers."""
        return None


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What the rules say of one call."""

    decision: Decision
    by_rule: bool
    why: str = ""


_ALLOWED = Weighed(decision="allow", by_rule=False)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """How an approval came out."""

    is_allowed: bool
    by: Literal["rule", "user", "nobody", "mode"]
    why: str = ""

    @property
    def refusal(self) -> str:
        """What the model is told of a denial."""
        told = {
            "rule": "The user's policy denies this call.",
            "mode": "This call needs an approval, and this run asks for none (--approve never).",
            "nobody": "This call needs an approval, and there is no terminal to ask at.",
            "user": "The user said no to this call.",
        }[self.by]
        return f"{told} {self.why}".rstrip() + " Do without it: another call to the same end will be denied as well."


@dataclass(frozen=True, kw_only=True)
class Approvals:
    """Weighs calls. It looks at the tool and its arguments, and never at anything that a model has read."""

    policy: Policy = field(default_factory=Policy)
    mode: ApprovalMode = "auto"
    asker: Asker = field(default_factory=Nobody)

    def weigh(self, tool: Tool, arguments: Mapping[str, Any]) -> Weighed:
        """What the policy says of a call; of one that stands for others, the strictest that it says of any of them."""
        own = self._weigh_alone(tool, arguments)
        inner = [self._weigh_inner(call) for call in tool.inner_calls(arguments)]
        if own.by_rule:
            # A rule on the whole call counts for what no rule says of its parts, and yields to stricter ones.
            return strictest([own, *(weighed for weighed in inner if weighed.by_rule)])
        return strictest(inner or [own])

    def weigh_files(self, tool: Tool, arguments: Mapping[str, Any], touched: Callable[[], Sequence[str]]) -> Weighed:
        """What the policy says of files that an edit touched beside those that it named: each is a call on that file.

        Args:
            tool: The edit.
            arguments: As the model gave them.
            touched: Tells the files; not asked unless a rule names a path.
        """
        if not self.policy.is_about_paths:
            return _ALLOWED
        named = {named_path(tool, arguments), *(call.path for call in tool.inner_calls(arguments))}
        others = [path for path in touched() if path not in named]
        return strictest([_ALLOWED, *(self._weigh_alone(tool, with_path(tool, arguments, path)) for path in others)])

    def _weigh_inner(self, call: InnerCall) -> Weighed:
        weighed = self._weigh_alone(call.tool, call.arguments)
        name = call.tool.name.rpartition("__")[2]
        part = f"({name} of {call.path})" if call.path else f"({name})"
        return replace(weighed, why=f"{part} {weighed.why}".rstrip()) if weighed.by_rule else weighed

    def _weigh_alone(self, tool: Tool, arguments: Mapping[str, Any]) -> Weighed:
        rule = self.policy.rule_for(tool, arguments)
        if rule is not None:
            return Weighed(decision=rule.decision, by_rule=True, why=rule.why)
        asks = self.mode == "ask" and tool.may_write and not tool.is_free
        return Weighed(decision="ask" if asks else "allow", by_rule=False)

    async def ask(self, tool: Tool, shown: str, weighed: Weighed) -> Settled:
        """Ask, unless the mode says that nobody is asked."""
        if self.mode == "never":
            return Settled(is_allowed=False, by="mode", why=weighed.why)
        answer = await self.asker.approves(Question(tool=tool.name, shown=shown, why=weighed.why))
        if answer is None:
            return Settled(is_allowed=False, by="nobody", why=weighed.why)
        return Settled(is_allowed=answer, by="user", why=weighed.why)


def strictest(found: Sequence[Weighed]) -> Weighed:
    """The strictest of several; a rule allows them only where one allows each of them."""
    return max(
        found, key=lambda weighed: (STRICTNESS[weighed.decision], weighed.by_rule != (weighed.decision == "allow"))
    )


def shows_diff(tool: Tool) -> bool:
    """Whether a call is asked for with the diff that it makes, so that it is made before the question."""
    return tool.name in _SHOWS_DIFF


def shown_call(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """A call as it is shown before it is made: the exact command, else every argument."""
    given = tool.arguments(arguments)
    if isinstance(command := given.get("command"), str) and tool.effect == "runs":
        rest = {name: value for name, value in given.items() if name != "command"}
        return f"$ {command}" + (f"\n{json.dumps(rest, ensure_ascii=False)}" if rest else "")
    return json.dumps(given, ensure_ascii=False, indent=2)
