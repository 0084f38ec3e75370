# src/python_coder/agent/planner.py — the offline planner: a deterministic model behind the same seam
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponsePart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from python_coder.agent.brief import task_of
from python_coder.agent.fence import unfenced
from python_coder.agent.plan import Plan, Refusal, Report
from python_coder.errors import NotUnderstoodError, PythonCoderError
from python_coder.recipes.grammar import UNDERSTOOD, RecipeRequest, parse_task

NAME = "offline-planner"
_PREVIEW = "mcp__coder__preview_recipe"
_APPLY = "mcp__coder__apply_recipe"
RECIPE_TOOLS = (_PREVIEW, _APPLY)
"""All that the planner calls."""


class OfflinePlanner(Model):
    """Understands a documented family of tasks and solves them only through tool calls. Needs no key and no network."""

    @property
    def model_name(self) -> str:
        """The name that the contract carries."""
        return NAME

    @property
    def system(self) -> str:
        """Who provides it."""
        return "python-coder"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Answer with the next tool calls or with the typed output that is asked for."""
        outputs = {tool.name for tool in model_request_parameters.output_tools}
        parts = _next(messages, wants_plan=Plan.tool in outputs)
        return ModelResponse(parts=parts, usage=RequestUsage(), model_name=NAME, finish_reason="stop")


def understood(task: str) -> RecipeRequest:
    """The recipe that a task asks for.

    Raises:
        NotUnderstoodError: The planner does not know this task; the message says what it does know.
        UsageError: It is a task of the family, with something wrong in it.
    """
    request = parse_task(task)
    if request is None:
        raise NotUnderstoodError(
            f"The offline planner does not understand {task!r}. {UNDERSTOOD}\n"
            "Any other task needs a language model: export ANTHROPIC_API_KEY=… and leave `--model offline` out."
        )
    return request


def _next(messages: Sequence[ModelMessage], *, wants_plan: bool) -> list[ModelResponsePart]:
    try:
        request = understood(task_of(messages))
    except PythonCoderError as error:
        return [_output(Refusal, {"reason": str(error)}, messages)]
    arguments = {"recipe": request.recipe, "arguments": request.arguments}
    previews, applied = _answers(messages, _PREVIEW), _answers(messages, _APPLY)
    for answer in (*previews, *applied):
        if answer.outcome != "success":
            return [_output(Refusal, {"reason": unfenced(str(answer.content))}, messages)]
    if wants_plan:
        if not previews:
            return [ToolCallPart(_PREVIEW, arguments, tool_call_id="preview")]
        return [_output(Plan, _plan(json.loads(unfenced(str(previews[0].content)))), messages)]
    if not applied:
        return [ToolCallPart(_APPLY, arguments, tool_call_id="apply")]
    return [_output(Report, _report(json.loads(unfenced(str(applied[0].content)))), messages)]


def _answers(messages: Sequence[ModelMessage], tool: str) -> list[ToolReturnPart]:
    parts = [part for message in messages if isinstance(message, ModelRequest) for part in message.parts]
    return [part for part in parts if isinstance(part, ToolReturnPart) and part.tool_name == tool]


def _output(
    kind: type[Plan | Report | Refusal], content: Mapping[str, object], messages: Sequence[ModelMessage]
) -> ToolCallPart:
    return ToolCallPart(kind.tool, dict(content), tool_call_id=f"output-{len(messages)}")


def _plan(preview: Mapping[str, Any]) -> Mapping[str, object]:
    return {
        "kind": preview["kind"],
        "steps": [f"{note}: {path}" for path, note in preview["notes"].items()],
        "scope": preview["scope"],
        "tests_first": [path for path in preview["scope"] if "test" in path],
        "needs_migration": preview["has_migration"],
        "needs_docs": any(path.endswith(".md") for path in preview["scope"]),
        "risk": next(iter(preview["followups"]), ""),
        "exact_calls": 2,
    }


def _report(applied: Mapping[str, Any]) -> Mapping[str, object]:
    return {
        "summary": applied["summary"],
        "rationale": applied["rationale"],
        "followups": applied["followups"],
        "reflection": "One recipe wrote the whole change in the repository's own style; a person should read it once.",
    }
