# src/python_coder/symbols/lsp_process.py — a language server's process: started, listened to, ended
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from python_coder.symbols import lsp_launcher

_MAX_STDERR_BYTES = 4096
_CHUNK_BYTES = 1 << 16
_BUFFER_BYTES = 1 << 20


class ServerProcess:
    """A running server with its three pipes. Only the end of what it writes to standard error is kept."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("The process has no pipes. Start it with `ServerProcess.start`.")
        self.stdin, self.stdout = process.stdin, process.stdout
        self._process = process
        self._words = bytearray()
        self._listening = asyncio.create_task(self._listen(process.stderr))

    @classmethod
    async def start(cls, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Self:
        """Start `argv` so that it ends with us, whatever ends us.

        Raises:
            OSError: `cwd` or our own interpreter is not there.
        """
        launched = (sys.executable, "-I", "-S", lsp_launcher.__file__, str(os.getpid()), *argv)
        # A session of its own: Ctrl-C in a terminal is meant for us.
        process = await asyncio.create_subprocess_exec(
            *launched,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            limit=_BUFFER_BYTES,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def last_words(self) -> str:
        """The last line that it wrote to standard error, and how it ended."""
        said = next((line.strip() for line in reversed(self._lines) if line.strip()), "it wrote nothing")
        return f"{said[-300:]} (exit status {self._process.returncode})"

    @property
    def last_error(self) -> str:
        """The last line that it logged as an error, without the time; empty when there is none."""
        errors = (line.partition(" ERROR ")[2].strip() for line in reversed(self._lines))
        return next((error[:300] for error in errors if error), "")

    @property
    def _lines(self) -> list[str]:
        return self._words.decode(errors="replace").split("\n")

    async def end(self) -> None:
        """Kill it, for it keeps nothing that could be lost, and return when it has ended."""
        if self._process.returncode is None:
            # Not `kill`: it looks whether the process has ended, and then asyncio never learns how.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.stdin.close()
        await self._process.wait()
        await asyncio.wait({self._listening})  # unlike `await`, it does not hand on a cancellation

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(_CHUNK_BYTES):
            self._words += chunk
            del self._words[:-_MAX_STDERR_BYTES]
