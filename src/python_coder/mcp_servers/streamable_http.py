# src/python_coder/mcp_servers/streamable_http.py — a tool server as streamable HTTP, on loopback behind a token
import asyncio
import contextlib
import ipaddress
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.mcp_servers.bearer import BearerDoor, Token
from python_coder.mcp_servers.log import log_to_stderr
from python_coder.mcp_servers.protocol import protocol_server
from python_coder.mcp_servers.tool_server import ToolCalls, ToolServer

_PATH = "/mcp"
_SECONDS_TO_CLOSE = 5.0
_HIGHEST_PORT = 65_535


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where to listen."""

    host: str
    port: int
    """0 for any free one."""
    is_remote: bool = False
    """Whether others than this machine can reach it."""


def read_address(text: str, *, may_be_remote: bool = False) -> Address:
    """Read `[HOST:]PORT`; without a host it is 127.0.0.1.

    Args:
        text: As `8000`, `localhost:8000` or `[::1]:8000`.
        may_be_remote: Whether a host that others can reach is meant.

    Raises:
        UsageError: It is not of that form, or is reachable by others without having been meant so.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise UsageError(f"--http {text!r} is not [HOST:]PORT, such as 8000 or 127.0.0.1:8000.")
    is_remote = not _is_loopback(host)
    if is_remote and not may_be_remote:
        raise UsageError(
            f"--http {text!r} would let other machines run tools on this one, unencrypted. Use 127.0.0.1, or say that "
            "you mean it: --allow-remote"
        )
    return Address(host=host, port=int(port), is_remote=is_remote)


def serve_http(server: ToolServer, address: Address, token: Token) -> None:
    """Serve any number of clients until a signal comes.

    Raises:
        EnvironmentLacksError: The address is taken or is not this machine's.
    """
    log_to_stderr()
    asyncio.run(_serve(server, address, token))


async def _serve(server: ToolServer, address: Address, token: Token) -> None:
    listener = _listen(address)
    port = listener.getsockname()[1]
    shown = f"[{address.host}]" if ":" in address.host else address.host
    calls = ToolCalls(server)
    config = uvicorn.Config(
        _application(calls, address, token),
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    carrier = _Carrier(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, carrier.stop)
    sys.stderr.write(f"{server.name}: http://{shown}:{port}{_PATH} (bearer token: {token.source})\n")
    sys.stderr.flush()
    try:
        await carrier.serve(sockets=[listener])
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_CLOSE):
                await calls.close()


def _application(calls: ToolCalls, address: Address, token: Token) -> Starlette:
    names = {"127.0.0.1", "localhost", "[::1]", address.host}
    hosts = [spelling for name in sorted(names) for spelling in (name, f"{name}:*")]
    security = TransportSecuritySettings(
        # A page in a browser that a foreign name leads here is stopped by its Host; from afar any name can be right.
        enable_dns_rebinding_protection=not address.is_remote,
        allowed_hosts=hosts,
        allowed_origins=[f"http://{host}" for host in hosts],
    )
    application = protocol_server(calls).streamable_http_app(streamable_http_path=_PATH, transport_security=security)
    application.add_middleware(BearerDoor, token=token)
    return application


class _Carrier(uvicorn.Server):
    """Leaves signals to us: uvicorn's own way would end the process before the tools are closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        raise EnvironmentLacksError(
            f"Nothing can listen on {address.host}:{address.port}: {error.strerror}. Choose another port, or 0 for any."
        ) from error
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
