# src/python_coder/compose/guard_mounts.py — guard: what a service mounts, which ports it opens
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from python_coder.compose.findings import Findings, Place, plain
from python_coder.compose.source import is_inside

LOOPBACK = "127.0.0.1"
_SOCKETS = ("docker.sock", "containerd.sock", "podman.sock", "crio.sock", "dockershim.sock")
_HARMLESS_KINDS = {"volume", "tmpfs", "image"}
_PROPAGATION = {"", "private", "rprivate", "slave", "rslave"}


def check_mounts(where: str, service: dict[str, Any], place: Place, findings: Findings) -> None:
    """Go over `volumes`: folders and files of the project, volumes of the stack, memory; nothing else."""
    mounts = service.get("volumes") or []
    protecting = list[dict[str, Any]]()
    for mount in mounts:
        kind = mount.get("type")
        at = f"{where}.volumes[{plain(mount.get('target'))}]"
        if kind == "bind":
            protecting += _check_bind(at, mount, place, findings)
        elif kind not in _HARMLESS_KINDS:
            findings.refuse(at, f"a mount of type {kind} reaches what is the host's. Use a volume")
    if protecting:
        service["volumes"] = [*mounts, *protecting]


def _check_bind(at: str, mount: dict[str, Any], place: Place, findings: Findings) -> list[dict[str, Any]]:
    """The mounts that must be laid over this one, so that `.git` stays as it is."""
    written = plain(mount.get("source"))
    why_not = why_no_source(Path(written), place)
    if why_not:
        findings.refuse(at, why_not)
        return []
    if (mount.get("bind") or {}).get("propagation", "") not in _PROPAGATION:
        findings.refuse(at, "shared propagation would bring mounts of the container to the host. Leave it out")
    source = Path(os.path.realpath(written))
    mount["source"] = str(source).replace("$", "$$")
    if mount.get("read_only"):
        return []
    if ".git" in source.relative_to(place.root.resolve()).parts:
        mount["read_only"] = True
        findings.change(at, "read-only, since git runs what lies there")
        return []
    if not (source / ".git").exists():
        return []
    findings.change(at, ".git in it is read-only, since git runs what lies there")
    hidden = {"source": f"{mount['source']}/.git", "target": f"{str(mount['target']).rstrip('/')}/.git"}
    return [{"type": "bind", "read_only": True, "bind": {"create_host_path": False}, **hidden}]


def pin_sources(services: dict[str, Any], files: Sequence[str], place: Place, findings: Findings) -> None:
    """Keep a container that may write to a folder from putting a link where another mount will look.

    What is mounted, and each folder on the way to it, becomes a mount point of that container: no process in it can
    move or remove one, so the engine finds at each later start what was checked.

    Args:
        services: Checked services.
        files: Sources of the stack's secrets and configs.
        place: Where the stack runs.
        findings: Takes what is missing, which could be put there by a container before the engine does.
    """
    mounts = [mount for service in services.values() for mount in service.get("volumes") or () if _is_bind(mount)]
    wanted = sorted({Path(plain(mount["source"])) for mount in mounts} | {Path(os.path.realpath(f)) for f in files})
    for name, service in services.items():
        for mount in [mount for mount in service.get("volumes") or () if _is_bind(mount)]:
            base = Path(plain(mount["source"]))
            below = [path for path in wanted if path != base and path.is_relative_to(base)]
            if mount.get("read_only") or not below:
                continue
            at = f"services.{name}.volumes[{plain(mount['target'])}]"
            for path in below:
                if not path.exists():
                    why = (
                        f"{path.relative_to(place.root.resolve())} is mounted elsewhere and is not there. Make it first"
                    )
                    findings.refuse(at, why)
            findings.change(at, "what is mounted elsewhere of it cannot be moved there")
            _pin(service, mount, [step for path in below for step in (*_between(base, path), path)])


def _pin(service: dict[str, Any], mount: dict[str, Any], steps: Sequence[Path]) -> None:
    taken = {plain(other["target"]).rstrip("/") for other in service["volumes"]}
    base, root = Path(plain(mount["source"])), plain(mount["target"]).rstrip("/")
    for step in sorted(set(steps)):
        target = f"{root}/{step.relative_to(base)}"
        if target not in taken:
            pinned = {"type": "bind", "source": str(step), "target": target}
            escaped = {key: value.replace("$", "$$") for key, value in pinned.items()}
            service["volumes"].append({**escaped, "bind": {"create_host_path": False}})


def _between(base: Path, path: Path) -> list[Path]:
    return [parent for parent in path.parents if parent != base and parent.is_relative_to(base)]


def _is_bind(mount: dict[str, Any]) -> bool:
    return bool(mount.get("type") == "bind" and mount.get("source"))


def why_no_source(path: Path, place: Place) -> str:
    """Why a file or folder of the host must not get into a container; empty if it may."""
    if path.name in _SOCKETS or Path(os.path.realpath(path)).name in _SOCKETS:
        return "the engine's socket would hand over the whole machine. Leave the mount out"
    if not place.is_local:
        return "the engine runs on another machine, whose folder this would be. Use a volume"
    if not is_inside(place.root, path):
        return f"{path} is outside the project, links followed. Mount folders of the project, or use a volume"
    if path.exists() and not (stat.S_ISREG(mode := path.stat().st_mode) or stat.S_ISDIR(mode)):
        return f"{path.name} is neither a file nor a folder. Leave the mount out"
    return ""


def check_ports(where: str, service: dict[str, Any], place: Place, findings: Findings) -> None:
    """Bind ports to loopback unless the file names another address, on host ports that the engine picks."""
    for port in service.get("ports") or []:
        at = f"{where}.ports[{port.get('target')}]"
        if not port.get("host_ip"):
            port["host_ip"] = LOOPBACK
        if port.get("published") and not place.has_fixed_ports:
            findings.change(at, f"host port {port.pop('published')} is replaced by a free one")
