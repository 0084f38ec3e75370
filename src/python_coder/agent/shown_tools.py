# src/python_coder/agent/shown_tools.py — a run's tools as the framework takes them, and what of them a request shows
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic_ai import RunContext
from pydantic_ai import Tool as ModelTool
from pydantic_ai.capabilities import Hooks
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import FunctionToolset, ToolsetTool, WrapperToolset

from python_coder.agent.session import Session
from python_coder.agent.tool_listing import Need, fits_recipe, listed, may_be_called
from python_coder.evidence.canonical import text_at
from python_coder.evidence.ledger import EntryKind
from python_coder.tools.serena.memory_store import FOLDER
from python_coder.tools.table import Tool


@dataclass
class CallableTools(WrapperToolset[Session]):
    """What a call is taken of: while planning, tools that read alone. Each tool is made ready once, not every step."""

    _made: dict[str, ToolsetTool[Session]] = field(default_factory=dict)

    async def get_tools(self, ctx: RunContext[Session]) -> dict[str, ToolsetTool[Session]]:
        """The tools of this step, by name."""
        if not self._made:
            self._made.update(await super().get_tools(ctx))
        session = ctx.deps
        need = Need(is_planning=session.phase == "plan")
        return {name: made for name, made in self._made.items() if may_be_called(session.tools[name], need)}


def toolset(tools: Mapping[str, Tool]) -> CallableTools:
    """The tool table as the loop's toolset: one call at a time, schemas from the docstrings."""
    made: FunctionToolset[Session] = FunctionToolset()
    for tool in tools.values():
        made.add_tool(
            ModelTool(
                tool.function,
                name=tool.name,
                takes_ctx=False,
                sequential=True,
                docstring_format="google",
                max_retries=3,
            )
        )
    return CallableTools(made)


@dataclass
class Listing:
    """What of the callable tools a request shows. The definitions are made anew only when something has changed."""

    _need: Need | None = None
    _callable: Sequence[ToolDefinition] = ()
    _shown: Sequence[ToolDefinition] = ()

    def add_hook(self, made: Hooks[Session]) -> None:
        """Let each request show what the run needs."""
        made.on.before_model_request(self._by_need)

    async def _by_need(self, ctx: RunContext[Session], request: ModelRequestContext) -> ModelRequestContext:
        session, parameters = ctx.deps, request.model_request_parameters
        session.care.take_in(request.messages)
        need, tools = _need(session), parameters.function_tools
        if need != self._need or tools != self._callable:
            self._need, self._callable, self._shown = need, list(tools), listed(tools, session.tools, need)
        return replace(request, model_request_parameters=replace(parameters, function_tools=list(self._shown)))


def _need(session: Session) -> Need:
    newest = session.ledger.newest
    return Need(
        has_memories=any((session.workspace.repository / FOLDER).glob("**/*.md")),
        is_planning=session.phase == "plan",
        migrates=bool(newest(EntryKind.PLAN).get("needs_migration")),
        fits_recipe=fits_recipe(text_at(newest(EntryKind.RUN_STARTED), "task")),
        has_trimmed=session.care.is_full,
        asked=frozenset(session.asked),
    )
