# src/python_coder/symbols/server_keeper.py — keeps one ty server running: started when asked for, again after a crash
import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from python_coder.errors import LanguageServerError, ToolRefusedError
from python_coder.symbols.document_changes import DocumentChanges
from python_coder.symbols.lsp_connection import Connection, ServerGoneError, ServerRefusalError
from python_coder.symbols.lsp_process import ServerProcess
from python_coder.symbols.ty_server import (
    POSITION_ENCODING,
    initialize_params,
    library_folders,
    settings,
    ty_command,
    ty_environment,
)

_SECONDS_TO_START = 30.0
_MOST_ENDS = 4
"""So often may the server end by itself within `_SECONDS_OF_ENDS`."""
_SECONDS_OF_ENDS = 60.0
_STILL_WORKS = "Look-ups by name and edits still work."
_MESSAGE_ERROR = 1
_SETTINGS = ("pyproject.toml", "ty.toml")

T = TypeVar("T")


@dataclass(frozen=True)
class _Running:
    connection: Connection
    changes: DocumentChanges


class ServerKeeper:
    """Starts the server with the first question, and again when it has ended, within bounds."""

    def __init__(self, root: Path, python: Path | None) -> None:
        self.root = root
        self._python = python
        self._running: _Running | None = None
        self._opening: asyncio.Task[_Running] | None = None
        self._ends: deque[tuple[float, str]] = deque(maxlen=_MOST_ENDS)
        """When the server ended by itself, and its last words."""
        self._is_closed = False
        self._version = ""
        self._complaint = ""
        """What the server said against the project's settings; it then works with its defaults."""
        self._failure = ""

    @property
    def status(self) -> str:
        """One line: whether the server runs, and what ails it."""
        running = self._running
        if self._is_closed:
            return "closed"
        if running is not None and running.connection.is_open:
            process = running.connection.process
            complaint = f"; it complains: {process.last_error or self._complaint}" if self._complaint else ""
            return f"ready: ty {self._version}, process {process.pid}{complaint}"
        if self._opening is not None:
            return "starting"
        return f"not running: {self._failure}" if self._failure else "not started; it starts with the first question"

    async def with_server(self, step: Callable[[Connection], Awaitable[T]]) -> T:
        """Take one step with a server that knows the files as they are.

        If the server ends meanwhile, the step is taken once more with a new one.

        Raises:
            LanguageServerError: It cannot start, or ended both times.
            ToolRefusedError: The step's own.
        """
        try:
            return await self._up_to_date(step)
        except ServerGoneError:
            pass
        try:
            return await self._up_to_date(step)
        except ServerGoneError as error:
            raise LanguageServerError(f"ty ended twice on this question: {error}. {_STILL_WORKS}") from error

    async def changed(self, files: Sequence[str]) -> None:
        """Tell the server, if there is one, what was written to. One that is yet to start reads it all afresh."""
        if self._opening is not None:
            with contextlib.suppress(LanguageServerError):
                await self._running_server()
        running = self._running
        if running is None or not running.connection.is_open:
            return
        if self._complaint and any(file.endswith(_SETTINGS) for file in files):
            await self.drop()  # it does not take to settings that it could not read at its start
        running.changes.tell(running.connection, files)

    async def drop(self) -> None:
        """End the server; the next question starts another. Earlier crashes are forgotten."""
        self._ends.clear()
        if self._opening is not None:
            await asyncio.wait({self._opening})
        running, self._running = self._running, None
        if running is not None:
            await running.connection.end()

    async def close(self) -> None:
        """End the server for good."""
        self._is_closed = True
        await self.drop()

    async def _up_to_date(self, step: Callable[[Connection], Awaitable[T]]) -> T:
        """Take the step and look at the files meanwhile; if they had changed, it must be taken again."""
        running = await self._running_server()
        changes = running.changes
        tidings = changes.tidings
        looking = asyncio.ensure_future(asyncio.to_thread(changes.look))
        try:
            answer = await step(running.connection)
        except ToolRefusedError:
            await self.changed(changes.unnoticed(await looking))
            if changes.tidings == tidings:
                raise
        else:
            await self.changed(changes.unnoticed(await looking))
            # Another question may have noticed it first, and told of it after this one was answered.
            if changes.tidings == tidings:
                return answer
        return await step((await self._running_server()).connection)

    async def _running_server(self) -> _Running:
        if self._running is not None and self._running.connection.is_open:
            return self._running
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._opened)
        # The start belongs to all who wait for it, so that none of them takes it along when it is cancelled.
        return await asyncio.shield(self._opening)

    def _opened(self, opening: asyncio.Task[_Running]) -> None:
        self._opening = None
        error = None if opening.cancelled() else opening.exception()
        self._failure = str(error) if error else ""

    async def _open(self) -> _Running:
        if self._is_closed:
            raise LanguageServerError(f"The language server of this session was closed. {_STILL_WORKS}")
        ended, self._running = self._running, None
        if ended is not None:
            self._ends.append((time.monotonic(), ended.connection.process.last_words))
        self._refuse_after_many_ends()
        self._complaint = ""
        connection = await self._start()
        try:
            changes = await asyncio.to_thread(DocumentChanges, self.root, library_folders(self._python))
            await self._initialize(connection)
        except BaseException:
            await connection.end()
            raise
        self._running = _Running(connection, changes)
        return self._running

    def _refuse_after_many_ends(self) -> None:
        if len(self._ends) == _MOST_ENDS and time.monotonic() - self._ends[0][0] < _SECONDS_OF_ENDS:
            raise LanguageServerError(
                f"ty ended {_MOST_ENDS} times within {_SECONDS_OF_ENDS:.0f} seconds, the last time so: "
                f"{self._ends[-1][1]}. Wait a minute, or restart the language server. {_STILL_WORKS}"
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
