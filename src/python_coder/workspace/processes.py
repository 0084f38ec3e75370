# src/python_coder/workspace/processes.py — a prepared process: started, read, timed, ended with all its children
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.capture import OutputCapture
from python_coder.workspace.commands import Command, CompletedCommand, digest
from python_coder.workspace.programs import SYSTEM_PATH

EXIT_TIMED_OUT = 124
_SECONDS_TO_OBEY = 12.0
"""More than the launcher takes to end the worst tree."""
_SECONDS_TO_DIE = 5.0


@dataclass(kw_only=True)
class Launch:
    """How a sandbox starts one command: the program around it, and what that is given. For one use, in a `with`.

    The program writes lines to `status_fd`: `error REASON` when the command cannot start, or JSON: `{"exit-code": n}`,
    and `{"child-pid": n}` for the first process of a PID namespace, with whose end the command's whole tree ends.
    """

    argv: list[str] = field(default_factory=list)
    life_line: bytes | None = None
    """Written to standard input, which then stays open: at its end the program ends the tree. `None`: no input."""
    is_exit_reported: bool = False
    """Whether an end without `exit-code` means that the sandbox could not be set up."""
    fds: list[int] = field(default_factory=list)
    """What the program inherits; closed here once it runs."""
    status_fd: int = -1
    status_reader: int = -1

    def __enter__(self) -> "Launch":
        self.status_reader, self.status_fd = os.pipe()
        self.fds.append(self.status_fd)
        return self

    def __exit__(self, *_: object) -> None:
        self.close_inherited()
        os.close(self.status_reader)

    def hand_over(self, content: bytes) -> int:
        """A file descriptor from which the program reads `content`."""
        fd = os.memfd_create("python-coder")
        self.fds.append(fd)
        with open(fd, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def close_inherited(self) -> None:
        """Close our copies of what the program was given, so that the ends of pipes are seen."""
        while self.fds:
            os.close(self.fds.pop())


async def run_launch(launch: Launch, command: Command) -> CompletedCommand:
    """Start a prepared command, and return when it and every process it left have ended.

    Raises:
        EnvironmentLacksError: It could not be started; the message has the reason.
    """
    started = time.monotonic()
    process = _Process(launch, command.max_output_bytes)
    try:
        has_ended = await process.has_ended(command.timeout_seconds)
        seconds = time.monotonic() - started
    finally:
        await _to_the_end(process.settle())
    out, err = process.streams
    exit_code = process.exit_code(command.argv) if has_ended else EXIT_TIMED_OUT
    return CompletedCommand(
        argv=command.argv,
        exit_code=exit_code,
        stdout=out.text(),
        stderr=err.text(),
        seconds=seconds,
        output_digest=digest(out.digest, err.digest),
        is_timed_out=not has_ended,
    )


class _Process:
    """One started process with its pipes. Nothing is awaited between its making and the `try` that settles it."""

    def __init__(self, launch: Launch, max_output_bytes: int) -> None:
        self._launch = launch
        self.streams = (OutputCapture(max_output_bytes), OutputCapture(max_output_bytes))
        self._status = b""
        self._root_fd: int | None = None
        self._is_ending = False
        (out, out_end), (err, err_end), (line_end, line) = os.pipe(), os.pipe(), os.pipe()
        self._life_line: int | None = line
        try:
            self._popen = subprocess.Popen(
                launch.argv,
                stdin=subprocess.DEVNULL if launch.life_line is None else line_end,
                stdout=out_end,
                stderr=err_end,
                env={"PATH": SYSTEM_PATH, "LANG": "C.UTF-8"},
                cwd="/",
                pass_fds=launch.fds,
                start_new_session=True,
            )
        except OSError as error:
            for fd in (out, err, line):
                os.close(fd)
            raise EnvironmentLacksError(f"{launch.argv[0]} cannot be started: {error}. Install it again.") from error
        finally:
            for fd in (out_end, err_end, line_end):
                os.close(fd)
            launch.close_inherited()
        for stream, fd in zip(self.streams, (out, err), strict=True):
            stream.start(fd)
        os.set_blocking(launch.status_reader, False)
        asyncio.get_running_loop().add_reader(launch.status_reader, self._read_status)
        with contextlib.suppress(BrokenPipeError):
            _write_all(line, launch.life_line or b"")

    async def has_ended(self, timeout_seconds: float) -> bool:
        """Whether the process ends within that time."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._end()
        except TimeoutError:
            return False
        return True

    async def settle(self) -> None:
        """End whatever still runs, wait until it is gone, and close everything. Takes bounded time."""
        self._end_tree()
        if not await self.has_ended(_SECONDS_TO_OBEY):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            await self.has_ended(_SECONDS_TO_DIE)
        self._popen.poll()
        self._read_status()
        asyncio.get_running_loop().remove_reader(self._launch.status_reader)
        if self._root_fd is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SECONDS_TO_DIE):
                    await _readable(self._root_fd)
            _bury(self._root_fd)
        for stream in self.streams:
            await stream.stop(_SECONDS_TO_DIE)

    def exit_code(self, argv: tuple[str, ...]) -> int:
        """The command's exit code, as the shell counts.

        Raises:
            EnvironmentLacksError: The command was never started.
        """
        lines = self._status.decode(errors="replace").splitlines()
        for error in (line.removeprefix("error ") for line in lines if line.startswith("error ")):
            raise EnvironmentLacksError(f"{argv[0]!r} could not be started: {error}. Install it again.")
        code = self._popen.returncode
        if self._launch.is_exit_reported and code > 0 and b'"exit-code"' not in self._status:
            reason = self.streams[1].text().strip()
            raise EnvironmentLacksError(f"The sandbox could not start {argv[0]!r}: {reason}. Try another --sandbox.")
        return 128 - code if code < 0 else code

    async def _end(self) -> None:
        if self._popen.poll() is not None:
            return
        if sys.platform == "linux":
            fd = os.pidfd_open(self._popen.pid)
            try:
                await _readable(fd)
            finally:
                os.close(fd)
            self._popen.poll()
        else:
            await asyncio.to_thread(self._popen.wait)

    def _end_tree(self) -> None:
        self._is_ending = True
        if self._life_line is not None:
            os.close(self._life_line)
            self._life_line = None
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGCONT)  # a command may have stopped its launcher
        if self._root_fd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._root_fd, signal.SIGKILL)

    def _read_status(self) -> None:
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self._launch.status_reader, 1 << 16)
            self._status += piece
            if not piece:
                asyncio.get_running_loop().remove_reader(self._launch.status_reader)
        if self._root_fd is None and b"child-pid" in self._status and b"\n" in self._status:
            pid = json.loads(self._status.splitlines()[0]).get("child-pid")
            with contextlib.suppress(ProcessLookupError):
                self._root_fd = os.pidfd_open(pid)
            if self._is_ending:
                self._end_tree()


def _write_all(fd: int, content: bytes) -> None:
    while content:
        content = content[os.write(fd, content) :]


def _bury(process_fd: int) -> None:
    """Close the descriptor of an ended process, which is our child if we are the first process of a container."""
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_PIDFD, process_fd, os.WEXITED | os.WNOHANG)
    os.close(process_fd)


async def _readable(fd: int) -> None:
    """Return when `fd` has something to read; a process's descriptor has at its end."""
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_reader(fd, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(fd)


async def _to_the_end(coroutine: Coroutine[Any, Any, None]) -> None:
    """Await all of `coroutine`, however often the caller is cancelled meanwhile; then let the cancellation through."""
    task = asyncio.ensure_future(coroutine)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancellation = error
    task.result()
    if cancellation is not None:
        raise cancellation
