# src/python_coder/tools/serena/memory.py — memories: decisions worth keeping, written and found again
import difflib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.memory_store import MemoryStore
from python_coder.tools.table import Tool, ToolEffect

_MOST_LISTED = 300
_OTHER_NAMES = {"memory_name": "memory_file_name"}
_LATER_NAMES = {"memory_file_name": "memory_name"}


@dataclass(frozen=True)
class MemoryTools:
    """Memories of the active project's main checkout. Each public method is one tool."""

    context: SerenaContext

    async def list_memories(self, topic: str = "") -> str:
        """List the names of the project's memories, all or those of one topic."""
        names = self._store.names(topic)
        if not names:
            return f"There are no memories under {topic!r}." if topic else "There are no memories yet."
        more = len(names) - _MOST_LISTED
        rest = [f"… {more} more; name a topic to see its own"] if more > 0 else []
        return "\n".join([*names[:_MOST_LISTED], *rest])

    async def read_memory(self, memory_file_name: str, max_answer_chars: int = 20_000) -> str:
        """Read one memory, by a name that list_memories shows."""
        text = self._known(memory_file_name)
        if len(text) <= max_answer_chars or max_answer_chars < 0:
            return text
        return f"{text[:max_answer_chars]}\n… {len(text) - max_answer_chars} more characters; raise max_answer_chars"

    async def write_memory(self, memory_name: str, content: str) -> str:
        """Keep what a later session should know, as Markdown without secrets, in place of an older text.

        The name is short and telling; a topic may stand before it, such as `decisions/pagination`.
        """
        existed = self._store.has(memory_name)
        told = self._store.write(memory_name, content)
        verb = "Replaced" if existed else "Wrote"
        return f"{verb} the memory {memory_name.removesuffix('.md')}, {len(content)} characters. {told}".rstrip()

    async def edit_memory(
        self, memory_name: str, needle: str, repl: str, mode: Literal["literal", "regex"] = "literal"
    ) -> str:
        """Replace one passage of a memory; the needle must occur exactly once."""
        text = self._known(memory_name)
        self._store.write(memory_name, _replaced(text, needle, repl, mode, memory_name))
        return f"Edited the memory {memory_name.removesuffix('.md')}."

    async def rename_memory(self, old_name: str, new_name: str) -> str:
        """Give a memory another name or topic, one that is free."""
        text = self._known(old_name)
        if self._store.has(new_name):
            raise ToolRefusedError(f"There is a memory {new_name!r} already. Choose a free name, or delete that one.")
        self._store.changeable(old_name)
        self._store.write(new_name, text)
        self._store.delete(old_name)
        return f"Renamed the memory {old_name.removesuffix('.md')} to {new_name.removesuffix('.md')}."

    async def delete_memory(self, memory_file_name: str) -> str:
        """Delete a memory that is wrong or out of date."""
        self._known(memory_file_name)
        self._store.delete(memory_file_name)
        return f"Deleted the memory {memory_file_name.removesuffix('.md')}."

    @property
    def _store(self) -> MemoryStore:
        project = self.context.project
        return MemoryStore(folder=project.memories, repository=project.repository, read_only=project.read_only_memories)

    def _known(self, name: str) -> str:
        if self._store.has(name):
            return self._store.read(name)
        near = difflib.get_close_matches(name.removesuffix(".md"), self._store.names(), n=3)
        hint = f"Near it: {', '.join(near)}." if near else "Use list_memories to see the names."
        raise ToolRefusedError(f"There is no memory {name!r}. {hint}")


def memory_tools(context: SerenaContext) -> tuple[Tool, ...]:
    """The memory tools of one session."""
    tools = MemoryTools(context)

    def tool(function: Callable[..., Awaitable[str]], effect: ToolEffect, other: dict[str, str]) -> Tool:
        return Tool(name=f"mcp__serena__{function.__name__}", function=function, effect=effect, aliases=other)

    return (
        tool(tools.list_memories, "reads", {}),
        tool(tools.read_memory, "reads", _OTHER_NAMES),
        tool(tools.write_memory, "edits", _LATER_NAMES),
        tool(tools.edit_memory, "edits", _LATER_NAMES),
        tool(tools.rename_memory, "edits", {}),
        tool(tools.delete_memory, "edits", _OTHER_NAMES),
    )


def _replaced(text: str, needle: str, repl: str, mode: str, name: str) -> str:
    if not needle:
        raise ToolRefusedError("An empty needle is nowhere and everywhere. Give the passage to replace.")
    try:
        pattern = re.compile(needle if mode == "regex" else re.escape(needle), re.DOTALL | re.MULTILINE)
        count = sum(1 for _ in pattern.finditer(text))
        if count != 1:
            raise ToolRefusedError(f"The needle occurs {count} times in the memory {name!r}; it must occur once.")
        return pattern.sub(repl if mode == "regex" else lambda _: repl, text)
    except re.error as error:
        raise ToolRefusedError(f"{needle!r} with {repl!r} is no regular expression: {error}.") from error
