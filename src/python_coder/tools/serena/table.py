# src/python_coder/tools/serena/table.py — the serena tools for code: looking, finding, editing
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from python_coder.symbols.source_tree import SUFFIXES
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
    plain_readers = (
        *(service.get_service_map, service.find_routes),
        *(reading.list_dir, reading.find_file, reading.read_file, searching.search_for_pattern),
    )
    symbol_readers = (
        *(symbols.get_symbols_overview, symbols.find_symbol),
        *(references.find_referencing_symbols, references.find_referencing_code_snippets),
        *(references.find_declaration, references.find_implementations),
        *(checking.get_diagnostics_for_file, checking.restart_language_server),
    )
    symbol_editors = (
        *(symbol_editing.replace_symbol_body, symbol_editing.insert_before_symbol, symbol_editing.insert_after_symbol),
        *(refactoring.rename_symbol, refactoring.safe_delete_symbol),
    )
    plain_editors = (
        *(editing.replace_content, editing.replace_in_files, line_editing.replace_lines, line_editing.insert_at_line),
        *(editing.create_text_file, editing.delete_file),
    )
    return (
        *(_tool(context, function, "reads", by_symbols=True) for function in symbol_readers),
        *(_tool(context, function, "reads") for function in plain_readers),
        *(_tool(context, function, "edits", by_symbols=True) for function in symbol_editors),
        *(_tool(context, function, "edits") for function in plain_editors),
    )


def _tool(
    context: SerenaContext, function: Callable[..., Awaitable[str]], effect: ToolEffect, *, by_symbols: bool = False
) -> Tool:
    name = function.__name__

    @functools.wraps(function)
    async def prepared(*args: Any, **kwargs: Any) -> str:
        # One file is looked into by itself; only for more must the whole project have been read.
        if by_symbols and not str(kwargs.get("relative_path", "")).endswith(SUFFIXES):
            await context.project.index_read()
        return await function(*args, **kwargs)

    told = with_late_findings(context, prepared)
    return Tool(name=f"mcp__serena__{name}", function=told, effect=effect, aliases=_ALIASES.get(name, {}))


def with_late_findings(
    context: SerenaContext, function: Callable[..., Awaitable[str]]
) -> Callable[..., Awaitable[str]]:
    """A tool that also tells what the type checker found too late for the answer of an edit."""

    @functools.wraps(function)
    async def told(*args: Any, **kwargs: Any) -> str:
        answer = await function(*args, **kwargs)
        late = context.project.late_findings()
        return "\n".join([answer, "Found by the type checker after the last edit:", *late]) if late else answer

    return told
