# src/python_coder/compose/guard_build.py — guard: what an image is built from, and what it is called
import re
from pathlib import Path
from typing import Any

from python_coder.compose.findings import Findings, Place, own_labels, plain
from python_coder.compose.source import is_inside

_KNOWN = frozenset(
    (
        *("context", "dockerfile", "dockerfile_inline", "args", "labels", "target", "no_cache", "pull", "platforms"),
        *("additional_contexts", "cache_from", "extra_hosts", "network", "secrets", "shm_size", "ulimits", "tags"),
        *("provenance", "sbom"),
    )
)
_NAMED_CONTEXT = re.compile(r"(?:service|docker-image):", re.IGNORECASE)
_FOREIGN = re.compile(r"^[a-z][a-z0-9+.-]*:|^git@|^//", re.IGNORECASE)


def check_build(where: str, service: dict[str, Any], place: Place, findings: Findings) -> None:
    """Go over `build`: from the project's folders alone, without rights on the host, without other images' names."""
    build = service.get("build")
    if not build:
        return
    at = f"{where}.build"
    findings.keep_known(at, build, _KNOWN)
    context = plain(build.get("context") or place.root)
    _check_folder(f"{at}.context", context, place, findings)
    if dockerfile := plain(build.get("dockerfile") or ""):
        _check_folder(f"{at}.dockerfile", str(Path(context) / dockerfile), place, findings)
    for name, folder in (build.get("additional_contexts") or {}).items():
        if not _NAMED_CONTEXT.match(plain(folder)):
            _check_folder(f"{at}.additional_contexts.{name}", plain(folder), place, findings)
    if build.get("network") not in (None, "", "default", "none"):
        findings.refuse(f"{at}.network", "a build must not join a network of the host. Leave it out")
    for source in build.get("cache_from") or ():
        if "type=" in source and "type=registry" not in source:
            findings.refuse(f"{at}.cache_from", "only images may be read as a cache. Leave it out")
    if build.pop("tags", None):
        findings.change(f"{at}.tags", "left out: a tag could take the name of an image that is not ours")
    build["args"] = {name: value for name, value in (build.get("args") or {}).items() if value is not None}
    build["labels"] = own_labels(build.get("labels"), place)


def rename_images(services: dict[str, Any], place: Place, findings: Findings) -> None:
    """Give images that are built here names of our own, so that building never takes an image's name away."""
    renamed = dict[str, str]()
    used = [service.get("image") for service in services.values() if not service.get("build")]
    for name, service in services.items():
        if service.get("build") and (written := service.pop("image", None)):
            own = renamed.setdefault(written, f"{place.project}-{name}")
            findings.change(f"services.{name}.image", f"built as {own}, not as {written}")
            # The CLI gives it this name by itself, and looks for it in a registry first only where it is written.
            if written in used:
                service["image"] = own
    for service in services.values():
        if service.get("image") in renamed:
            service["image"] = renamed[service["image"]]


def _check_folder(at: str, folder: str, place: Place, findings: Findings) -> None:
    if _FOREIGN.match(folder):
        findings.refuse(at, f"{folder} is fetched from elsewhere. Build from a folder of the project")
    elif not is_inside(place.root, Path(folder)):
        findings.refuse(at, f"{folder} is outside the project, links followed. Build from a folder of the project")
