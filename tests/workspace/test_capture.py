# tests/workspace/test_capture.py — output is bounded in memory and digested whole
import pytest

from python_coder.workspace.capture import OutputCapture
from python_coder.workspace.commands import digest

CAPTURES = {
    "nothing": ([], 10, ""),
    "fits": ([b"abc", b"def"], 6, "abcdef"),
    "one-too-many": ([b"abc", b"defg"], 6, "abc\n[... 1 bytes not kept ...]\nefg"),
    "odd-limit": ([b"abcdefgh"], 5, "abc\n[... 3 bytes not kept ...]\ngh"),
    "keeps-nothing": ([b"abc"], 0, "\n[... 3 bytes not kept ...]\n"),
    "cuts-a-character": (["é€".encode()], 3, "é\n[... 2 bytes not kept ...]\n\N{REPLACEMENT CHARACTER}"),
    "long": ([b"a" * 300_000, b"b" * 3], 4, "aa\n[... 299999 bytes not kept ...]\nbb"),
}


@pytest.mark.parametrize(("chunks", "max_bytes", "text"), CAPTURES.values(), ids=CAPTURES)
async def test_capture_keeps_head_and_tail(chunks: list[bytes], max_bytes: int, text: str) -> None:
    capture = OutputCapture(max_bytes)
    for chunk in chunks:
        capture.feed(chunk)
    assert capture.text() == text
    assert capture.digest.hex() == digest(*chunks)
