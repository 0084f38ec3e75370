# src/python_coder/postgres/embedded_lease.py — one embedded server for all who want one at the same time
import asyncio
import contextlib
import secrets
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.postgres.embedded import EmbeddedPostgres, Login

_TENANT = "python_coder_tenant"


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A role of the embedded server for project code: it may make databases there and nothing else."""

    server: EmbeddedPostgres
    login: Login

    @contextlib.asynccontextmanager
    async def new_database(self) -> AsyncIterator[Login]:
        """An empty database of the tenant's, removed afterwards, whoever is connected to it."""
        name = f"python_coder_{secrets.token_hex(8)}"
        login = await asyncio.to_thread(self.server.new_database, name, owner=self.login)
        try:
            yield login
        finally:
            await asyncio.shield(asyncio.to_thread(self.server.drop_database, name))


@dataclass
class _Shared:
    """The one server of this process, while anybody has a lease of it."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    leases: int = 0
    server: EmbeddedPostgres | None = None
    tenant: Tenant | None = None

    def enter(self, cache: Path | None) -> Tenant:
        with self.turn:
            if self.server is None or self.tenant is None or not self.server.is_running:
                self._stop()
                self.server = EmbeddedPostgres(cache=cache)
                self.server.start()
                self.tenant = Tenant(server=self.server, login=self.server.new_role(_TENANT))
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
async def leased_postgres(cache: Path | None) -> AsyncIterator[Tenant]:
    """The embedded server, for project code.

    It starts with the first lease and ends with the last one, so gates that run side by side share it.

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
