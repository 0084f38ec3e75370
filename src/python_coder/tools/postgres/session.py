# src/python_coder/tools/postgres/session.py — the database that the postgres tools work on, opened at the first need
import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.errors import UsageError
from python_coder.postgres.address import DatabaseAddress, refuse_far
from python_coder.postgres.connection import DatabaseUnreachableError, PostgresConnection, TimeLimits
from python_coder.postgres.masking import MaskingPolicy
from python_coder.postgres.query_run import QueryRunner
from python_coder.postgres.reader_role import Reader, drop_reader, make_reader
from python_coder.tools.postgres.embedded_database import OwnDatabase, own_database
from python_coder.tools.serena.workplace import Workplace

_RENEW_SECONDS = 20 * 3600.0
"""The reader role's password is good for a day."""
_LOOKS, _LOOK_SECONDS = 50, 0.1
_LOST = "It was started anew, since the one before ended: rows that were written to that one are gone."


@dataclass(frozen=True, kw_only=True)
class DatabaseChoice:
    """What the user decided about the database. No tool can change any of it."""

    address: DatabaseAddress | None = field(repr=False)
    """`None` for a private server of our own, brought up by the project's migrations and thrown away at the end."""
    allowed_hosts: frozenset[str] = frozenset()
    """Hosts that may be gone to though they are far, or look like production. They are only ever read."""
    may_write: bool = False
    """Whether rows may be written to a database of the user's."""
    may_write_own: bool = True
    """Whether rows may be written to our own database."""
    policy: MaskingPolicy = field(default_factory=MaskingPolicy)
    limits: TimeLimits = field(default_factory=TimeLimits)


@dataclass(kw_only=True)
class PostgresSession:
    """Opens the database once, for all tools and calls, and leaves nothing of ours in it."""

    choice: DatabaseChoice
    workplace: Callable[[], Workplace] | None = None
    """Finds the project whose migrations bring our own database up; `None` for an empty one."""
    cache: Path | None = None
    """python-coder's cache folder."""
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _runner: QueryRunner | None = None
    _own: OwnDatabase | None = None
    _renew_at: float = 0.0
    _was_lost: bool = False

    @property
    def may_write(self) -> bool:
        """Whether `query` may write rows."""
        return self.choice.may_write_own if self.choice.address is None else self.choice.may_write

    @property
    def own_note(self) -> str:
        """Where our own database comes from; empty for one of the user's, and before the first call."""
        return " ".join(part for part in (self._own.note, _LOST if self._was_lost else "") if part) if self._own else ""

    async def runner(self) -> QueryRunner:
        """What runs queries; the first call opens the database.

        Raises:
            UsageError: The database is not one that tools may go to, or not one that they may write to.
            EnvironmentLacksError: There is no server for a database of our own.
            ToolRefusedError: The server cannot be reached.
        """
        async with self._opening:
            if self._runner is not None and time.monotonic() > self._renew_at:
                await self._drop_role(self._runner)
                self._runner = None
            return self._runner or await self._ready()

    async def renewed(self, failed: QueryRunner) -> QueryRunner:
        """What runs queries, after `failed` could not connect: a server that was made anew has no role of ours.

        Our own server is started anew if it ended. Errors are those of `runner`.
        """
        async with self._opening:
            if self._runner is not None and self._runner is not failed:
                return self._runner
            self._runner = None
            if self._own is None:
                await self._drop_role(failed)
            elif await _has_ended(self._own):
                own, self._own, self._was_lost = self._own, None, True
                await own.aclose()
            return await self._ready()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresConnection]:
        """A connection inside a transaction that cannot write."""
        runner = await self.runner()
        async with contextlib.AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(runner.reading())
            except DatabaseUnreachableError:
                connection = await stack.enter_async_context((await self.renewed(runner)).reading())
            yield connection

    async def aclose(self) -> None:
        """Drop the role that was made, and end our own server."""
        async with self._opening:
            runner, self._runner = self._runner, None
            own, self._own = self._own, None
            if own is not None:
                await own.aclose()
            elif runner is not None:
                await self._drop_role(runner)

    async def _drop_role(self, runner: QueryRunner) -> None:
        address = self._own.admin if self._own else self.choice.address
        if address is not None:
            await drop_reader(address, runner.reader, may_be_far=runner.may_be_far)

    async def _ready(self) -> QueryRunner:
        self._runner = await self._opened()
        self._renew_at = time.monotonic() + _RENEW_SECONDS
        return self._runner

    async def _opened(self) -> QueryRunner:
        choice, address = self.choice, self.choice.address
        if address is None:
            return await self._opened_own()
        refuse_far(address, choice.allowed_hosts)
        may_be_far = not address.is_near
        if choice.may_write and (may_be_far or address.is_production):
            raise UsageError(
                f"--allow-write is for development and test databases on this machine; {address.label} is none. "
                "Start the server without it."
            )
        reader = await make_reader(address, may_be_far=may_be_far)
        return QueryRunner(
            reader=reader,
            writer=address if choice.may_write else None,
            limits=choice.limits,
            policy=choice.policy,
            may_be_far=may_be_far,
            renew=self.renewed,
        )

    async def _opened_own(self) -> QueryRunner:
        own = self._own or await own_database(self.workplace() if self.workplace else None, self.cache)
        self._own = own
        reader = await make_reader(own.admin)
        note = " ".join(part for part in (reader.note, self.own_note) if part)
        reader = Reader(
            address=reader.address, search_path=reader.search_path, is_own_role=reader.is_own_role, note=note
        )
        writer = own.owner if self.may_write else None
        choice = self.choice
        return QueryRunner(reader=reader, writer=writer, limits=choice.limits, policy=choice.policy, renew=self.renewed)


async def _has_ended(own: OwnDatabase) -> bool:
    """Whether our server is gone. It may be about to: its guard looks a few times a second, and clears up first."""
    for _ in range(_LOOKS):
        if not own.server.is_running:
            return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False
