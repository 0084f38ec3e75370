# src/python_coder/agent/definition.py — an agent definition: Markdown with frontmatter, as in `.claude/agents/`
import re
import reprlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import resources
from typing import Literal

import yaml

from python_coder.errors import UsageError

Origin = Literal["shipped", "user", "repository"]
"""Who wrote a definition. A repository's words are data: they may restrict, never add."""

OWN_NAME = "python-coder"
PLAYBOOKS: Mapping[str, str] = {
    "stacks.md": "mcp__docker__deploy-compose",
    "databases.md": "mcp__postgres__get_schema",
    "memories.md": "mcp__serena__read_memory",
}
"""Files beside the shipped definition, each with a tool that it is about. A run is told those that can apply."""
MOST_BYTES = 64_000
_FRONTMATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][\w-]{0,63}")
_SERENA_EDITS = (
    *("replace_symbol_body", "insert_before_symbol", "insert_after_symbol", "rename_symbol", "safe_delete_symbol"),
    *("replace_content", "replace_in_files", "replace_lines", "insert_at_line", "delete_file"),
)
_CLIENT_TOOLS: Mapping[str, tuple[str, ...]] = {
    "Read": ("read_file",),
    "LS": ("list_dir",),
    "Glob": ("find_file", "list_dir"),
    "Grep": ("search_for_pattern",),
    "Edit": _SERENA_EDITS,
    "MultiEdit": _SERENA_EDITS,
    "Write": ("create_text_file",),
    "Bash": ("execute_shell_command",),
}
"""What a client's built-in tools are called here."""


@dataclass(frozen=True, kw_only=True)
class AgentDefinition:
    """Who the model is, what it must keep to, which model it is and which tools it gets."""

    name: str
    description: str
    body: str
    """The Markdown below the frontmatter."""
    model: str = ""
    """A model or an alias such as `sonnet`; empty, or `inherit`, for the usual choice."""
    tools: tuple[str, ...] | None = None
    """Names and patterns of the only tools it gets; `None` for all."""
    origin: Origin = "shipped"
    path: str = ""
    """The file, as it is told to people; empty for python-coder's own."""

    def allows(self, tool: str) -> bool:
        """Whether a tool, by its full name, is among those that the definition lists."""
        return self.tools is None or any(_names(pattern, tool) for pattern in self.tools)

    def unknown(self, tools: Collection[str]) -> tuple[str, ...]:
        """The listed names that mean no tool of a table, such as a client's own `WebFetch`."""
        return tuple(name for name in self.tools or () if not any(_names(name, tool) for tool in tools))


def parse_definition(text: str, *, path: str, origin: Origin) -> AgentDefinition:
    """Read a definition.

    Args:
        text: The whole file.
        path: Its name for messages.
        origin: Who wrote it.

    Raises:
        UsageError: There is no frontmatter, it is no YAML, or a key has a wrong value. Names the file and the key.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(plain.encode()) > MOST_BYTES:
        raise UsageError(f"The agent definition {path} has more than {MOST_BYTES:,} bytes. Make it shorter.")
    found = _FRONTMATTER.match(plain)
    if found is None:
        raise UsageError(
            f"The agent definition {path} has no frontmatter. Begin it with a line `---`, then `name:` and "
            "`description:`, then a line `---`, then the text for the model."
        )
    keys = _frontmatter(found.group(1), path)
    name = _text(keys, "name", path)
    if not _NAME.fullmatch(name):
        raise UsageError(f"{path}: `name` is {name!r}. Use letters, digits, '-' and '_', such as {OWN_NAME}.")
    description = _text(keys, "description", path)
    if not description:
        raise UsageError(f"{path}: `description` is missing. Say in one sentence what the agent is for.")
    body = plain[found.end() :].strip()
    if not body:
        raise UsageError(f"{path}: below the frontmatter there is no text for the model. Write what it should keep to.")
    model = _text(keys, "model", path)
    return AgentDefinition(
        name=name,
        description=description,
        body=body,
        model="" if model == "inherit" else model,
        tools=_tools(keys.get("tools"), path) if "tools" in keys else None,
        origin=origin,
        path=path,
    )


def shipped_definition() -> AgentDefinition:
    """The definition that python-coder brings with it."""
    text = packaged_text("python-coder.md")
    return parse_definition(text, path="python-coder's own definition", origin="shipped")


def client_text() -> str:
    """The whole agent file for another client: the definition, all playbooks, and how to work from there."""
    names = ("python-coder.md", *PLAYBOOKS, "client.md")
    return "\n\n".join(packaged_text(name).strip() for name in names) + "\n"


def packaged_text(name: str) -> str:
    """One of the Markdown files beside the shipped definition."""
    folder = resources.files("python_coder.agent.definitions")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _frontmatter(text: str, path: str) -> Mapping[str, object]:
    try:
        keys = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark is not None else ""
        raise UsageError(
            f"The frontmatter of {path} is no YAML{where}. A value that holds ': ' or '#' needs quotes around it."
        ) from error
    if not isinstance(keys, dict):
        raise UsageError(f"The frontmatter of {path} must hold lines such as `name: {OWN_NAME}`.")
    return {str(key): value for key, value in keys.items()}


def _text(keys: Mapping[str, object], key: str, path: str) -> str:
    value = keys.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UsageError(f"{path}: `{key}` is {reprlib.repr(value)}. It must be text.")
    return " ".join(value.split())


def _tools(value: object, path: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise UsageError(
            f"{path}: `tools` is {reprlib.repr(value)}. List names, such as `tools: Read, mcp__serena__find_symbol`."
        )
    names = tuple(dict.fromkeys(item.strip() for item in items if item.strip()))
    return None if "*" in names else names


def _names(pattern: str, tool: str) -> bool:
    """Whether a listed name means a tool: in full, `mcp__server` for all of one, a pattern, or a client's own name."""
    if pattern in _CLIENT_TOOLS:
        return tool in {f"mcp__serena__{name}" for name in _CLIENT_TOOLS[pattern]}
    # A name with a condition, such as `Bash(git *)`, means no tool as a whole: it is left out, not widened.
    is_server = pattern.count("__") == 1 and "*" not in pattern
    return tool.startswith(f"{pattern}__") if is_server else fnmatchcase(tool, pattern)
