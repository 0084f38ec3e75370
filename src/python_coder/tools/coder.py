# src/python_coder/tools/coder.py — python-coder's own tools: recipes, gates, the budget
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from python_coder.evidence.verdict import GateResult
from python_coder.recipes.apply import RecipeResult, plan_recipe
from python_coder.tools.answers import shorten
from python_coder.tools.files import ProjectFiles
from python_coder.tools.table import Tool

_MOST_FINDINGS = 20
_NOTHING_CHANGED = "Nothing changed since the base revision, so there is nothing to judge."


@dataclass(frozen=True, kw_only=True)
class CoderTools:
    """What a model would otherwise build by hand, one call each. Each public method is one tool."""

    files: ProjectFiles
    judge: Callable[[Sequence[str]], Awaitable[Sequence[GateResult]]]
    """Runs the named gates, or all for none, on the present work tree, and records them."""
    extend: Callable[[str, Sequence[int]], str]
    """Asks the budget for more calls, for a reason and the ledger entries that show it."""

    async def preview_recipe(self, recipe: str, arguments: dict[str, Any]) -> str:
        """Say what a recipe would write, without writing it.

        Args:
            recipe: `add_resource` or `add_field`.
            arguments: As the task's grammar gives them.

        Returns:
            JSON with `scope` (paths), `kind`, `has_migration`, `summary`.
        """
        return _as_json(plan_recipe(self.files, recipe, arguments))

    async def apply_recipe(self, recipe: str, arguments: dict[str, Any]) -> str:
        """Write a whole, conventional change: tests first, then model, schema, routes, migration, docs.

        Args:
            recipe: `add_resource` or `add_field`.
            arguments: As the task's grammar gives them.

        Returns:
            JSON with `scope` (the paths written), `summary`, `rationale`, `followups`.
        """
        result = plan_recipe(self.files, recipe, arguments)
        for edit in result.edits:
            if edit.content is None:
                self.files.delete(edit.path)
            else:
                self.files.write(edit.path, edit.content)
        return _as_json(result)

    async def run_gates(self, names: list[str] | None = None) -> str:
        """Judge the work tree as it is now, as the verdict will.

        Args:
            names: Such as `tests` or `mypy`; none for all.

        Returns:
            One line a gate, then the findings that block.
        """
        return shorten(digest_of(await self.judge(names or [])) or _NOTHING_CHANGED)

    async def request_more_calls(self, reason: str, evidence: list[int]) -> str:
        """Ask for more tool calls than the budget allows; only recorded evidence counts.

        Args:
            reason: The cause, such as the gate that failed.
            evidence: Ledger entries that show it, by the numbers that failed gates and tools name.
        """
        return self.extend(reason, evidence)


def digest_of(results: Sequence[GateResult]) -> str:
    """Gate results as short text: verdicts first, then what blocks."""
    lines = [f"{result.gate}: {result.verdict} - {result.reason}" for result in results]
    findings = [
        f"{result.gate}: {finding.path}:{finding.line}: {finding.rule}: {finding.message}"
        for result in results
        for finding in result.findings
        if finding.severity == "blocking"
        and not result.is_acceptable
        # A gate's reason often is its first finding.
        and f"{finding.path}:{finding.line}: {finding.rule}" not in result.reason
    ]
    return "\n".join([*lines, *findings[:_MOST_FINDINGS]])


def coder_tools(tools: CoderTools) -> tuple[Tool, ...]:
    """The `mcp__coder__…` part of the tool table."""

    def tool(function: Callable[..., Awaitable[str]], effect: Any, *, is_free: bool = False) -> Tool:
        return Tool(name=f"mcp__coder__{function.__name__}", function=function, effect=effect, is_free=is_free)

    return (
        tool(tools.preview_recipe, "reads"),
        tool(tools.apply_recipe, "edits"),
        tool(tools.run_gates, "reads"),
        tool(tools.request_more_calls, "reads", is_free=True),
    )


def _as_json(result: RecipeResult) -> str:
    answer: Mapping[str, object] = {
        "scope": list(result.scope),
        "kind": result.kind,
        "has_migration": result.has_migration,
        "summary": result.summary,
        "rationale": result.rationale,
        "followups": list(result.followups),
        "notes": {edit.path: edit.note for edit in result.edits},
    }
    return json.dumps(answer)
