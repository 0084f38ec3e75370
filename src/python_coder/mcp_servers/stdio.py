# src/python_coder/mcp_servers/stdio.py — a tool server on standard input and output, for the client that started it
import asyncio
import contextlib
import logging
import os
import signal
import sys

import anyio
from mcp.server.stdio import stdio_server

from python_coder.mcp_servers.protocol import protocol_server
from python_coder.mcp_servers.tool_server import ToolCalls, ToolServer

_SECONDS_TO_CLOSE = 5.0
_logger = logging.getLogger(__name__)


def serve_stdio(server: ToolServer) -> None:
    """Serve one client until it closes its end, or a signal comes. Nothing but the protocol reaches standard output."""
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
    try:
        async with stdio_server() as (incoming, outgoing):
            await protocol.run(incoming, outgoing, protocol.create_initialization_options())
    except* (BrokenPipeError, anyio.BrokenResourceError):
        _logger.info("The client is gone")


def _settle(stopped: "asyncio.Future[int]", number: int) -> None:
    if not stopped.done():
        stopped.set_result(number)
