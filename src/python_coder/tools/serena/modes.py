# src/python_coder/tools/serena/modes.py — modes: which tools are offered and may be called now
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from python_coder.errors import ToolRefusedError, UsageError
from python_coder.tools.table import Tool, ToolEffect

DEFAULT_MODES = ("interactive", "editing")
"""What a session starts with; both offer every tool."""

_MEMORY_EDITS = frozenset(f"mcp__serena__{verb}_memory" for verb in ("write", "edit", "rename", "delete"))
_MODE_TOOLS = frozenset({"mcp__serena__switch_modes"})


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One way to work. Of several active modes each can close tools; none opens what another one closes."""

    text: str
    """What it means, for the model."""
    closes: frozenset[ToolEffect] = frozenset()
    """Effects whose tools are neither listed nor may be called."""
    keeps: frozenset[str] = frozenset()
    """Full names of tools that stay open in spite of their effect."""

    def is_open(self, tool: Tool) -> bool:
        """Whether this mode lets the tool be called."""
        return tool.effect not in self.closes or tool.name in self.keeps | _MODE_TOOLS


_WRITING: frozenset[ToolEffect] = frozenset(("edits", "runs"))
MODES: Mapping[str, Mode] = {
    "planning": Mode(
        text="Look and plan: nothing is edited or run; memories may be written.", closes=_WRITING, keeps=_MEMORY_EDITS
    ),
    "editing": Mode(text="Change code: whole symbols where possible, then lines; look at what an edit answers."),
    "interactive": Mode(text="A person reads along: ask when the task is unclear."),
    "one-shot": Mode(text="Nobody answers: decide yourself, say what you assumed, finish the task."),
    "read-only": Mode(text="Nothing is written or run, memories included.", closes=_WRITING),
}
"""Every mode by name."""


class ModeState:
    """The modes of one session. A switch takes effect at once, for what is listed and for what may be called."""

    def __init__(self, modes: Sequence[str] = DEFAULT_MODES, *, is_fixed: bool = False) -> None:
        """Start with these modes.

        Args:
            modes: Names from `MODES`.
            is_fixed: Whether a session may never leave them.

        Raises:
            UsageError: One is not known.
        """
        if unknown := [name for name in modes if name not in MODES]:
            raise UsageError(f"There is no mode {unknown[0]!r}. Known: {', '.join(MODES)}.")
        self.active = tuple(dict.fromkeys(modes))
        self._is_fixed = is_fixed
        self._searches = 0

    def switch(self, modes: Sequence[str]) -> None:
        """Put these modes in the place of the active ones.

        Raises:
            ToolRefusedError: One is not known, none is named, or the modes are fixed.
        """
        names = tuple(dict.fromkeys(modes))
        if self._is_fixed and names != self.active:
            raise ToolRefusedError(
                f"The modes were fixed when this server was started: {', '.join(self.active)}. "
                "Only its user can change that, by starting it anew."
            )
        unknown = [name for name in names if name not in MODES]
        if unknown or not names:
            what = f"There is no mode {unknown[0]!r}" if unknown else "No mode was named"
            raise ToolRefusedError(f"{what}. Name one or more of: {', '.join(MODES)}.")
        self.active = names

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Close what writes while a large search runs, so that all of its hits are of one state of the files."""
        self._searches += 1
        try:
            yield
        finally:
            self._searches -= 1

    def is_listed(self, tool: Tool) -> bool:
        """Whether the active modes offer the tool."""
        return all(MODES[name].is_open(tool) for name in self.active)

    def offered(self, tools: Sequence[Tool]) -> tuple[Tool, ...]:
        """Those of the tools that the active modes offer, in their order."""
        return tuple(tool for tool in tools if self.is_listed(tool))

    def guard(self, tool: Tool) -> Tool:
        """The same tool, which refuses a call that the modes of that moment close."""
        if tool.effect == "reads":
            return tool

        @functools.wraps(tool.function)
        async def guarded(*args: Any, **kwargs: Any) -> str:
            self.check(tool)
            return await tool.function(*args, **kwargs)

        return replace(tool, function=guarded)

    def check(self, tool: Tool) -> None:
        """Nothing, or the refusal of a call that is closed now.

        Raises:
            ToolRefusedError: An active mode, or a large search that is under way, closes the tool.
        """
        closing = [name for name in self.active if not MODES[name].is_open(tool)]
        short = tool.name.rpartition("__")[2]
        if closing:
            raise ToolRefusedError(
                f"{short} is closed in the mode {closing[0]}: {MODES[closing[0]].text} "
                "To use it, call switch_modes with editing first."
            )
        if self._searches and not MODES["read-only"].is_open(tool):
            raise ToolRefusedError(
                f"A large search is under way, and until it ends nothing is written. Call {short} again."
            )


@dataclass(frozen=True)
class ModeTools:
    """The tool that switches modes."""

    state: ModeState
    tools: Callable[[], Sequence[Tool]]
    """All tools of the session, for telling which ones a switch closed."""

    async def switch_modes(self, modes: list[str]) -> str:
        """Switch what may be done, at once.

        Args:
            modes: Of planning, editing, interactive, one-shot, read-only; in place of the present ones.
        """
        self.state.switch(modes)
        lines = [f"{name}: {MODES[name].text}" for name in self.state.active]
        closed = [tool.name.rpartition("__")[2] for tool in self.tools() if not self.state.is_listed(tool)]
        lines.append(f"Closed now: {', '.join(closed)}." if closed else "Every tool is open.")
        return "\n".join(lines)


def mode_tools(state: ModeState, tools: Callable[[], Sequence[Tool]]) -> tuple[Tool, ...]:
    """The one tool of the modes.

    Args:
        state: The session's modes.
        tools: All tools of the session, asked for at each switch.
    """
    function = ModeTools(state, tools).switch_modes
    return (Tool(name="mcp__serena__switch_modes", function=function, effect="reads", is_free=True),)
