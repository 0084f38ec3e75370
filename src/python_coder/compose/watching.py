# src/python_coder/compose/watching.py — `compose watch` in the background, for as long as somebody wants it
import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field

from python_coder.compose.calls import ComposeCalls
from python_coder.compose.stack import Stack
from python_coder.errors import ToolRefusedError

_MOST_LINES = 200
_SECONDS_TO_BEGIN = 2.0


@dataclass(kw_only=True)
class Watcher:
    """Carries changes of the project's files into the containers of one stack, by the rules of `develop.watch`."""

    stack: Stack
    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_LINES))
    _task: asyncio.Task[None] | None = None
    _exit_code: int | None = None

    @property
    def is_running(self) -> bool:
        """Whether changes are carried over now."""
        return self._task is not None and not self._task.done()

    @property
    def lines(self) -> tuple[str, ...]:
        """What it said last, oldest first, redacted."""
        return tuple(map(self.stack.redact, self._lines))

    async def start(self) -> None:
        """Begin; the stack must be up. Returns when it watches.

        Raises:
            ToolRefusedError: No service has `develop.watch`, or the stack is not up, or the CLI ended at once.
        """
        checked = await self.stack.checked()
        model, services = checked.text(), checked.model.get("services") or {}
        watched = [name for name, service in services.items() if (service.get("develop") or {}).get("watch")]
        standing = {state.service for state in await self.stack.states() if state.state == "running"}
        chosen = [name for name in watched if name in standing]
        if not chosen:
            why = "is up: deploy-compose brings it up" if watched else "has develop.watch: add it to the compose file"
            raise ToolRefusedError(f"No service that could be watched {why}.")
        self._task = asyncio.create_task(self._watch(self.stack.calls(checked), model, chosen))
        await asyncio.wait((self._task,), timeout=_SECONDS_TO_BEGIN)
        if not self.is_running:
            raise ToolRefusedError(f"compose watch ended with {self._exit_code}: {' '.join(self.lines)[-500:]}")

    async def aclose(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self, calls: ComposeCalls, model: str, services: list[str]) -> None:
        async with calls.started(("watch", "--no-up", *services), model=model, profiles=("*",)) as process:
            streams = [stream for stream in (process.stdout, process.stderr) if stream is not None]
            await asyncio.gather(*(self._read(stream) for stream in streams))
            self._exit_code = await process.wait()

    async def _read(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self._lines.append(line.decode(errors="replace").rstrip())
