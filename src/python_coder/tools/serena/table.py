# src/python_coder/tools/serena/table.py — the serena tools for code: looking, finding, editing
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from python_coder.tools.serena.checking import CheckingTools
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.editing import EditingTools
from python_coder.tools.serena.line_editing import LineEditingTools
from python_coder.tools.serena.reading import ReadingTools
from python_coder.tools.serena.refactoring import RefactoringTools
from python_coder.tools.serena.references import ReferenceTools
from python_coder.tools.serena.searching import SearchingTools
from python_coder.tools.serena.service import ServiceTools
from python_coder.tools.serena.symbol_editing import SymbolEditingTools
from python_coder.tools.serena.symbols import SymbolTools
from python_coder.tools.table import Tool, ToolEffect

_NAME_PATH = {"name_path_pattern": "name_path"}
_ALIASES: Mapping[str, Mapping[str, str]] = {
    "find_symbol": _NAME_PATH,
    "find_referencing_symbols": _NAME_PATH,
    "find_implementations": _NAME_PATH,
    "insert_before_symbol": _NAME_PATH,
    "insert_after_symbol": _NAME_PATH,
    "replace_symbol_body": _NAME_PATH,
    "rename_symbol": _NAME_PATH,
    "safe_delete_symbol": _NAME_PATH,
    "search_for_pattern": {"pattern": "substring_pattern"},
    "replace_content": {"replacement": "repl"},
    "replace_in_files": {"replacement": "repl"},
}
"""Names that other versions give to parameters."""


def serena_tools(context: SerenaContext) -> tuple[Tool, ...]:
    """The tools for code, on the project that is active when they are called."""
    reading, searching, symbols = ReadingTools(context), SearchingTools(context), SymbolTools(context)
    references, checking = ReferenceTools(context), CheckingTools(context)
    editing, refactoring = EditingTools(context), RefactoringTools(context)
    symbol_editing, line_editing = SymbolEditingTools(context), LineEditingTools(context)
    service = ServiceTools(context)
    readers = (
        *(service.get_service_map, service.find_routes),
        *(symbols.get_symbols_overview, symbols.find_symbol),
        *(references.find_referencing_symbols, references.find_referencing_code_snippets),
        *(references.find_declaration, references.find_implementations),
        *(checking.get_diagnostics_for_file, checking.restart_language_server),
        *(reading.list_dir, reading.find_file, reading.read_file, searching.search_for_pattern),
    )
    editors = (
        *(symbol_editing.replace_symbol_body, symbol_editing.insert_before_symbol, symbol_editing.insert_after_symbol),
        *(refactoring.rename_symbol, refactoring.safe_delete_symbol),
        *(editing.replace_content, editing.replace_in_files, line_editing.replace_lines, line_editing.insert_at_line),
        *(editing.create_text_file, editing.delete_file),
    )
    return (
        *(_tool(context, function, "reads") for function in readers),
        *(_tool(context, function, "edits") for function in editors),
    )


def _tool(context: SerenaContext, function: Callable[..., Awaitable[str]], effect: ToolEffect) -> Tool:
    name = function.__name__
    return Tool(
        name=f"mcp__serena__{name}",
        function=_with_late_findings(context, function),
        effect=effect,
        aliases=_ALIASES.get(name, {}),
    )


def _with_late_findings(
    context: SerenaContext, function: Callable[..., Awaitable[str]]
) -> Callable[..., Awaitable[str]]:
    """The same tool, whose answer also tells what the type checker found too late for the edit's own answer."""

    @functools.wraps(function)
    async def told(*args: Any, **kwargs: Any) -> str:
        answer = await function(*args, **kwargs)
        late = context.project.late_findings()
        return "\n".join([answer, "Found by the type checker after the last edit:", *late]) if late else answer

    return told
