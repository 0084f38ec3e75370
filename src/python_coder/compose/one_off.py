# src/python_coder/compose/one_off.py — one container from an image, for one command, within limits, gone afterwards
import contextlib
import importlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_coder.compose.findings import Findings, Place
from python_coder.compose.guard_mounts import LOOPBACK, check_mounts
from python_coder.compose.naming import ONE_OFF_LABEL, OWNER_LABEL
from python_coder.compose.stack import OneOff
from python_coder.errors import ToolRefusedError, UsageError

_BYTES_OF_MB = 1024 * 1024
_MOST_PROCESSES = 512
_MOST_LINES = 2_000
_EXIT_TIMED_OUT = 124


@dataclass(frozen=True, kw_only=True)
class OneOffRequest:
    """One command in one container."""

    image: str
    command: Sequence[str] = ()
    """In place of the image's own; none for its own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: Sequence[str] = ()
    """`PATH:TARGET` or `PATH:TARGET:ro`, the path relative to the project."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """Port inside, such as `8000/tcp`, to the host's port on loopback; 0 for a free one."""
    memory_mb: int = 512
    cpus: float = 1.0
    timeout_seconds: float = 120.0
    name: str = ""


def start_image(client: Any, request: OneOffRequest, place: Place) -> Any:
    """Start the container, in the stack's networks if that is up, else without any. Returns the SDK's container.

    Raises:
        ToolRefusedError: A mount reaches beyond the project, or the image cannot be had.
    """
    networks = client.networks.list(filters={"label": f"{OWNER_LABEL}={place.project}"})
    if request.ports and not networks:
        networks = [client.networks.create(f"{place.project}_one-off", labels=place.labels)]
    _make_sure_of(client, request.image)
    container = client.containers.create(
        request.image,
        list(request.command) or None,
        name=f"{place.project}-{request.name or 'one-off'}-{time.time_ns():x}",
        environment=dict(request.environment),
        labels={**place.labels, ONE_OFF_LABEL: "True"},
        mem_limit=request.memory_mb * _BYTES_OF_MB,
        memswap_limit=request.memory_mb * _BYTES_OF_MB,
        nano_cpus=int(request.cpus * 1_000_000_000),
        pids_limit=_MOST_PROCESSES,
        init=True,
        security_opt=["no-new-privileges"],
        volumes=_binds(request.mounts, place),
        ports={inside: (LOOPBACK, port or None) for inside, port in request.ports.items()},
        **({"network": networks[0].name} if networks else {"network_mode": "none"}),
    )
    try:
        for network in networks[1:]:
            network.connect(container)
        container.start()
    except BaseException:
        container.remove(force=True, v=True)
        raise
    return container


def run_image(client: Any, request: OneOffRequest, place: Place) -> OneOff:
    """Run the command to its end, or to the time-out, and remove the container. Blocks. The output is as it came.

    Raises:
        ToolRefusedError: See `start_image`.
    """
    started = time.monotonic()
    container = start_image(client, request, place)
    try:
        exit_code = _waited(container, request.timeout_seconds)
        container.reload()
        output = container.logs(tail=_MOST_LINES).decode(errors="replace")
    finally:
        # Its anonymous volumes were made for it alone.
        container.remove(force=True, v=True)
    return OneOff(
        exit_code=_EXIT_TIMED_OUT if exit_code is None else exit_code,
        output=output,
        is_timed_out=exit_code is None,
        is_out_of_memory=bool(container.attrs["State"].get("OOMKilled")),
        seconds=time.monotonic() - started,
    )


def _waited(container: Any, timeout_seconds: float) -> int | None:
    """The exit code, or `None` when the time was up."""
    requests: Any = importlib.import_module("requests.exceptions")
    try:
        return int(container.wait(timeout=timeout_seconds)["StatusCode"])
    except (requests.ConnectionError, requests.ReadTimeout):
        return None


def _make_sure_of(client: Any, image: str) -> None:
    errors: Any = importlib.import_module("docker.errors")
    with contextlib.suppress(errors.ImageNotFound):
        client.images.get(image)
        return
    name, _, tag = image.partition("@") if "@" in image else _split(image)
    try:
        client.images.pull(name, tag=tag)
    except errors.APIError as error:
        why = str(error.explanation or error)
        raise ToolRefusedError(
            f"The image {image} is not on this machine and cannot be pulled: {why:.300}. Name another image."
        ) from error


def _split(image: str) -> tuple[str, str, str]:
    head, slash, last = image.rpartition("/")
    name, colon, tag = last.partition(":")
    return f"{head}{slash}{name}", colon, tag or "latest"


def _binds(mounts: Sequence[str], place: Place) -> list[str]:
    findings, bound = Findings(), list[dict[str, Any]]()
    for mount in mounts:
        source, _, rest = mount.partition(":")
        target, _, mode = rest.partition(":")
        if not source or not target.startswith("/") or mode not in {"", "ro", "rw"}:
            raise UsageError(f"{mount!r} is no mount. Write PATH:/TARGET or PATH:/TARGET:ro, PATH in the project.")
        path = place.root / source
        if not path.exists():
            raise UsageError(f"There is no {source} in the project to mount.")
        bound.append({"type": "bind", "source": str(Path(path)), "target": target, "read_only": mode == "ro"})
    service: dict[str, Any] = {"volumes": bound}
    check_mounts("create-container", service, place, findings)
    if findings.refusals:
        raise ToolRefusedError(f"{findings.refusals[0]}.")
    plain = ((m["source"].replace("$$", "$"), m["target"], m.get("read_only")) for m in service["volumes"])
    return [f"{source}:{target}:{'ro' if only_read else 'rw'}" for source, target, only_read in plain]
