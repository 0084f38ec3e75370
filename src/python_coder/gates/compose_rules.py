# src/python_coder/gates/compose_rules.py — what each service owes: health, order, profiles, a pinned image
import re
from collections.abc import Iterator, Mapping

from python_coder.evidence.verdict import Severity
from python_coder.gates.compose_health import can_fail, image_checks_itself, is_checked
from python_coder.gates.compose_stack import Service, Stack
from python_coder.gates.compose_variables import literal
from python_coder.gates.ratchet import Sighting

NO_HEALTHCHECK_LABEL = "python-coder.no-healthcheck"
"""Label of a service that needs no healthcheck; its value is the reason."""
PROFILES = ("dev", "test", "prod")
"""Source: specification, "Docker MCP — Compose Playbook"."""
_SPELLINGS = {
    **dict.fromkeys(("development", "local", "override"), "dev"),
    **dict.fromkeys(("testing", "tests", "ci"), "test"),
    **dict.fromkeys(("production", "deploy"), "prod"),
}
_SHORTEST_REASON = 10
_UNKNOWN = "\0"


def service_rules(stack: Stack) -> Iterator[Sighting]:
    """Everything that a service can miss, and the profiles of the main file."""
    built = {service.get("image") for service in stack.services.values() if service.get("build")}
    for name, service in stack.services.items():
        yield from _health(stack, name, service)
        yield from _order(stack, name, service)
        # An image that the stack itself builds is as new as the code, whatever its tag.
        if service.get("image") not in built:
            yield from _image(stack, name, service)
        yield from _watch(stack, name, service)
    if stack.view.is_main:
        yield from _profiles(stack)


def _health(stack: Stack, name: str, service: Service) -> Iterator[Sighting]:
    check, reason = service.get("healthcheck"), _reason(service)
    if is_checked(service):
        if not can_fail(check or {}):
            message = f"the healthcheck of {name} can never fail; ask the service itself, such as its health endpoint"
            yield stack.at("healthcheck-vacuous", message, name, "healthcheck", "test")
    elif _is_one_off(stack, name) or (not check and image_checks_itself(stack.view, service)):
        return
    elif len(reason) >= _SHORTEST_REASON:
        message = f"{name} has no healthcheck, for this reason: {reason[:200]}"
        yield stack.at("healthcheck-left-out", message, name, severity=Severity.NOTE)
    elif reason:
        message = f"the label {NO_HEALTHCHECK_LABEL} of {name} gives no reason; write a sentence, or add a healthcheck"
        yield stack.at("healthcheck-missing", message, name, "labels", item=NO_HEALTHCHECK_LABEL)
    else:
        message = f"{name} has no healthcheck; add one, or say why it needs none in the label {NO_HEALTHCHECK_LABEL}"
        yield stack.at("healthcheck-missing", message, name, *(("healthcheck",) if check else ()))


def _order(stack: Stack, name: str, service: Service) -> Iterator[Sighting]:
    dependencies = service.get("depends_on")
    for target, dependency in dependencies.items() if isinstance(dependencies, Mapping) else ():
        other = stack.services.get(target)
        # Links and shared namespaces bring dependencies that nobody wrote.
        if other is None or stack.view.written(name, "depends_on", target) is None or _reason(other):
            continue
        condition = dependency.get("condition")
        if condition == "service_started":
            wanted = "service_completed_successfully" if _is_one_off(stack, target) else "service_healthy"
            message = f"{name} does not wait until {target} is ready; use condition: {wanted}"
            yield stack.at("depends-on-started", message, name, "depends_on", target)
        elif condition == "service_healthy" and not (is_checked(other) or image_checks_itself(stack.view, other)):
            message = f"{name} waits for the health of {target}, which has no healthcheck; it would never start"
            yield stack.at("depends-on-no-health", message, name, "depends_on", target)


def _image(stack: Stack, name: str, service: Service) -> Iterator[Sighting]:
    image = service.get("image")
    if not isinstance(image, str) or service.get("build") or service.get("provider"):
        return
    found = stack.view.written(name, "image")
    shipped = literal(found[1].text, unknown=_UNKNOWN) if found else image
    tag = shipped.rpartition("/")[2].partition(":")[2]
    if _UNKNOWN in tag or (_UNKNOWN in shipped and not tag):
        # What the variable holds nobody knows but through an env file.
        tag = image.rpartition("/")[2].partition(":")[2] or "variable"
    if "@" in shipped:
        return
    if not tag:
        yield stack.at("image-untagged", f"the image of {name} has no tag; name a version", name, "image")
    elif tag == "latest":
        yield stack.at("image-latest", f"the image of {name} is whatever is latest; name a version", name, "image")


def _watch(stack: Stack, name: str, service: Service) -> Iterator[Sighting]:
    """A service for development that serves the project's own code should follow its changes."""
    profiles = {_SPELLINGS.get(profile, profile) for profile in service.get("profiles") or ("dev",)}
    mounts = (volume.get("type") == "bind" for volume in service.get("volumes") or ())
    is_followed = bool((service.get("develop") or {}).get("watch")) or any(mounts)
    if stack.view.is_main and "dev" in profiles and service.get("build") and service.get("ports") and not is_followed:
        message = f"{name} does not follow changes of the source while you develop; add develop.watch"
        yield stack.at("develop-watch-missing", message, name, severity=Severity.NOTE)


def _profiles(stack: Stack) -> Iterator[Sighting]:
    named = {profile for service in stack.services.values() for profile in service.get("profiles") or ()}
    words = {word for name in stack.view.siblings for word in re.split(r"[._-]", name.rpartition(".")[0])}
    known = {_SPELLINGS.get(word, word) for word in named | words}
    place = stack.view.parts[0].find("services")
    for profile in PROFILES if stack.services else ():
        if profile not in known:
            message = f"no service has the profile {profile}; name each service's profiles: {', '.join(PROFILES)}"
            line = place.line if place else 1
            path = stack.view.files[0]
            yield Sighting(path=path, line=line, end_line=line, rule="profile-missing", message=message)


def _is_one_off(stack: Stack, name: str) -> bool:
    """Whether another service waits for this one to end."""
    dependencies = (service.get("depends_on") or {} for service in stack.services.values())
    return any(
        isinstance(named, Mapping) and (named.get(name) or {}).get("condition") == "service_completed_successfully"
        for named in dependencies
    )


def _reason(service: Service) -> str:
    labels = service.get("labels")
    return str(labels.get(NO_HEALTHCHECK_LABEL, "")).strip() if isinstance(labels, Mapping) else ""
