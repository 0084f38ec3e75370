# src/python_coder/compose/calls.py — runs the Compose CLI on a checked model, bounded in time and output
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.symbols import lsp_launcher

EXIT_TIMED_OUT = 124
_MOST_BYTES = 1_000_000
_LINE_LIMIT = 1 << 20
_SECONDS_TO_DIE = 5.0
# What a file or `.env` may not switch on: fetching of other people's files, menus, delegation to other programs.
QUIET = {
    "COMPOSE_ANSI": "never",
    "COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false",
    "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false",
    "COMPOSE_MENU": "false",
    "COMPOSE_PROGRESS": "plain",
    "COMPOSE_REMOVE_ORPHANS": "false",
}


@dataclass(frozen=True, kw_only=True)
class CallResult:
    """How one call of the CLI ended. Its texts are as they came; redact them before anyone reads them."""

    exit_code: int
    """124 when it was ended at its time-out."""
    stdout: str
    stderr: str
    is_timed_out: bool = False

    @property
    def output(self) -> str:
        """Both streams, standard output first."""
        return "\n".join(text for text in (self.stdout.strip(), self.stderr.strip()) if text)


@dataclass(frozen=True, kw_only=True)
class ComposeCalls:
    """The CLI with all that never changes between its calls."""

    compose: tuple[str, ...]
    """The CLI's words, program first."""
    root: Path
    project: str
    environ: Mapping[str, str] = field(default_factory=dict)
    """All that the CLI sees of any environment."""

    async def run(
        self, words: Sequence[str], *, model: str, profiles: Sequence[str] = (), timeout_seconds: float
    ) -> CallResult:
        """Run one command of the CLI on a model that was checked; the files it came from are not read again."""
        async with self.started(words, model=model, profiles=profiles) as process:
            out, err = _Kept(), _Kept()
            reading = asyncio.gather(out.read(process.stdout), err.read(process.stderr))
            is_timed_out = False
            try:
                async with asyncio.timeout(timeout_seconds):
                    await process.wait()
            except TimeoutError:
                is_timed_out = True
                await _end(process)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SECONDS_TO_DIE):
                    await reading
        code = EXIT_TIMED_OUT if is_timed_out or process.returncode is None else process.returncode
        return CallResult(exit_code=code, stdout=out.text(), stderr=err.text(), is_timed_out=is_timed_out)

    @contextlib.asynccontextmanager
    async def started(
        self, words: Sequence[str], *, model: str, profiles: Sequence[str] = ()
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """The CLI while it works on a model. It and its children are ended with the block.

        Raises:
            EnvironmentLacksError: The CLI does not start.
        """
        chosen = [word for profile in profiles for word in ("--profile", profile)]
        where = ("-p", self.project, "--project-directory", str(self.root), "--env-file", os.devnull, "-f", "-")
        try:
            process = await asyncio.create_subprocess_exec(
                *_with_us(self.compose),
                *(*where, *chosen, *words),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=self.root,
                env={**self.environ, **QUIET},
                limit=_LINE_LIMIT,
                start_new_session=True,
            )
        except OSError as error:
            raise EnvironmentLacksError(f"{self.compose[0]} does not start: {error}. Install it again.") from error
        try:
            await _hand_over(process, model)
            yield process
        finally:
            await _end(process)


def _with_us(argv: Sequence[str]) -> Sequence[str]:
    """The words of a program that ends with us, whatever ends us."""
    return (sys.executable, "-I", "-S", lsp_launcher.__file__, str(os.getpid()), *argv)


async def _hand_over(process: asyncio.subprocess.Process, model: str) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(model.encode(errors="surrogateescape"))
        await process.stdin.drain()
    process.stdin.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process and its children: asked first, so that the engine hears of it, then at once."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_DIE):
                await process.wait()


class _Kept:
    """The end of a stream, which is where programs say what went wrong."""

    def __init__(self) -> None:
        self._kept = bytearray()

    async def read(self, stream: asyncio.StreamReader | None) -> None:
        while stream is not None and (chunk := await stream.read(1 << 16)):
            self._kept += chunk
            del self._kept[:-_MOST_BYTES]

    def text(self) -> str:
        return self._kept.decode(errors="replace")
