# src/python_coder/mcp_servers/coder.py — the coder server: reads, edits, recipes, trials and gates for another agent
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from python_coder.errors import ToolRefusedError
from python_coder.evidence.verdict import GateResult
from python_coder.mcp_servers.options import ServerOptions
from python_coder.mcp_servers.tool_server import OpenTools, ToolServer
from python_coder.settings import Settings
from python_coder.tools.table import Tool

if TYPE_CHECKING:
    from python_coder.gates.context import GateContext

_INSTRUCTIONS = (
    "Whole, conventional changes of a FastAPI service by recipe, and the gates that a change must pass. "
    "get_service_map first; read_code and edit_files take several pieces in one call; preview_recipe before "
    "apply_recipe; run_tests, call_app and migration_roundtrip try the working tree out on throwaway databases; "
    "run_gates when you think you are done: it judges the working tree against where it left the default branch, "
    "and takes minutes."
)
_NEEDS_A_RUN = frozenset({"mcp__coder__request_more_calls"})
_WRITES_OR_RUNS = frozenset(
    f"mcp__coder__{name}"
    for name in ("edit_files", "apply_recipe", "run_gates", "run_tests", "call_app", "migration_roundtrip")
)


def coder_server(options: ServerOptions, settings: Settings) -> ToolServer:
    """The coder server of one project: what of a run's own tools has a meaning without a run."""

    async def open_tools() -> OpenTools:
        # Imported at the first need: the client's first answer does not wait for parsers and gates.
        from python_coder.evidence.redaction import Redactor  # noqa: PLC0415
        from python_coder.mcp_servers.opened_project import open_project, secrets_around  # noqa: PLC0415
        from python_coder.tools.coder import CoderTools, coder_tools  # noqa: PLC0415
        from python_coder.tools.combined.table import combined_tools  # noqa: PLC0415
        from python_coder.tools.serena.context import SerenaContext  # noqa: PLC0415
        from python_coder.tools.serena.service import ServiceTools  # noqa: PLC0415
        from python_coder.tools.serena.table import serena_tools  # noqa: PLC0415
        from python_coder.tools.trials.place import TrialPlace  # noqa: PLC0415
        from python_coder.tools.trials.table import trial_tools  # noqa: PLC0415

        async def judge(names: Sequence[str]) -> Sequence[GateResult]:
            return await _judged(names, options, settings)

        context = SerenaContext(project=open_project(options.project, settings))
        coder = CoderTools(files=context.files, judge=judge, extend=_no_budget)
        # In a run the serena tools have the map; here nothing else shows what a recipe would follow.
        service_map = Tool(
            name="mcp__coder__get_service_map", function=ServiceTools(coder).get_service_map, effect="reads"
        )
        place = TrialPlace(context=partial(_present, options, settings), seen=lambda _: None)
        combined = combined_tools(context, serena_tools(context))
        tools = (service_map, *combined, *coder_tools(coder), *trial_tools(place))
        closed = _NEEDS_A_RUN | (_WRITES_OR_RUNS if options.is_read_only else frozenset())
        return OpenTools(
            tools=[tool for tool in tools if tool.name not in closed],
            redact=Redactor(secrets_around(context.project)).redact,
            close=context.project.aclose,
        )

    return ToolServer(name="coder", instructions=_INSTRUCTIONS, open=open_tools)


async def _judged(names: Sequence[str], options: ServerOptions, settings: Settings) -> Sequence[GateResult]:
    # Only a call of run_gates pays for the gates' imports.
    from python_coder.gates.check import CheckRequest, check_working_tree  # noqa: PLC0415
    from python_coder.workspace.sandbox import make_runner  # noqa: PLC0415

    request = CheckRequest(repo=options.project, gates=tuple(names))
    return (await check_working_tree(request, settings=settings, runner=make_runner(options.sandbox))).results


@asynccontextmanager
async def _present(options: ServerOptions, settings: Settings) -> AsyncIterator["GateContext"]:
    # Only a call that tries something out pays for the gates' imports.
    from python_coder.gates.check import CheckRequest, working_tree  # noqa: PLC0415
    from python_coder.workspace.sandbox import make_runner  # noqa: PLC0415

    request = CheckRequest(repo=options.project)
    async with working_tree(request, settings=settings, runner=make_runner(options.sandbox)) as context:
        yield context


def _no_budget(_: str, __: Sequence[int]) -> str:
    raise ToolRefusedError("Outside a run there is no budget to extend. Go on.")
