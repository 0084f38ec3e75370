# src/python_coder/mcp_servers/stdio.py — a tool server on standard input and output, for the client that started it
import asyncio
import contextlib
import logging
import os
import select
import signal
import sys
from collections.abc import AsyncIterable

import anyio
from anyio.streams.memory import MemoryObjectSendStream
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

from python_coder.mcp_servers.log import log_to_stderr
from python_coder.mcp_servers.protocol import protocol_server
from python_coder.mcp_servers.tool_server import ToolCalls, ToolServer

_SECONDS_TO_CLOSE = 5.0
_LOOKS_FOR_ANSWERS = 200
_QUIET_LOOKS = 3
_SECONDS_BETWEEN_LOOKS = 0.05
_logger = logging.getLogger(__name__)


def serve_stdio(server: ToolServer) -> None:
    """Serve one client until it closes its end, or a signal comes. Nothing but the protocol reaches standard output."""
    log_to_stderr()
    ended_by = asyncio.run(_serve(server))
    sys.stderr.flush()
    # A thread of the SDK may still wait for input that never comes, and Python would wait for that thread.
    os._exit(128 + ended_by if ended_by else 0)


async def _serve(server: ToolServer) -> int:
    """Serve; the number of the signal that ended it, 0 for the client's own end."""
    calls = ToolCalls(server)
    stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, _settle, stopped, number)
    serving = asyncio.create_task(_carry(calls))
    try:
        await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
        return stopped.result() if stopped.done() else 0
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_CLOSE):
                await calls.close()
        if serving.done():
            serving.result()


async def _carry(calls: ToolCalls) -> None:
    protocol = protocol_server(calls)
    written = os.dup(sys.stdout.fileno())  # the SDK points the number itself elsewhere while it serves
    try:
        async with stdio_server() as (incoming, outgoing), incoming, anyio.create_task_group() as relaying:
            # At the end of input the SDK drops what it has not answered; a client may well write first and read then.
            send, receive = anyio.create_memory_object_stream[SessionMessage | Exception]()
            relaying.start_soon(_relay, incoming, send, calls, written)
            await protocol.run(receive, outgoing, protocol.create_initialization_options())
    except* (BrokenPipeError, anyio.BrokenResourceError):
        _logger.info("The client is gone")


async def _relay(
    incoming: AsyncIterable[SessionMessage | Exception],
    send: MemoryObjectSendStream[SessionMessage | Exception],
    calls: ToolCalls,
    written: int,
) -> None:
    """Hand all messages on, and their end once everything is answered or nobody is left to read it."""
    async with send:
        async for message in incoming:
            await send.send(message)
        quiet = 0
        for _ in range(_LOOKS_FOR_ANSWERS):
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
            quiet = 0 if calls.are_open else quiet + 1  # what was answered is still to be written
            if quiet == _QUIET_LOOKS or not _is_read(written):
                return


def _is_read(descriptor: int) -> bool:
    """Whether somebody still holds the other end of what we write to."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return not any(event & select.POLLERR for _, event in poll.poll(0))


def _settle(stopped: "asyncio.Future[int]", number: int) -> None:
    if not stopped.done():
        stopped.set_result(number)
