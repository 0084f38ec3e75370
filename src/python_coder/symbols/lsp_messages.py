# src/python_coder/symbols/lsp_messages.py — the framing of the Language Server Protocol on a byte stream
import asyncio
import json
from typing import Any

Message = dict[str, Any]
"""One JSON-RPC message."""

_MAX_MESSAGE_BYTES = 1 << 28
"""More than any answer takes; a header that announces more is damage."""


class BrokenStreamError(Exception):
    """What the server wrote is no message; the stream cannot be read any further."""


def encode(message: Message) -> bytes:
    """The bytes of one message, header included."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


async def read_message(stream: asyncio.StreamReader) -> Message | None:
    """Read the next message; `None` at the end of the stream.

    Raises:
        BrokenStreamError: There is something else than a message, or half of one.
    """
    try:
        header = await stream.readuntil(b"\r\n\r\n")
        body = await stream.readexactly(_length(header))
        message = json.loads(body)
    except asyncio.IncompleteReadError as error:
        if not error.partial and error.expected is None:
            return None
        raise BrokenStreamError("the stream ended in the middle of a message") from error
    except (asyncio.LimitOverrunError, ValueError) as error:
        raise BrokenStreamError(f"what came is no message: {error}") from error
    if not isinstance(message, dict):
        raise BrokenStreamError("what came is no message, but bare JSON")
    return message


def _length(header: bytes) -> int:
    for line in header.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
            if 0 <= length <= _MAX_MESSAGE_BYTES:
                return length
            raise ValueError(f"it announces {length} bytes")
    raise ValueError("its header has no Content-Length")
