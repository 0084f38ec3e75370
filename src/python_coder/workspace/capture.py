# src/python_coder/workspace/capture.py — one output stream: bounded in memory, digested whole
import asyncio
import contextlib
import hashlib
import os

_CHUNK_BYTES = 1 << 16


class OutputCapture:
    """Reads one pipe to its end. Keeps the head and the tail, counts what it drops, digests everything."""

    def __init__(self, max_bytes: int) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._max_head = max_bytes - max_bytes // 2
        self._max_tail = max_bytes // 2
        self._dropped = 0
        self._sha = hashlib.sha256()
        self._fd = -1
        self._is_over = asyncio.Event()

    def start(self, fd: int) -> None:
        """Read `fd`, from now on ours, whenever it has something and the running loop runs."""
        self._fd = fd
        os.set_blocking(fd, False)
        asyncio.get_running_loop().add_reader(fd, self._read)

    async def stop(self, timeout_seconds: float) -> None:
        """Wait for the end of the stream, but no longer than that, and close it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._is_over.wait()
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        self._sha.update(chunk)
        room = self._max_head - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        # Cut at twice the size, so that a flood does not move the tail once a chunk.
        if len(self._tail) > 2 * self._max_tail + _CHUNK_BYTES:
            self._cut_tail()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the whole stream, also of what was not kept."""
        return self._sha.digest()

    def text(self) -> str:
        """What was kept, with a line in between that says how much is missing."""
        self._cut_tail()
        if not self._dropped:
            return (self._head + self._tail).decode(errors="replace")
        head, tail = self._head.decode(errors="replace"), self._tail.decode(errors="replace")
        return f"{head}\n[... {self._dropped} bytes not kept ...]\n{tail}"

    def _cut_tail(self) -> None:
        surplus = len(self._tail) - self._max_tail
        if surplus > 0:
            del self._tail[:surplus]
            self._dropped += surplus

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(self._fd, _CHUNK_BYTES)
            if chunk:
                self.feed(chunk)
            else:
                asyncio.get_running_loop().remove_reader(self._fd)
                self._is_over.set()
