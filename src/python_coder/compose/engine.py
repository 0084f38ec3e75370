# src/python_coder/compose/engine.py — the Docker engine: where it is, and what of ours it holds
import asyncio
import contextlib
import importlib
import ipaddress
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from python_coder.errors import EnvironmentLacksError, ToolRefusedError

T = TypeVar("T")

_SECONDS_TO_ANSWER = 60
_NO_ENGINE = (
    "There is no Docker engine to reach ({reason}). Start one (sudo systemctl start docker), or set DOCKER_HOST; "
    "every tool that needs no container goes on working."
)
_HANDED_ON = ("DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "HOME", "PATH", "SSH_AUTH_SOCK", "TMPDIR")


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One engine. Each question opens a connection of its own and closes it; nothing stays open."""

    host: str
    """Its address, such as `unix:///var/run/docker.sock`."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """What the Compose CLI and the SDK need to reach it; nothing else of the user's environment."""

    @property
    def is_local(self) -> bool:
        """Whether its folders are this machine's, so that a bind mount means what was checked."""
        address = urlsplit(self.host)
        if address.scheme in {"unix", "npipe"}:
            return True
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(address.hostname or "").is_loopback
        return address.hostname == "localhost"

    @contextlib.contextmanager
    def client(self) -> Iterator[Any]:
        """A connection of the Docker SDK.

        Raises:
            EnvironmentLacksError: The engine does not answer.
            ToolRefusedError: The engine said no; its own words are in the message.
        """
        # Half a second of imports; only what talks to an engine pays for them.
        docker: Any = importlib.import_module("docker")
        try:
            _knock(self.host)
            client = docker.from_env(environment=dict(self.environ), version="auto", timeout=_SECONDS_TO_ANSWER)
        except (docker.errors.DockerException, OSError) as error:
            raise EnvironmentLacksError(_NO_ENGINE.format(reason=f"{self.host}: {_reason(error)}")) from error
        try:
            yield client
        except docker.errors.APIError as error:
            raise ToolRefusedError(f"The Docker engine said: {error.explanation or error}. Mend that first.") from error
        except (docker.errors.DockerException, OSError) as error:
            raise EnvironmentLacksError(_NO_ENGINE.format(reason=f"{self.host}: {_reason(error)}")) from error
        finally:
            client.close()

    async def ask(self, question: Callable[[Any], T]) -> T:
        """Put a question to the SDK's client, in a thread."""

        def asked() -> T:
            with self.client() as client:
                return question(client)

        return await asyncio.to_thread(asked)

    async def containers(self, label: str) -> Sequence[Mapping[str, Any]]:
        """What `docker inspect` says of all containers with a label, in all states, by name."""
        return await self.ask(lambda client: _inspected(client, label))


def _knock(host: str) -> None:
    """Fail with the plain reason when nobody listens; the SDK would wrap it, and leave its socket open."""
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.settimeout(_SECONDS_TO_ANSWER)
            knocking.connect(host.removeprefix("unix://"))


def _inspected(client: Any, label: str) -> list[Mapping[str, Any]]:
    """Inspections of all containers with a label, by name. One that goes away meanwhile is left out."""
    found = client.containers.list(all=True, filters={"label": label}, ignore_removed=True)
    return sorted((container.attrs for container in found), key=lambda attrs: str(attrs["Name"]))


def find_engine(environ: Mapping[str, str] | None = None) -> Engine:
    """The engine that `DOCKER_HOST`, or else the user's Docker context, names. Does not ask it anything.

    Raises:
        EnvironmentLacksError: The context cannot be read.
    """
    env = os.environ if environ is None else environ
    handed_on = {name: env[name] for name in _HANDED_ON if env.get(name)}
    host = env.get("DOCKER_HOST") or _host_of_context()
    return Engine(host=host, environ={**handed_on, "DOCKER_HOST": host})


def _host_of_context() -> str:
    contexts: Any = importlib.import_module("docker.context")
    errors: Any = importlib.import_module("docker.errors")
    try:
        return str(contexts.ContextAPI.get_current_context().Host)
    except (AttributeError, OSError, ValueError, errors.DockerException) as error:
        raise EnvironmentLacksError(_NO_ENGINE.format(reason=f"the Docker context: {_reason(error)}")) from error


def _reason(error: Exception) -> str:
    """The innermost cause, in one line: the SDK wraps a refused connection three times."""
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    return " ".join(str(cause).split())[:200]
