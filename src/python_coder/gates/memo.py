# src/python_coder/gates/memo.py — what several gates of one check share, worked out once
import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

T = TypeVar("T")


_AT_ONCE = 2


@dataclass
class Memo:
    """Keeps the outcome of slow work by its key.

    Test sessions are the work. Two of them at once would share databases and ports of the project, so they run one
    after the other, unless a sandbox keeps each to itself.
    """

    _tasks: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict)
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    _isolated: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def once(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]], *, is_isolated: bool) -> T:
        """The outcome of `work`, which is started only for the first caller with this key.

        Args:
            key: Names the work.
            work: Does it.
            is_isolated: Whether it can run beside other work.
        """
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(_in_turn(self._isolated if is_isolated else self._alone, work))
        return cast("T", await asyncio.shield(self._tasks[key]))


async def _in_turn(turn: asyncio.Lock | asyncio.Semaphore, work: Callable[[], Awaitable[T]]) -> T:
    async with turn:
        return await work()
