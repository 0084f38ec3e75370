# src/python_coder/compose/guard.py — a stack that cannot hurt: refuses what reaches the host, renames what is fixed
import copy
import dataclasses
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_coder.compose.findings import Findings, Place, own_labels, plain
from python_coder.compose.guard_build import rename_images
from python_coder.compose.guard_mounts import pin_sources, why_no_source
from python_coder.compose.guard_service import check_service
from python_coder.errors import ToolRefusedError

_TOP = frozenset(("configs", "name", "networks", "secrets", "services", "version", "volumes"))
_NETWORK = frozenset(
    ("attachable", "driver", "driver_opts", "enable_ipv4", "enable_ipv6", "internal", "ipam", "labels", "name")
)
_NETWORK_OPTIONS = frozenset(("com.docker.network.bridge.enable_icc", "com.docker.network.driver.mtu"))
_VOLUME = frozenset(("driver", "driver_opts", "labels", "name"))
_FILE = frozenset(("content", "environment", "file", "name"))
_MEMORY_OPTION = re.compile(r"(?:type|device)=tmpfs|o=(?:(?:size|uid|gid|mode)=\w+,?)*")
_LEAST_PREFIX = {4: 16, 6: 48}
"""A network may cover a private range of that length or longer: a wider one would hide what the host reaches."""
_VARIABLE = "PYTHON_CODER_VALUE_{}"


@dataclass(frozen=True, kw_only=True)
class CheckedModel:
    """A stack as it would run: rewritten, and with what keeps it from running."""

    model: Mapping[str, Any]
    """Ready for the CLI; one `$` is written as two."""
    changes: tuple[str, ...] = ()
    """What was rewritten, each with its place in the model."""
    refusals: tuple[str, ...] = ()
    """What must not run. The model never reaches an engine while there are any."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the CLI's environment must hold for secrets that are given by variable."""

    def text(self) -> str:
        """The model as the CLI reads it.

        Raises:
            ToolRefusedError: Something in it must not run.
        """
        if self.refusals:
            lines = "\n".join(f"- {refusal}." for refusal in self.refusals)
            raise ToolRefusedError(f"This stack would reach beyond itself, so it is not started:\n{lines}")
        return json.dumps(self.model)

    def with_environment(self, service: str, environment: Mapping[str, str]) -> "CheckedModel":
        """The same stack, with more variables for one service."""
        model = copy.deepcopy(dict(self.model))
        added = {name: value.replace("$", "$$") for name, value in environment.items()}
        model["services"][service]["environment"] |= added
        return dataclasses.replace(self, model=model)


def check_model(model: Mapping[str, Any], place: Place, values: Mapping[str, str] | None = None) -> CheckedModel:
    """Judge and rewrite a resolved model. Everything that is not known to be harmless is refused.

    Args:
        model: What `config --format json` gives with all profiles.
        place: Where it is to run.
        values: What variables stand for, for secrets that are given by variable.
    """
    findings, rewritten = Findings(), copy.deepcopy(dict(model))
    services = rewritten.get("services") or {}
    for name, service in services.items():
        check_service(name, service, place, findings)
    rename_images(services, place, findings)
    for name, network in _entries(rewritten, "networks"):
        _check_network(f"networks.{name}", network, place, findings)
    for name, volume in _entries(rewritten, "volumes"):
        _check_volume(f"volumes.{name}", volume, place, findings)
    variables = dict[str, str]()
    for kind in ("secrets", "configs"):
        for name, file in _entries(rewritten, kind):
            _check_file(f"{kind}.{name}", file, place, findings)
            _take_variable(file, values or {}, variables)
    if not findings.refusals:
        files = [plain(file["file"]) for kind in ("secrets", "configs") for file in _files(rewritten[kind])]
        pin_sources(services, files, place, findings)
    rewritten["name"] = place.project
    findings.keep_known("the file", rewritten, _TOP)
    return CheckedModel(
        model=rewritten,
        changes=tuple(findings.changes),
        refusals=tuple(findings.refusals),
        variables=variables,
    )


def _entries(model: dict[str, Any], kind: str) -> list[tuple[str, dict[str, Any]]]:
    model[kind] = {name: entry or {} for name, entry in (model.get(kind) or {}).items()}
    return list(model[kind].items())


def _files(things: Mapping[str, Any]) -> list[Any]:
    return [thing for thing in things.values() if thing.get("file")]


def _check_network(where: str, network: dict[str, Any], place: Place, findings: Findings) -> None:
    if _is_external(where, network, findings):
        return
    if network.get("driver") not in (None, "", "bridge"):
        findings.refuse(f"{where}.driver", f"{network['driver']} reaches a network of the host. Leave it out")
    findings.keep_known(f"{where}.driver_opts", network.get("driver_opts") or {}, _NETWORK_OPTIONS)
    ipam = network.get("ipam") or {}
    if ipam.get("driver") not in (None, "", "default"):
        findings.refuse(f"{where}.ipam.driver", f"{ipam['driver']} gives out addresses of others. Leave it out")
    findings.keep_known(f"{where}.ipam", ipam, frozenset(("config", "driver")))
    for pool in ipam.get("config") or ():
        _check_pool(f"{where}.ipam", plain(pool.get("subnet") or ""), findings)
    findings.keep_known(where, network, _NETWORK)
    _own(where, network, place, findings)


def _check_pool(where: str, subnet: str, findings: Findings) -> None:
    if not subnet:
        return
    try:
        pool = ipaddress.ip_network(subnet, strict=False)
    except ValueError:
        return  # the engine says what is wrong with it
    if not pool.is_private or pool.prefixlen < _LEAST_PREFIX[pool.version]:
        findings.refuse(where, f"{subnet} would hide addresses that the host reaches. Take a smaller private range")


def _check_volume(where: str, volume: dict[str, Any], place: Place, findings: Findings) -> None:
    if _is_external(where, volume, findings):
        return
    if volume.get("driver") not in (None, "", "local"):
        findings.refuse(f"{where}.driver", f"{volume['driver']} keeps data elsewhere. Leave it out")
    options = (volume.get("driver_opts") or {}).items()
    if any(not _MEMORY_OPTION.fullmatch(f"{name}={plain(value)}") for name, value in options):
        why = "it can mount what is the host's or another machine's. Only type and device tmpfs may stand here"
        findings.refuse(f"{where}.driver_opts", why)
    findings.keep_known(where, volume, _VOLUME)
    _own(where, volume, place, findings)


def _check_file(where: str, file: dict[str, Any], place: Place, findings: Findings) -> None:
    if _is_external(where, file, findings):
        return
    if path := plain(file.get("file") or ""):
        why_not = why_no_source(Path(path), place)
        if why_not:
            findings.refuse(f"{where}.file", why_not)
    findings.keep_known(where, file, _FILE)
    file.pop("name", None)


def _take_variable(file: dict[str, Any], values: Mapping[str, str], variables: dict[str, str]) -> None:
    """Let a variable stand under a name of ours: under its own it might mean something to the CLI itself."""
    name = file.get("environment")
    if name and (value := values.get(plain(name))) is not None:
        file["environment"] = _VARIABLE.format(len(variables))
        variables[file["environment"]] = value


def _is_external(where: str, thing: dict[str, Any], findings: Findings) -> bool:
    if not thing.get("external"):
        return False
    findings.refuse(where, "external: it is not of this stack. Let the stack make its own")
    return True


def _own(where: str, thing: dict[str, Any], place: Place, findings: Findings) -> None:
    """Name it by the project, and mark it as ours."""
    key = where.rpartition(".")[2]
    own = f"{place.project}_{key}"
    if (named := thing.get("name")) and named != own:
        findings.change(where, f"named {own}, not {named}")
    thing["name"] = own
    thing["labels"] = own_labels(thing.get("labels"), place)
