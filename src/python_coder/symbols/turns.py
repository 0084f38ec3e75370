# src/python_coder/symbols/turns.py — many readers at once, or one writer alone
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turns:
    """Lets any number of tasks share, until one asks to be alone: it waits for those inside, and goes before others."""

    def __init__(self) -> None:
        self._sharing = 0
        self._wishes = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._alone = asyncio.Lock()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Go along with others; nobody is alone meanwhile."""
        await self._until(lambda: not self._wishes)
        self._sharing += 1
        try:
            yield
        finally:
            self._sharing -= 1
            self._wake()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Have nobody beside."""
        self._wishes += 1
        try:
            async with self._alone:
                await self._until(lambda: not self._sharing)
                yield
        finally:
            self._wishes -= 1
            self._wake()

    async def _until(self, is_free: Callable[[], bool]) -> None:
        while not is_free():
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn

    def _wake(self) -> None:
        """Let all look again. It awaits nothing, so that a cancelled task cannot leave the others asleep."""
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)
