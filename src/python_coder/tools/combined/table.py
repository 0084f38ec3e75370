# src/python_coder/tools/combined/table.py — the combined tools' part of the coder tools
from collections.abc import Sequence

from python_coder.tools.combined.edit_files import edit_files_tool
from python_coder.tools.combined.read_code import ReadCodeTool
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.table import with_late_findings
from python_coder.tools.table import Tool


def combined_tools(context: SerenaContext, serena: Sequence[Tool]) -> tuple[Tool, ...]:
    """Tools that do in one call what else takes several.

    Args:
        context: The session.
        serena: Serena's tools for code.
    """
    by_name = {tool.name.removeprefix("mcp__serena__"): tool for tool in serena}
    read_code = with_late_findings(context, ReadCodeTool(context).read_code)
    return (
        Tool(name="mcp__coder__read_code", function=read_code, effect="reads"),
        edit_files_tool(context, by_name),
    )
