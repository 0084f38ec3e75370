# src/python_coder/agent/stack_choice.py — which profile of a stack shows that a service works, and where it serves
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PROFILES = ("test", "dev", "")
"""Tried in this order; the last one stands for services that need no profile."""

Services = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class StackChoice:
    """What of a stack is brought up."""

    profile: str
    """`test` or `dev`; empty for the services that need no profile."""
    services: tuple[str, ...]
    """Names, sorted."""
    serving: str = ""
    """The service that is built from the tree and listens, where migrations run; empty when there is none."""

    @property
    def profiles(self) -> tuple[str, ...]:
        """As `--profile` takes them."""
        return (self.profile,) if self.profile else ()


def choose_stack(services: Services) -> StackChoice | None:
    """The first of the profiles `test` and `dev` in which something serves; else the first that has services.

    A profile `test` that only runs a suite and ends would say nothing of the service's health.
    """
    choices = [_choice(services, profile) for profile in _PROFILES if _is_told(services, profile)]
    return next((choice for choice in choices if choice.serving), choices[0] if choices else None)


def _is_told(services: Services, profile: str) -> bool:
    """Whether the profile brings up anything of its own."""
    return any(profile in _profiles(service) if profile else not _profiles(service) for service in services.values())


def _choice(services: Services, profile: str) -> StackChoice:
    active = sorted(
        name for name, service in services.items() if not _profiles(service) or profile in _profiles(service)
    )
    built = [name for name in active if services[name].get("build")]
    serving = next((name for name in built if services[name].get("ports") or services[name].get("expose")), "")
    return StackChoice(profile=profile, services=tuple(active), serving=serving)


def _profiles(service: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(service.get("profiles") or ())
