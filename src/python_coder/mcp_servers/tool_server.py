# src/python_coder/mcp_servers/tool_server.py — what a server carries: a name, instructions and a table of tools
import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from python_coder.errors import PythonCoderError, ToolRefusedError
from python_coder.tools.schema import ToolSchema, checked_arguments, tool_schema
from python_coder.tools.table import Tool

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OpenTools:
    """The tools of one server while it runs, ready to be called."""

    tools: Sequence[Tool]
    offered: Callable[[Sequence[Tool]], Sequence[Tool]] = tuple
    """Those of the tools that are listed now."""
    redact: Callable[[str], str] = str
    """Goes over every answer."""
    close: Callable[[], Awaitable[None]] | None = None
    """Ends what the tools started, such as a language server."""


@dataclass(frozen=True, kw_only=True)
class ToolServer:
    """One MCP server: which tools it offers under which name. It knows nothing of how they are carried."""

    name: str
    instructions: str
    """What a model is told when it connects."""
    open: Callable[[], Awaitable[OpenTools]]
    """Makes the tools; called once, at the first need, so that a client's first question does not wait for it."""


@dataclass(frozen=True)
class Answer:
    """What a call came to."""

    text: str
    is_error: bool = False


@dataclass
class ToolCalls:
    """Answers lists and calls of one server. Reads run side by side; what may write takes turns."""

    server: ToolServer
    _opened: OpenTools | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _asked: int = 0

    @property
    def are_open(self) -> bool:
        """Whether something that was asked is not answered yet."""
        return self._asked > 0

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While it lasts, something is being answered."""
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1

    async def listed(self) -> list[tuple[Tool, ToolSchema]]:
        """The tools offered now, in the table's order, with what a model reads about them."""
        opened = await self._open()
        return [(tool, tool_schema(tool)) for tool in opened.offered(opened.tools)]

    async def offered_names(self) -> list[str]:
        """Full names of the tools offered now."""
        opened = await self._open()
        return [tool.name for tool in opened.offered(opened.tools)]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        """Call one tool. Whatever goes wrong becomes a sentence for the model.

        Args:
            name: The tool's name, with or without `mcp__<server>__`.
            arguments: As the caller sent them; they are checked here.
        """
        try:
            opened = await self._open()
            text, is_error = await self._outcome(opened, short_name(name), arguments), False
            return Answer(_speakable(opened.redact(text)), is_error)
        except PythonCoderError as refused:
            text = str(refused)
        except Exception as error:
            _logger.exception("The tool %s failed", name)
            text = (
                f"{short_name(name)} failed inside python-coder ({type(error).__name__}: {error!s:.300}). That is a "
                "fault of the server, not of your call: go on with another tool; its log tells more."
            )
        redact = self._opened.redact if self._opened else str
        return Answer(_speakable(redact(text)), is_error=True)

    async def close(self) -> None:
        """End what the tools started."""
        if self._opened and self._opened.close:
            await self._opened.close()

    async def _outcome(self, opened: OpenTools, name: str, given: Mapping[str, Any]) -> str:
        tool = next((tool for tool in opened.tools if short_name(tool.name) == name), None)
        if tool is None:
            names = ", ".join(short_name(tool.name) for tool in opened.offered(opened.tools))
            raise ToolRefusedError(f"There is no tool {name!r}. There are: {names}.")
        arguments = checked_arguments(tool, given)
        if not (tool.may_write or tool.takes_turns):
            return await tool.function(**arguments)
        async with self._writing:
            return await tool.function(**arguments)

    async def _open(self) -> OpenTools:
        async with self._opening:
            if self._opened is None:
                self._opened = await self.server.open()
            return self._opened


def short_name(name: str) -> str:
    """A tool's name as MCP clients see it: they put `mcp__<server>__` before it themselves."""
    return name.rpartition("__")[2] if name.startswith("mcp__") else name


def _speakable(text: str) -> str:
    """The text with what no JSON can carry, such as half a character of a file's name, replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
