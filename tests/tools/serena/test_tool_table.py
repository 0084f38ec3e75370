# tests/tools/serena/test_tool_table.py — the tools by their names, parameters and size
import json
from pathlib import Path

import pytest
from shop_project import make_project

from python_coder.tools.schema import tool_schema
from python_coder.tools.serena.table import serena_tools
from python_coder.tools.table import Tool

MOST_CHARS = 11_500
"""What the tools for code may take of the 16,000 characters that all tools have together."""

PARAMETERS = {
    "get_symbols_overview": ("relative_path", "max_answer_chars"),
    "list_dir": ("relative_path", "recursive", "skip_ignored_files", "max_answer_chars"),
    "find_symbol": (
        *("name_path", "depth", "relative_path", "include_body", "include_kinds", "exclude_kinds"),
        *("substring_matching", "max_answer_chars"),
    ),
    "find_referencing_symbols": ("name_path", "relative_path", "include_kinds", "exclude_kinds", "max_answer_chars"),
    "find_referencing_code_snippets": (
        *("relative_path", "line", "column", "context_lines_before", "context_lines_after", "max_answer_chars"),
    ),
    "insert_before_symbol": ("name_path", "relative_path", "body"),
    "insert_after_symbol": ("name_path", "relative_path", "body"),
    "replace_symbol_body": ("name_path", "relative_path", "body"),
    "replace_lines": ("relative_path", "start_line", "end_line", "content"),
    "insert_at_line": ("relative_path", "line", "content"),
    "create_text_file": ("relative_path", "content"),
    "restart_language_server": (),
    "read_file": ("relative_path", "start_line", "end_line", "max_answer_chars"),
    "find_file": ("file_mask", "relative_path"),
    "search_for_pattern": (
        *("substring_pattern", "context_lines_before", "context_lines_after", "paths_include_glob"),
        *("paths_exclude_glob", "relative_path", "restrict_search_to_code_files", "max_answer_chars"),
    ),
    "replace_content": ("relative_path", "needle", "repl", "mode", "allow_multiple_occurrences"),
    "replace_in_files": (
        *("needle", "repl", "mode", "relative_path", "paths_include_glob", "paths_exclude_glob", "dry_run"),
        *("occurrence_ids", "expected_count", "max_answer_chars"),
    ),
    "find_declaration": ("relative_path", "regex", "containing_symbol_name_path", "include_body"),
    "find_implementations": ("name_path", "relative_path", "max_answer_chars"),
    "get_diagnostics_for_file": ("relative_path", "start_line", "end_line", "min_severity", "max_answer_chars"),
    "rename_symbol": ("name_path", "relative_path", "new_name"),
    "safe_delete_symbol": ("name_path", "relative_path"),
    "get_service_map": ("focus",),
    "find_routes": ("path", "handler", "dependency", "model"),
}


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, Tool]:
    return {tool.name.removeprefix("mcp__serena__"): tool for tool in serena_tools(make_project(tmp_path))}


@pytest.mark.parametrize("name", PARAMETERS)
def test_takes_the_parameters_of_the_specification(tools: dict[str, Tool], name: str) -> None:
    properties = tool_schema(tools[name]).parameters["properties"]
    assert set(PARAMETERS[name]) <= set(properties)


@pytest.mark.parametrize("name", [name for name in PARAMETERS if "name_path" in PARAMETERS[name]])
def test_takes_the_later_name_of_a_name_path(tools: dict[str, Tool], name: str) -> None:
    assert tools[name].arguments({"name_path_pattern": "A/b"}) == {"name_path": "A/b"}


def test_the_list_is_short(tools: dict[str, Tool]) -> None:
    schemas = [vars(tool_schema(tool)) for tool in tools.values()]
    assert len(json.dumps(schemas)) < MOST_CHARS


def test_every_tool_says_what_it_does_in_few_words(tools: dict[str, Tool]) -> None:
    for name, tool in tools.items():
        assert 10 < len(tool_schema(tool).description) < 260, name
        assert tool.may_write == (tool.effect != "reads")
