# src/python_coder/tools/serena/session_tools.py — all serena tools of one session, held to its modes
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.memory import memory_tools
from python_coder.tools.serena.modes import mode_tools
from python_coder.tools.serena.project import ProjectSession, project_tools
from python_coder.tools.serena.shell import ShellTools, shell_tools
from python_coder.tools.serena.table import serena_tools
from python_coder.tools.table import Tool


def session_tools(context: SerenaContext, project: ProjectSession, shell: ShellTools) -> tuple[Tool, ...]:
    """Every tool that the specification names, and those that later versions of Serena added.

    Args:
        context: The session's state; its modes close tools at once, when they are called as when they are listed.
        project: What the project tools know beside it. It is given the tools, of which they tell.
        shell: Where and how commands run.
    """
    tools = (
        *project_tools(context, project),
        *serena_tools(context),
        *memory_tools(context),
        *mode_tools(context.modes, lambda: project.tools),
        *shell_tools(shell),
    )
    project.tools = tuple(context.modes.guard(tool) for tool in tools)
    return project.tools
