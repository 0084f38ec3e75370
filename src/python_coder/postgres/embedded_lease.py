# src/python_coder/postgres/embedded_lease.py — one embedded server for all who want one at the same time
import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.postgres.embedded import EmbeddedPostgres, Login

TENANT = "python_coder_tenant"


@dataclass
class _Shared:
    """The one server of this process, while anybody has a lease of it."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    leases: int = 0
    server: EmbeddedPostgres | None = None
    tenant: Login | None = None

    def enter(self, cache: Path | None) -> Login:
        with self.turn:
            if self.server is None or self.tenant is None or not self.server.is_running:
                self._stop()
                self.server = EmbeddedPostgres(cache=cache)
                self.server.start()
                self.tenant = self.server.new_role(TENANT)
            self.leases += 1
            return self.tenant

    def leave(self) -> None:
        with self.turn:
            self.leases -= 1
            if self.leases == 0:
                self._stop()

    def _stop(self) -> None:
        server, self.server, self.tenant = self.server, None, None
        if server is not None:
            server.close()


_SHARED = _Shared()


@contextlib.asynccontextmanager
async def leased_postgres(cache: Path | None) -> AsyncIterator[Login]:
    """A way into the embedded server for project code, which may make databases there and nothing else.

    The server starts with the first lease and ends with the last one, so gates that run side by side share it.

    Args:
        cache: python-coder's cache folder; `None` makes a server that keeps nothing, in one or two seconds more.

    Raises:
        EnvironmentLacksError: There are no server programs, or they do not start.
    """
    entering = asyncio.ensure_future(asyncio.to_thread(_SHARED.enter, cache))
    try:
        tenant = await asyncio.shield(entering)
    except asyncio.CancelledError:
        await asyncio.wait([entering])
        if not entering.cancelled() and entering.exception() is None:
            await asyncio.shield(asyncio.to_thread(_SHARED.leave))
        raise
    try:
        yield tenant
    finally:
        await asyncio.shield(asyncio.to_thread(_SHARED.leave))
