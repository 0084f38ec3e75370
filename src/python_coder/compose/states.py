# src/python_coder/compose/states.py — what the engine says of a stack's containers
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from python_coder.compose.naming import ONE_OFF_LABEL, OWNER_LABEL, SERVICE_LABEL
from python_coder.evidence.redaction import secret_values

SECONDS_TO_SETTLE = 2.0
"""A service without a healthcheck counts as up when it has run that long."""
RESTARTS_OF_A_LOOP = 3
_DEPENDS_LABEL = "com.docker.compose.depends_on"
_COMPLETED = "service_completed_successfully"


@dataclass(frozen=True, kw_only=True)
class ContainerState:
    """One container of ours at one moment."""

    name: str
    service: str
    """Its service in the stack; empty for a container that belongs to none."""
    project: str
    image: str
    state: str
    """`created`, `running`, `restarting`, `exited`, `paused` or `dead`."""
    health: str = ""
    """`healthy`, `unhealthy`, `starting`; empty without a healthcheck."""
    exit_code: int = 0
    restarts: int = 0
    is_out_of_memory: bool = False
    is_one_off: bool = False
    is_awaited: bool = False
    """Whether another service starts when this one has done its work."""
    listens: bool = False
    """Whether it opens a port, so that it is not meant to end."""
    error: str = ""
    """The engine's own words when it could not start the container."""
    health_output: str = ""
    """What the last probe wrote."""
    failed_probes: int = 0
    ports: tuple[str, ...] = ()
    """Such as `127.0.0.1:32768->8000/tcp`."""
    seconds_up: float = 0.0
    moment: str = ""
    """Differs between containers, and between the starts of one."""

    @property
    def is_failed(self) -> bool:
        """Whether waiting longer would not help. A program with a healthcheck that ends well has done its work."""
        stays = bool(self.health) and self.listens and not self.is_awaited
        has_stopped = self.state in {"exited", "dead"} and (self.exit_code != 0 or stays)
        is_unhealthy = self.health == "unhealthy" and self.state != "exited"
        return bool(has_stopped or is_unhealthy or self.restarts >= RESTARTS_OF_A_LOOP or self.error)

    @property
    def is_ready(self) -> bool:
        """Whether it is healthy; without a healthcheck, whether it runs steadily or has done its work."""
        if self.is_failed:
            return False
        if self.state == "exited":
            return True
        has_settled = self.seconds_up >= SECONDS_TO_SETTLE
        return self.state == "running" and (self.health == "healthy" or (not self.health and has_settled))

    @property
    def _tells_health(self) -> bool:
        """The engine calls each program with a healthcheck unhealthy when it ends, however well."""
        return self.health == "unhealthy" and self.is_failed

    def told(self) -> str:
        """One line for a reader."""
        parts = [self.health or self.state]
        if self.state in {"exited", "dead", "restarting"}:
            parts = [f"{self.state} ({self.exit_code})", *(["unhealthy"] if self._tells_health else [])]
        if self.restarts:
            parts.append(f"{self.restarts} restarts")
        if self.is_one_off:
            parts.append("one-off")
        return ", ".join((*parts, *self.ports))


def container_state(attrs: Mapping[str, Any]) -> ContainerState:
    """Read one answer of `docker inspect`."""
    state, labels = attrs["State"], attrs["Config"].get("Labels") or {}
    health = state.get("Health") or {}
    started = str(state.get("StartedAt") or "")
    probes = health.get("Log") or [{}]
    return ContainerState(
        name=str(attrs["Name"]).lstrip("/"),
        service=labels.get(SERVICE_LABEL, ""),
        project=labels.get(OWNER_LABEL, ""),
        image=str(attrs["Config"].get("Image", "")),
        state=state["Status"],
        health="" if health.get("Status") in (None, "none") else health["Status"],
        exit_code=int(state.get("ExitCode") or 0),
        restarts=int(attrs.get("RestartCount") or 0),
        is_out_of_memory=bool(state.get("OOMKilled")),
        is_one_off=labels.get(ONE_OFF_LABEL, "") == "True",
        listens=bool(attrs["Config"].get("ExposedPorts")),
        error=str(state.get("Error") or ""),
        health_output=str(probes[-1].get("Output") or "").strip(),
        failed_probes=int(health.get("FailingStreak") or 0),
        ports=tuple(_ports(attrs)),
        seconds_up=_seconds_since(started) if state["Status"] == "running" else 0.0,
        moment=f"{attrs['Id']} {started}",
    )


def of_services(inspections: Sequence[Mapping[str, Any]]) -> tuple[ContainerState, ...]:
    """The states of a stack's services, one-offs left out, by service."""
    awaited = _awaited(inspections)
    states = (replace(state, is_awaited=state.service in awaited) for state in map(container_state, inspections))
    return tuple(sorted((s for s in states if s.service and not s.is_one_off), key=lambda s: (s.service, s.name)))


def _awaited(inspections: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Services whose end others wait for. The CLI writes them as `name:condition:restart`, with commas between."""
    told = [str((attrs["Config"].get("Labels") or {}).get(_DEPENDS_LABEL, "")) for attrs in inspections]
    waits = [wait.split(":") for text in told for wait in text.split(",")]
    return frozenset(wait[0] for wait in waits if _COMPLETED in wait)


def secrets_in(inspections: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Values in the containers' environments that no answer may show; the file that had them may be gone."""
    for attrs in inspections:
        pairs = (str(pair).partition("=") for pair in attrs["Config"].get("Env") or ())
        yield from secret_values({name: value for name, _, value in pairs})


def _ports(attrs: Mapping[str, Any]) -> Iterator[str]:
    for inside, bindings in sorted(((attrs.get("NetworkSettings") or {}).get("Ports") or {}).items()):
        for binding in bindings or ():
            yield f"{binding['HostIp']}:{binding['HostPort']}->{inside}"


def _seconds_since(moment: str) -> float:
    # The engine writes nanoseconds, Python reads microseconds.
    short = re.sub(r"(\.\d{6})\d*", r"\1", moment).replace("Z", "+00:00")
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(short)).total_seconds()
    except ValueError:
        return 0.0
