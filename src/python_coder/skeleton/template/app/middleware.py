# app/middleware.py — what happens around every request
import re
import time
import uuid
from dataclasses import dataclass

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import payload_too_large
from app.headers import NOTHING_LOADS, REQUEST_ID_HEADER, SECURITY_HEADERS

log = structlog.stdlib.get_logger(__name__)

QUIET_PATHS = frozenset({"/health", "/ready"})
# Clients may name their request, but only in a form that is safe in logs and headers.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class RequestContextMiddleware:
    """Gives each request an id, binds it to all log events, and logs how the request ended."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                write = log.debug if scope["path"] in QUIET_PATHS else log.info
                milliseconds = round((time.perf_counter() - started) * 1000, 1)
                # The query is left out: it may hold a token.
                write(
                    "request_finished",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    duration_ms=milliseconds,
                )


@dataclass(frozen=True)
class SecurityHeadersMiddleware:
    """Adds headers that keep browsers from guessing, framing and caching. JSON may load nothing at all."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if not headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("content-security-policy", NOTHING_LOADS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


@dataclass(frozen=True)
class BodyLimitMiddleware:
    """Refuses bodies beyond a limit. Counts what arrives, since a client may announce any length or none."""

    app: ASGIApp
    max_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise payload_too_large(self.max_bytes)
            return message

        await self.app(scope, receive_within_limit, send)
