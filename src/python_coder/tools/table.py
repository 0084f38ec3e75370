# src/python_coder/tools/table.py — what a tool is; the table is a plain sequence of these
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

ToolEffect = Literal["reads", "edits", "runs"]


def no_calls(_: Mapping[str, Any]) -> "Sequence[InnerCall]":
    """For a call that stands for itself alone."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One thing that an agent can do. The function's docstring and types are the schema that a model reads."""

    name: str
    """Full MCP name, such as `mcp__serena__read_file`."""
    function: Callable[..., Awaitable[str]]
    effect: ToolEffect
    """`reads` changes nothing; `edits` writes to the work tree; `runs` starts processes, which may write too."""
    is_free: bool = False
    """Whether a call costs nothing of the budget."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names under which callers may give a parameter, to its own name; the schema shows the own name alone."""
    takes_turns: bool = False
    """Whether a call waits for calls that may write, and they for it, though it writes nothing itself."""
    inner_calls: Callable[[Mapping[str, Any]], "Sequence[InnerCall]"] = no_calls
    """The calls of other tools that a call with these arguments stands for: rules on those hold for it, too."""

    @property
    def may_write(self) -> bool:
        """Whether the work tree may differ after a call."""
        return self.effect != "reads"

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a caller gave, under the parameters' own names; an own name wins over its other names."""
        renamed = {self.aliases[name]: value for name, value in given.items() if name in self.aliases}
        return renamed | {name: value for name, value in given.items() if name not in self.aliases}


@dataclass(frozen=True, kw_only=True)
class InnerCall:
    """One call of another tool that a call stands for."""

    tool: Tool
    arguments: Mapping[str, Any]
    """Under the parameters' own names, paths in their plainest form."""

    @property
    def path(self) -> str:
        """The file that it is about."""
        return str(self.arguments.get("relative_path", ""))
