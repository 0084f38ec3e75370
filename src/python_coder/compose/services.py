# src/python_coder/compose/services.py — which services of a stack run, and whether they are ready
from collections.abc import Mapping, Sequence
from typing import Any

from python_coder.compose.states import ContainerState
from python_coder.errors import UsageError


def profiles_of(model: Mapping[str, Any]) -> tuple[str, ...]:
    """The profiles that a model names, sorted."""
    services = (model.get("services") or {}).values()
    return tuple(sorted({profile for service in services for profile in service.get("profiles") or ()}))


def chosen_services(model: Mapping[str, Any], profiles: Sequence[str]) -> dict[str, Any]:
    """The services that run with these profiles.

    Raises:
        UsageError: The file has no such profile.
    """
    known = profiles_of(model)
    for profile in profiles:
        if profile not in known and profile != "*":
            named = f"It has {', '.join(known)}" if known else "It has none: leave profiles out"
            raise UsageError(f"The stack has no profile {profile!r}. {named}.")
    return {
        name: service
        for name, service in (model.get("services") or {}).items()
        if not service.get("profiles") or "*" in profiles or set(service["profiles"]) & set(profiles)
    }


def are_ready(services: Mapping[str, Any], states: Sequence[ContainerState]) -> bool:
    """Whether every service that should run does, in good health."""
    standing = {state.service for state in states}
    idle = {name for name, service in services.items() if _replicas(service) == 0}
    return all(name in standing for name in services if name not in idle) and all(
        state.is_ready for state in states if state.service in services
    )


def _replicas(service: Mapping[str, Any]) -> int:
    asked = service.get("scale", (service.get("deploy") or {}).get("replicas"))
    return 1 if asked is None else int(asked)
