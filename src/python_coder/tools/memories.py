# src/python_coder/tools/memories.py — decisions worth keeping, as Markdown files of the main checkout
import re
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import ToolRefusedError
from python_coder.tools.table import Tool

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}(\.md)?")


@dataclass(frozen=True)
class MemoryTools:
    """Memories of one repository, under `.serena/memories` of its main checkout, never in a delivered diff."""

    folder: Path

    async def list_memories(self) -> str:
        """List the names of the project's memories, one a line."""
        return "\n".join(sorted(path.stem for path in self.folder.glob("*.md"))) or "There are no memories yet."

    async def read_memory(self, memory_file_name: str) -> str:
        """Read one memory.

        Args:
            memory_file_name: A name that list_memories shows.
        """
        path = self._path(memory_file_name)
        if path.is_symlink() or not path.is_file():
            raise ToolRefusedError(f"There is no memory {memory_file_name!r}. Use list_memories to see the names.")
        return path.read_text(encoding="utf-8")

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ToolRefusedError(f"{name!r} is no memory name. Use letters, digits, '-' and '_', at most 80.")
        return self.folder / f"{name.removesuffix('.md')}.md"


def memory_tools(repository: Path) -> tuple[Tool, ...]:
    """The memory tools of one main checkout."""
    tools = MemoryTools(repository / ".serena" / "memories")
    return tuple(
        Tool(name=f"mcp__serena__{function.__name__}", function=function, effect="reads")
        for function in (tools.list_memories, tools.read_memory)
    )
