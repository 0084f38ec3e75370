# src/python_coder/compose/guard_service.py — guard: what a service may ask of the engine
from collections.abc import Callable, Mapping
from typing import Any

from python_coder.compose.findings import Findings, Place, own_labels, plain
from python_coder.compose.guard_build import check_build
from python_coder.compose.guard_mounts import check_mounts, check_ports
from python_coder.compose.source import is_inside

MOST_REPLICAS = 10
MOST_PROCESSES = 4_096
"""In one container whose file sets no limits, so that a fork bomb ends inside it."""

_REFUSED: Mapping[str, str] = {
    "annotations": "they may switch on features of the runtime",
    "cgroup_parent": "it would leave the engine's resource groups",
    "cpu_rt_period": "real-time scheduling can starve the host",
    "cpu_rt_runtime": "real-time scheduling can starve the host",
    "credential_spec": "it hands over the host's credentials",
    "device_cgroup_rules": "devices are the host's",
    "devices": "devices are the host's",
    "external_links": "they lead to containers that are not of this stack",
    "gpus": "devices are the host's",
    "models": "they run outside the stack",
    "oom_kill_disable": "the host would run out of memory in its place",
    "privileged": "a privileged container is root on the host",
    "provider": "it runs a program of the host",
    "runtime": "another runtime may isolate less",
    "use_api_socket": "the engine's socket would hand over the whole machine",
    "userns_mode": "it would leave the engine's user namespace",
    "uts": "it would share the host's names",
}
_HARMLESS = frozenset(
    (
        *("attach", "blkio_config", "cap_drop", "command", "configs", "cpu_count", "cpu_percent", "cpu_period"),
        *("cpu_quota", "cpu_shares", "cpus", "cpuset", "depends_on", "dns", "dns_opt", "dns_search", "domainname"),
        *("entrypoint", "environment", "expose", "extra_hosts", "group_add", "healthcheck", "hostname", "image"),
        *("init", "links", "mac_address", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit"),
        *("pids_limit", "platform", "profiles", "pull_policy", "read_only", "restart", "secrets", "shm_size"),
        *("stdin_open", "stop_grace_period", "stop_signal", "tmpfs", "tty", "user", "working_dir"),
    )
)
_CAPABILITIES = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
"""What a container has anyway. Source: moby/moby, oci/caps/defaults.go."""
_LOG_DRIVERS = {"", "json-file", "local", "none"}
_LOG_OPTIONS = frozenset(
    (
        *("compress", "env", "env-regex", "labels", "labels-regex", "max-buffer-size", "max-file", "max-size"),
        *("mode", "tag"),
    )
)
_SYSCTLS = ("net.", "kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue.")
_DEPLOY = frozenset(
    (
        *("endpoint_mode", "labels", "mode", "placement", "replicas", "resources", "restart_policy"),
        *("rollback_config", "update_config"),
    )
)
_NETWORK = frozenset(
    (
        *("aliases", "gw_priority", "interface_name", "ipv4_address", "ipv6_address", "link_local_ips"),
        *("mac_address", "priority"),
    )
)
_OWN_NAMESPACES = {"none", "private", "shareable"}
_OF_THE_STACK = "service:"

Check = Callable[[str, Any, Findings], None]


def check_service(name: str, service: dict[str, Any], place: Place, findings: Findings) -> None:
    """Go over one service of a resolved model, and rewrite what is fixed by its file. Unknown settings are refused."""
    where = f"services.{name}"
    for key, why in _REFUSED.items():
        if service.get(key) not in (None, "", False, [], {}, 0):
            findings.refuse(f"{where}.{key}", f"{why}. Leave it out")
    for key, check in _CHECKS.items():
        if service.get(key):
            check(f"{where}.{key}", service[key], findings)
    if fixed := service.pop("container_name", None):
        findings.change(f"{where}.container_name", f"{fixed} is left out, so that no other container is in the way")
    check_mounts(where, service, place, findings)
    check_ports(where, service, place, findings)
    check_build(where, service, place, findings)
    _check_watch(f"{where}.develop", service.get("develop") or {}, place, findings)
    # The CLI has read them already; a name without a value would be filled from its own environment.
    for key in ("env_file", "label_file"):
        service.pop(key, None)
    environment = service.get("environment") or {}
    service["environment"] = {key: value for key, value in environment.items() if value is not None}
    service["labels"] = own_labels(service.get("labels"), place)
    if not (service.get("deploy") or {}).get("resources"):
        service.setdefault("pids_limit", MOST_PROCESSES)
    findings.keep_known(where, service, _HARMLESS | _CHECKED | _REFUSED.keys())


def _check_capabilities(where: str, added: list[str], findings: Findings) -> None:
    for capability in added:
        if plain(capability).upper().removeprefix("CAP_") not in _CAPABILITIES:
            findings.refuse(where, f"{capability} reaches beyond the container. Leave it out")


def _check_security(where: str, options: list[str], findings: Findings) -> None:
    for option in options:
        if plain(option).replace("=", ":").split(":")[0] != "no-new-privileges":
            findings.refuse(where, f"{option} weakens the container's walls. Only no-new-privileges may stand here")


def _check_namespace(where: str, mode: str, findings: Findings) -> None:
    if mode not in _OWN_NAMESPACES and not plain(mode).startswith(_OF_THE_STACK):
        findings.refuse(where, f"{mode} is shared with the host or with a container of others. Leave it out")


def _check_network_mode(where: str, mode: str, findings: Findings) -> None:
    if mode != "none" and not plain(mode).startswith(_OF_THE_STACK):
        findings.refuse(where, f"{mode} is a network of the host or of other containers. Use networks of the stack")


def _check_networks(where: str, networks: Mapping[str, Any], findings: Findings) -> None:
    for name, settings in networks.items():
        findings.keep_known(f"{where}.{name}", settings or {}, _NETWORK)


def _check_logging(where: str, logging: Mapping[str, Any], findings: Findings) -> None:
    if plain(logging.get("driver") or "") not in _LOG_DRIVERS:
        findings.refuse(where, f"the driver {logging['driver']} makes the engine write elsewhere. Leave it out")
    findings.keep_known(where, dict(logging.get("options") or {}), _LOG_OPTIONS)


def _check_deploy(where: str, deploy: dict[str, Any], findings: Findings) -> None:
    findings.keep_known(where, deploy, _DEPLOY)
    _check_scale(f"{where}.replicas", deploy.get("replicas") or 0, findings)
    resources = deploy.get("resources") or {}
    findings.keep_known(f"{where}.resources", resources, frozenset(("limits", "reservations")))
    for kind, limits in resources.items():
        findings.keep_known(f"{where}.resources.{kind}", limits or {}, frozenset(("cpus", "memory", "pids")))


def _check_scale(where: str, count: int, findings: Findings) -> None:
    if int(count) > MOST_REPLICAS:
        findings.refuse(where, f"{count} containers of one service are more than {MOST_REPLICAS}. Ask for fewer")


def _check_ulimits(where: str, ulimits: Mapping[str, Any], findings: Findings) -> None:
    for name in sorted({"nice", "rtprio", "rttime"} & ulimits.keys()):
        findings.refuse(f"{where}.{name}", "it can starve the host. Leave it out")


def _check_sysctls(where: str, sysctls: Mapping[str, Any], findings: Findings) -> None:
    for name in sysctls:
        if not plain(name).startswith(_SYSCTLS):
            findings.refuse(where, f"{name} is the host's own setting. Leave it out")


def _check_oom_score(where: str, score: int, findings: Findings) -> None:
    if int(score) < 0:
        findings.refuse(where, "the host would end other programs first. Leave it out")


def _check_hooks(where: str, hooks: list[Mapping[str, Any]], findings: Findings) -> None:
    if any(hook.get("privileged") for hook in hooks):
        findings.refuse(where, "a privileged command is root on the host. Leave privileged out")


def _check_volumes_from(where: str, sources: list[str], findings: Findings) -> None:
    if any(plain(source).startswith("container:") for source in sources):
        findings.refuse(where, "it leads to a container that is not of this stack. Use a volume")


def _check_watch(where: str, develop: dict[str, Any], place: Place, findings: Findings) -> None:
    for rule in develop.get("watch") or ():
        if not is_inside(place.root, place.root / plain(rule.get("path"))):
            findings.refuse(where, f"{rule.get('path')} is outside the project. Watch folders of the project")
        if (rule.get("exec") or {}).get("privileged"):
            findings.refuse(where, "a privileged command is root on the host. Leave privileged out")


_CHECKS: Mapping[str, Check] = {
    "cap_add": _check_capabilities,
    "cgroup": _check_namespace,
    "deploy": _check_deploy,
    "ipc": _check_namespace,
    "logging": _check_logging,
    "network_mode": _check_network_mode,
    "networks": _check_networks,
    "oom_score_adj": _check_oom_score,
    "pid": _check_namespace,
    "post_start": _check_hooks,
    "pre_stop": _check_hooks,
    "scale": _check_scale,
    "security_opt": _check_security,
    "sysctls": _check_sysctls,
    "ulimits": _check_ulimits,
    "volumes_from": _check_volumes_from,
}
_CHECKED = _CHECKS.keys() | {"build", "develop", "labels", "ports", "volumes"}
