# src/python_coder/symbols/lsp_connection.py — questions to one running language server, many at once
import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from python_coder.symbols.lsp_messages import BrokenStreamError, Message, encode, read_message
from python_coder.symbols.lsp_process import ServerProcess

_METHOD_NOT_FOUND = -32601
_OUTDATED = {-32801, -32802}
"""Codes of a server that dropped a question because a file changed meanwhile: ask again."""
_MOST_TRIES = 5

Answerer = Callable[[Any], Any]
"""What answers a question of the server's: takes its `params`, returns the `result`."""


class ServerGoneError(Exception):
    """The server's process has ended, or its stream is broken. The message holds its last words."""


class ServerRefusalError(Exception):
    """The server answered with an error. The message is the server's own."""


class Connection:
    """One server's conversation, from its start to its end; it is not for use again afterwards."""

    def __init__(
        self, process: ServerProcess, *, answerers: Mapping[str, Answerer], hear: Callable[[str, Any], None]
    ) -> None:
        """Begin to listen.

        Args:
            process: The server; it ends with the conversation.
            answerers: What answers the server's questions, by method. Others are refused.
            hear: Takes the method and the parameters of each of its notifications.
        """
        self.process = process
        self._answerers = answerers
        self._hear = hear
        self._pending: dict[int, asyncio.Future[Message]] = {}
        self._last_id = 0
        self._is_open = True
        self._reading = asyncio.create_task(self._read())

    @property
    def is_open(self) -> bool:
        """Whether the server can still be asked."""
        return self._is_open

    async def ask(self, method: str, params: Any, *, timeout_seconds: float) -> Any:
        """Ask one question. A caller that is cancelled, or tired of waiting, takes back its question.

        Raises:
            ServerGoneError: The server ended before it answered.
            ServerRefusalError: It answered with an error.
            TimeoutError: It did not answer in time.
        """
        async with asyncio.timeout(timeout_seconds):
            answer = await self._answer(method, params)
            for attempt in range(1, _MOST_TRIES):
                if not _is_outdated(answer):
                    break
                await asyncio.sleep(0.01 * attempt)
                answer = await self._answer(method, params)
        error = answer.get("error")
        if error:
            raise ServerRefusalError(str(error.get("message", "")).split("\n")[0][:300] or "it gives no reason")
        return answer.get("result")

    def tell(self, method: str, params: Any) -> None:
        """Send a notification. It is dropped when the server is gone."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    async def end(self) -> None:
        """End the server; each open question ends with `ServerGoneError`."""
        await self.process.end()
        await asyncio.wait({self._reading})

    async def _answer(self, method: str, params: Any) -> Message:
        if not self._is_open:
            raise ServerGoneError(self.process.last_words)
        self._last_id += 1
        own_id = self._last_id
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._pending[own_id] = future
        self._send({"jsonrpc": "2.0", "id": own_id, "method": method, "params": params})
        try:
            return await future
        finally:
            if self._pending.pop(own_id, None) is not None and future.cancelled():
                self.tell("$/cancelRequest", {"id": own_id})

    def _send(self, message: Message) -> None:
        # Nothing is awaited, so that a message is never sent by half. The pipe's buffer takes what does not fit.
        if not self.process.stdin.is_closing():
            self.process.stdin.write(encode(message))

    async def _read(self) -> None:
        reason = ""
        try:
            while (message := await read_message(self.process.stdout)) is not None:
                self._take(message)
        except (BrokenStreamError, OSError) as error:
            reason = str(error)
        finally:
            self._is_open = False
            pending, self._pending = self._pending, {}
            with contextlib.suppress(asyncio.CancelledError):
                await self.process.end()
            for future in pending.values():
                if not future.done():
                    future.set_exception(ServerGoneError(reason or self.process.last_words))

    def _take(self, message: Message) -> None:
        method, own_id = message.get("method"), message.get("id")
        if method is None:
            future = self._pending.get(own_id) if isinstance(own_id, int) else None
            if future is not None and not future.done():
                future.set_result(message)
        elif own_id is None:
            self._hear(str(method), message.get("params"))
        elif method in self._answerers:
            self._send({"jsonrpc": "2.0", "id": own_id, "result": self._answerers[method](message.get("params"))})
        else:
            error = {"code": _METHOD_NOT_FOUND, "message": f"{method} is not known here"}
            self._send({"jsonrpc": "2.0", "id": own_id, "error": error})


def _is_outdated(answer: Message) -> bool:
    return (answer.get("error") or {}).get("code") in _OUTDATED
