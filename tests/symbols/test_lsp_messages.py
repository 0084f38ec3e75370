# tests/symbols/test_lsp_messages.py — framing of messages on a byte stream
import asyncio

import pytest

from python_coder.symbols.lsp_messages import BrokenStreamError, Message, encode, read_message

MESSAGES: dict[str, Message] = {
    "empty": {},
    "not-ascii": {"method": "Ünïcode 😀", "params": ["\u2028", "\t"]},
    "large": {"params": "x" * 300_000},
    "half-a-character": {"params": "\ud83d"},
}

BROKEN = {
    "no-length": (b"Content-Type: x\r\n\r\n{}", "no Content-Length"),
    "no-number": (b"Content-Length: many\r\n\r\n{}", "no message"),
    "negative": (b"Content-Length: -2\r\n\r\n{}", "announces -2"),
    "too-large": (b"Content-Length: 99999999999\r\n\r\n{}", "announces 99999999999"),
    "no-json": (b"Content-Length: 2\r\n\r\nno", "no message"),
    "bare-json": (b"Content-Length: 2\r\n\r\n[]", "bare JSON"),
    "no-utf-8": (b"Content-Length: 4\r\n\r\n\xff\xff\xff\xff", "no message"),
    "half-a-header": (b"Content-Le", "in the middle"),
    "half-a-body": (b"Content-Length: 9\r\n\r\n{", "in the middle"),
    "a-flood-without-header": (b"x" * 200_000, "no message"),
}


def _stream(data: bytes) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    return stream


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
async def test_what_is_encoded_is_read_back(message: Message) -> None:
    stream = _stream(encode(message) * 2)
    expected = {"params": "?"} if message.get("params") == "\ud83d" else message
    assert [await read_message(stream), await read_message(stream), await read_message(stream)] == [
        expected,
        expected,
        None,
    ]


async def test_other_headers_and_cases_are_allowed() -> None:
    assert await read_message(_stream(b"content-type: x; charset=utf-8\r\ncontent-length:  2 \r\n\r\n{}")) == {}


@pytest.mark.parametrize(("data", "reason"), BROKEN.values(), ids=BROKEN)
async def test_damage_is_told_from_an_end(data: bytes, reason: str) -> None:
    with pytest.raises(BrokenStreamError, match=reason):
        await read_message(_stream(data))
