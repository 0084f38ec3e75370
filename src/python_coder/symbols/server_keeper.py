# src/python_coder/symbols/server_keeper.py — keeps one ty server running: started when asked for, again after a crash
import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from python_coder.errors import LanguageServerError
from python_coder.symbols.document_changes import DocumentChanges
from python_coder.symbols.lsp_connection import Connection, ServerGoneError, ServerRefusalError
from python_coder.symbols.lsp_process import ServerProcess
from python_coder.symbols.ty_server import POSITION_ENCODING, initialize_params, settings, ty_command, ty_environment

_SECONDS_TO_START = 30.0
_MOST_ENDS = 4
"""So often may the server end by itself within `_SECONDS_OF_ENDS`."""
_SECONDS_OF_ENDS = 60.0
_STILL_WORKS = "Look-ups by name and edits still work."
_MESSAGE_ERROR = 1

T = TypeVar("T")


class ServerKeeper:
    """Starts the server with the first question, and again when it has ended, within bounds."""

    def __init__(self, root: Path, python: Path | None) -> None:
        self.root = root
        self._python = python
        self._connection: Connection | None = None
        self._changes: DocumentChanges | None = None
        self._opening: asyncio.Task[Connection] | None = None
        self._ends: deque[float] = deque(maxlen=_MOST_ENDS)
        self._is_closed = False
        self._version = ""
        self._complaint = ""
        """What the server said against the project's settings; it then works with its defaults."""
        self._failure = ""

    @property
    def status(self) -> str:
        """One line: whether the server runs, and what ails it."""
        connection = self._connection
        if self._is_closed:
            return "closed"
        if connection is not None and connection.is_open:
            complaint = f"; it complains: {self._complaint}" if self._complaint else ""
            return f"ready: ty {self._version}, process {connection.process.pid}{complaint}"
        if self._opening is not None:
            return "starting"
        return f"not running: {self._failure}" if self._failure else "not started; it starts with the first question"

    async def with_server(self, step: Callable[[Connection], Awaitable[T]]) -> T:
        """Take one step with the running server. If the server ends meanwhile, take it once more with a new one.

        Raises:
            LanguageServerError: It cannot start, or ended both times.
        """
        try:
            return await step(await self._connected())
        except ServerGoneError:
            connection = await self._connected()
        try:
            return await step(connection)
        except ServerGoneError as error:
            raise LanguageServerError(f"ty ended twice on this question: {error}. {_STILL_WORKS}") from error

    async def changed(self, files: list[Path]) -> None:
        """Tell the server, if there is one, what was written to. One that is yet to start reads it all afresh."""
        if self._opening is not None:
            with contextlib.suppress(LanguageServerError):
                await self._connected()
        is_settings = any(file.name in {"pyproject.toml", "ty.toml"} for file in files)
        if self._complaint and is_settings:
            await self.drop()
        elif self._changes is not None and self._connection is not None and self._connection.is_open:
            self._changes.tell(files)

    async def drop(self) -> None:
        """End the server; the next question starts another. Earlier crashes are forgotten."""
        self._ends.clear()
        if self._opening is not None:
            await asyncio.wait({self._opening})
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.end()

    async def close(self) -> None:
        """End the server for good."""
        self._is_closed = True
        await self.drop()

    async def _connected(self) -> Connection:
        if self._connection is not None and self._connection.is_open:
            return self._connection
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._opened)
        # The start belongs to all who wait for it, so that none of them takes it along when it is cancelled.
        return await asyncio.shield(self._opening)

    def _opened(self, opening: asyncio.Task[Connection]) -> None:
        self._opening = None
        error = None if opening.cancelled() else opening.exception()
        self._failure = str(error) if error else ""

    async def _open(self) -> Connection:
        if self._is_closed:
            raise LanguageServerError(f"The language server of this session was closed. {_STILL_WORKS}")
        if self._connection is not None:
            self._note_end(self._connection)
        self._complaint = ""
        connection = await self._start()
        try:
            await self._initialize(connection)
        except BaseException:
            await connection.end()
            raise
        self._connection, self._changes = connection, DocumentChanges(connection)
        return connection

    def _note_end(self, connection: Connection) -> None:
        self._connection = None
        now = time.monotonic()
        self._ends.append(now)
        if len(self._ends) == _MOST_ENDS and now - self._ends[0] < _SECONDS_OF_ENDS:
            raise LanguageServerError(
                f"ty ended {_MOST_ENDS} times within {_SECONDS_OF_ENDS:.0f} seconds, the last time so: "
                f"{connection.process.last_words}. Wait a minute, or restart the language server. {_STILL_WORKS}"
            )

    async def _start(self) -> Connection:
        try:
            process = await ServerProcess.start(ty_command(), cwd=self.root, env=ty_environment(os.environ))
        except OSError as error:
            raise LanguageServerError(
                f"ty cannot be started in {self.root}: {error.strerror}. See that the folder is there. {_STILL_WORKS}"
            ) from error
        answerers = {
            "workspace/configuration": self._configuration,
            "client/registerCapability": _nothing,
            "client/unregisterCapability": _nothing,
            "window/workDoneProgress/create": _nothing,
            "window/showMessageRequest": _nothing,
            "workspace/diagnostic/refresh": _nothing,
        }
        return Connection(process, answerers=answerers, hear=self._hear)

    async def _initialize(self, connection: Connection) -> None:
        params = initialize_params(self.root, self._python)
        try:
            answer = await connection.ask("initialize", params, timeout_seconds=_SECONDS_TO_START)
        except (ServerGoneError, ServerRefusalError) as error:
            raise LanguageServerError(f"ty does not start: {error}. Install ty again. {_STILL_WORKS}") from error
        except TimeoutError as error:
            raise LanguageServerError(
                f"ty did not start within {_SECONDS_TO_START:.0f} seconds. Ask again when this machine is less busy. "
                f"{_STILL_WORKS}"
            ) from error
        encoding = answer["capabilities"].get("positionEncoding")
        if encoding != POSITION_ENCODING:
            raise LanguageServerError(f"This ty counts columns in {encoding} only. Install a newer ty. {_STILL_WORKS}")
        self._version = str(answer.get("serverInfo", {}).get("version", ""))
        connection.tell("initialized", {})

    def _configuration(self, params: Any) -> list[dict[str, Any]]:
        return [settings(self._python) for _ in params["items"]]

    def _hear(self, method: str, params: Any) -> None:
        if method == "window/showMessage" and params.get("type") == _MESSAGE_ERROR:
            self._complaint = str(params.get("message", ""))[:300]


def _nothing(_: Any) -> None:
    """Answer what asks for no more than that it was heard."""
