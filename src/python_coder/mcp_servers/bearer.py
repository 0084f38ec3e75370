# src/python_coder/mcp_servers/bearer.py — the token that an HTTP client must show, and the door that asks for it
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from python_coder.errors import EnvironmentLacksError, UsageError

TOKEN_VARIABLE = "PYTHON_CODER_MCP_TOKEN"  # noqa: S105 - the name of a variable  # nosec B105
"""Environment variable that may give the token; on the command line every user of the machine could read it."""

_FORM = re.compile(r"[A-Za-z0-9._~+/=-]{16,}")


@dataclass(frozen=True)
class Token:
    """What a client must send as `Authorization: Bearer …`."""

    value: str = field(repr=False)
    source: str
    """Where the user finds it: the variable's name or a file's path."""


def read_token(environ: Mapping[str, str], file: Path) -> Token:
    """The token of the environment, else that of a file, which is made if it is not there.

    Args:
        environ: The process's environment.
        file: Kept between starts, so that a client's settings stay right; readable by its owner alone.

    Raises:
        UsageError: The given token is too short or has characters that no header may carry, or the file is open to
            others.
        EnvironmentLacksError: The file cannot be written or read.
    """
    if given := environ.get(TOKEN_VARIABLE):
        return Token(_checked(given, TOKEN_VARIABLE), TOKEN_VARIABLE)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            return _kept(file)
        value = secrets.token_urlsafe(32)
        with os.fdopen(descriptor, "w", encoding="ascii") as made:
            made.write(value + "\n")
    except OSError as error:
        raise EnvironmentLacksError(
            f"The token's file {file} cannot be used: {error.strerror}. Set {TOKEN_VARIABLE} instead."
        ) from error
    return Token(value, str(file))


def _kept(file: Path) -> Token:
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as kept:
        status = os.fstat(descriptor)
        if stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.getuid():
            raise UsageError(f"The token in {file} is not yours alone. Delete that file, and a new one is made.")
        return Token(_checked(kept.read(1_000).strip(), str(file)), str(file))


def _checked(value: str, source: str) -> str:
    if not _FORM.fullmatch(value):
        raise UsageError(
            f"The token of {source} must have at least 16 letters, digits or . _ ~ + / = - and nothing else. "
            "Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return value


class BearerDoor:
    """ASGI middleware that answers 401 to whoever does not show the token. Nothing behind it sees such a request."""

    def __init__(self, app: ASGIApp, token: Token) -> None:
        """Stand before `app`."""
        self._app = app
        self._expected = b"Bearer " + token.value.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it here."""
        if scope["type"] == "lifespan" or self._is_known(scope):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        body = f"Send the header Authorization: Bearer TOKEN; {TOKEN_VARIABLE} or the token's file has it.\n".encode()
        headers = [
            (b"www-authenticate", b'Bearer realm="python-coder"'),
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _is_known(self, scope: Scope) -> bool:
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        if scope["type"] != "http" or len(shown) != 1:
            return False
        scheme, _, value = shown[0].partition(b" ")
        return hmac.compare_digest(scheme.title() + b" " + value.strip(), self._expected)
