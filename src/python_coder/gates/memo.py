# src/python_coder/gates/memo.py — what several gates of one check share, worked out once
import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

T = TypeVar("T")


@dataclass
class Memo:
    """Keeps the outcome of slow work by its key. Only one piece of work runs at a time.

    Test sessions are the work: two of them at once would share databases and ports of the project.
    """

    _tasks: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def once(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The outcome of `work`, which is started only for the first caller with this key."""
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._alone(work))
        return cast("T", await asyncio.shield(self._tasks[key]))

    async def _alone(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._lock:
            return await work()
