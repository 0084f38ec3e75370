# src/python_coder/tools/serena/table.py — the serena tools of one session
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.editing import EditingTools
from python_coder.tools.serena.reading import ReadingTools
from python_coder.tools.table import Tool


def serena_tools(context: SerenaContext) -> tuple[Tool, ...]:
    """All serena tools, on the project that is active when they are called."""
    reading, editing = ReadingTools(context), EditingTools(context)
    readers = (reading.list_dir, reading.read_file, reading.search_for_pattern, reading.get_symbols_overview)
    editors = (editing.create_text_file, editing.replace_content, editing.delete_file)
    return (
        *(Tool(name=f"mcp__serena__{function.__name__}", function=function, effect="reads") for function in readers),
        *(Tool(name=f"mcp__serena__{function.__name__}", function=function, effect="edits") for function in editors),
    )
