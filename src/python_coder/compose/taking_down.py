# src/python_coder/compose/taking_down.py — removes what is ours, by its label and by nothing else
import contextlib
import importlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_coder.compose.naming import FOLDER_LABEL, OWNER_LABEL, PROJECT_LABEL, folder_digest
from python_coder.compose.states import ContainerState
from python_coder.errors import ToolRefusedError

_SECONDS_TO_STOP = 10
_MOST_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Removed:
    """Names of what was removed."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


def take_down(
    client: Any, project: str, *, only: str = "", volumes: Sequence[str] = (), with_images: bool = False
) -> Removed:
    """Stop and remove the containers and networks that carry a stack's label.

    Args:
        client: The SDK's client.
        project: The stack's project name.
        only: Name of the one container to remove, at once, with its unnamed volumes; then nothing else is.
        volumes: Names of volumes to remove, as in the stack's file or in full.
        with_images: Whether images that were built for the stack go, too.

    Raises:
        ToolRefusedError: A volume is not of this stack; nothing was removed then.
    """
    ours = {"label": f"{OWNER_LABEL}={project}"}
    asked = [_volume(client, project, name) for name in volumes]
    containers = client.containers.list(all=True, filters=ours, ignore_removed=True)
    chosen = [container for container in containers if not only or container.name == only]
    if only:
        for container in chosen:
            with _gone():
                container.remove(force=True, v=True)
        return Removed(containers=tuple(container.name for container in chosen))
    with ThreadPoolExecutor(_MOST_AT_ONCE) as pool:
        list(pool.map(_remove_container, chosen))
    names = tuple(sorted(container.name for container in chosen))
    networks = client.networks.list(filters=ours)
    for network in networks:
        network.remove()
    for volume in asked:
        volume.remove()
    images = client.images.list(filters=ours) if with_images else []
    for image in images:
        with _gone():
            client.images.remove(image.id, force=True)
    return Removed(
        containers=names,
        networks=tuple(sorted(network.name for network in networks)),
        volumes=tuple(volume.name for volume in asked),
        images=tuple(sorted(tag for image in images for tag in image.tags)),
    )


def remove_entirely(client: Any, project: str) -> None:
    """Remove a stack that nobody needs any more: containers, networks, volumes and images that carry its label."""
    containers = client.containers.list(all=True, filters={"label": f"{OWNER_LABEL}={project}"}, ignore_removed=True)
    for container in containers:
        # At once: nothing of it is worth the ten seconds that a program may take to hear that it shall end.
        with _gone():
            container.remove(force=True, v=True)
    take_down(client, project, volumes=own_volumes(client, project), with_images=True)


def projects_of(client: Any, root: Path) -> frozenset[str]:
    """Names of the stacks of a project's folder of which anything is left."""
    ours = {"label": f"{FOLDER_LABEL}={folder_digest(root)}"}
    labels = (
        *(one.labels for one in client.containers.list(all=True, filters=ours, ignore_removed=True)),
        *(one.attrs.get("Labels") for one in client.networks.list(filters=ours)),
        *(one.attrs.get("Labels") for one in client.volumes.list(filters=ours)),
        *(one.labels for one in client.images.list(filters=ours)),
    )
    return frozenset(one[OWNER_LABEL] for one in labels if one and OWNER_LABEL in one)


def own_volumes(client: Any, project: str) -> list[str]:
    """Names of the volumes that were made for a stack."""
    return sorted(volume.name for volume in client.volumes.list(filters={"label": f"{OWNER_LABEL}={project}"}))


def refuse_foreign(client: Any, project: str) -> None:
    """Refuse to work under a project name that somebody else's containers, networks or volumes carry.

    Raises:
        ToolRefusedError: The message names the first of them.
    """
    mine = {"label": f"{PROJECT_LABEL}={project}"}
    found = (
        *((c.name, c.labels) for c in client.containers.list(all=True, filters=mine, ignore_removed=True)),
        *((n.name, n.attrs.get("Labels")) for n in client.networks.list(names=[f"{project}_"])),
        *((v.name, v.attrs.get("Labels")) for v in client.volumes.list(filters={"name": f"{project}_"})),
    )
    for name, labels in found:
        if (labels or {}).get(OWNER_LABEL) != project and name.startswith(project):
            raise ToolRefusedError(f"{name} was not made here, so it is left alone. Give another project_name.")


def last_lines(
    client: Any, states: Sequence[ContainerState], count: int
) -> list[tuple[ContainerState, tuple[str, ...]]]:
    """The last log lines of each container that is there."""

    def lines() -> Iterator[tuple[ContainerState, tuple[str, ...]]]:
        for state in states:
            with _gone():
                text = client.containers.get(state.name).logs(tail=count).decode(errors="replace")
                yield state, tuple(text.splitlines())

    return list(lines())


def _volume(client: Any, project: str, name: str) -> Any:
    ours = client.volumes.list(filters={"label": f"{OWNER_LABEL}={project}"})
    for volume in ours:
        if volume.name in {name, f"{project}_{name}"}:
            return volume
    known = ", ".join(sorted(volume.name for volume in ours)) or "none"
    raise ToolRefusedError(f"There is no volume {name!r} in this stack. Its volumes: {known}.")


def _remove_container(container: Any) -> None:
    with _gone():
        container.stop(timeout=_SECONDS_TO_STOP)
        container.remove(force=True)


@contextlib.contextmanager
def _gone() -> Iterator[None]:
    """What went away meanwhile is no failure."""
    errors: Any = importlib.import_module("docker.errors")
    with contextlib.suppress(errors.NotFound):
        yield
