# src/python_coder/tools/combined/table.py — the combined tools' part of the coder tools
from collections.abc import Sequence

from python_coder.tools.combined.edit_files import edit_files_tool
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.table import Tool


def combined_tools(context: SerenaContext, serena: Sequence[Tool]) -> tuple[Tool, ...]:
    """Tools that do in one call what else takes several.

    Args:
        context: The session.
        serena: Serena's tools for code.
    """
    by_name = {tool.name.removeprefix("mcp__serena__"): tool for tool in serena}
    return (edit_files_tool(context, by_name),)
