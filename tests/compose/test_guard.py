# tests/compose/test_guard.py — what of a stack is refused, and what is rewritten so that nothing else is touched
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from python_coder.compose.findings import Place
from python_coder.compose.guard import CheckedModel, check_model
from python_coder.errors import ToolRefusedError

PROJECT = "python-coder-shop-0123abcd"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A project with a folder, a link that leads out of it, and a Unix socket."""
    folder = tmp_path / "shop"
    for name in ("src", ".git/hooks"):
        (folder / name).mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("s3cret")
    (folder / "out").symlink_to(tmp_path)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    with socket.socket(socket.AF_UNIX) as listening:
        previous = Path.cwd()
        os.chdir(folder)  # the path of a Unix socket has a short limit
        listening.bind("a.sock")
        os.chdir(previous)
        yield folder


def judged(text: str, root: Path, **place: Any) -> CheckedModel:
    """Check a model that is written as Compose resolves it; ROOT stands for the project's folder."""
    model = yaml.safe_load(text.replace("ROOT", str(root)))
    return check_model(model, Place(root=root, project=PROJECT, **place))


def service(settings: str) -> str:
    return f"services: {{web: {{image: app, {settings}}}}}"


def mount(settings: str) -> str:
    return service(f"volumes: [{{target: /x, {settings}}}]")


def build(settings: str) -> str:
    return f"services: {{web: {{build: {{context: ROOT, {settings}}}}}}}"


REFUSED = {
    "privileged": service("privileged: true"),
    "host-network": service("network_mode: host"),
    "engine's-own-bridge": service("network_mode: bridge"),
    "network-of-another-container": service("network_mode: 'container:other'"),
    "network-by-a-name-like-none": service("network_mode: nonesuch"),
    "host-pid": service("pid: host"),
    "pid-of-another-container": service("pid: 'container:other'"),
    "host-ipc": service("ipc: host"),
    "ipc-of-another-container": service("ipc: 'container:other'"),
    "host-uts": service("uts: host"),
    "host-user-namespace": service("userns_mode: host"),
    "host-cgroup": service("cgroup: host"),
    "cgroup-parent": service("cgroup_parent: system.slice"),
    "capability": service("cap_add: [SYS_ADMIN]"),
    "capability-in-small-letters": service("cap_add: [cap_sys_ptrace]"),
    "all-capabilities": service("cap_add: [ALL]"),
    "devices": service("devices: [{source: /dev/sda, target: /dev/sda, permissions: rwm}]"),
    "device-rules": service("device_cgroup_rules: ['a *:* rwm']"),
    "gpus": service("gpus: [{count: -1}]"),
    "reserved-devices": service("deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}"),
    "generic-resources": service("deploy: {resources: {reservations: {generic_resources: [{}]}}}"),
    "seccomp-off": service("security_opt: ['seccomp:unconfined']"),
    "apparmor-off": service("security_opt: ['apparmor=unconfined']"),
    "label-off": service("security_opt: ['label:disable']"),
    "system-paths": service("security_opt: ['systempaths=unconfined']"),
    "runtime": service("runtime: sysbox"),
    "annotations": service("annotations: {run.oci.keep_original_groups: '1'}"),
    "credential-spec": service("credential_spec: {file: spec.json}"),
    "provider": service("provider: {type: model}"),
    "models": service("models: {llm: {}}"),
    "api-socket": service("use_api_socket: true"),
    "isolation": service("isolation: process"),
    "external-link": service("external_links: [other]"),
    "volumes-of-another-container": service("volumes_from: ['container:other']"),
    "no-out-of-memory": service("oom_kill_disable: true"),
    "others-out-of-memory-first": service("oom_score_adj: -500"),
    "real-time": service("cpu_rt_runtime: 95000"),
    "real-time-limit": service("ulimits: {rtprio: 99}"),
    "host-sysctl": service("sysctls: {vm.overcommit_memory: '1'}"),
    "log-driver": service("logging: {driver: syslog}"),
    "log-option": service("logging: {driver: json-file, options: {path: /etc/x}}"),
    "many-replicas": service("deploy: {replicas: 1000}"),
    "many-by-scale": service("scale: 1000"),
    "privileged-hook-after-start": service("post_start: [{command: [id], privileged: true}]"),
    "privileged-hook-before-stop": service("pre_stop: [{command: [id], privileged: true}]"),
    "watch-outside": service("develop: {watch: [{path: /etc, action: sync, target: /x}]}"),
    "watch-through-a-link": service("develop: {watch: [{path: ROOT/out, action: sync, target: /x}]}"),
    "watch-privileged-exec": service("develop: {watch: [{path: ROOT/src, exec: {command: [id], privileged: true}}]}"),
    "endpoint-options": service("networks: {default: {driver_opts: {com.docker.network.endpoint.sysctls: x}}}"),
    "unknown-setting": service("some_new_power: true"),
    "docker-socket": mount("type: bind, source: /var/run/docker.sock"),
    "socket-under-another-name": mount("type: bind, source: ROOT/a.sock"),
    "mount-outside": mount("type: bind, source: /etc"),
    "mount-root": mount("type: bind, source: /"),
    "mount-above": mount("type: bind, source: ROOT/.."),
    "mount-through-a-link": mount("type: bind, source: ROOT/out/secret.txt"),
    "mount-of-what-may-come": mount("type: bind, source: ROOT/out/not/there/yet"),
    "mount-shared": mount("type: bind, source: ROOT/src, bind: {propagation: rshared}"),
    "mount-pipe": mount("type: npipe, source: '//./pipe/docker_engine'"),
    "mount-cluster": mount("type: cluster, source: x"),
    "context-outside": "services: {web: {build: {context: /etc}}}",
    "context-through-a-link": "services: {web: {build: {context: ROOT/out}}}",
    "context-from-elsewhere": "services: {web: {build: {context: 'https://example.org/x.git'}}}",
    "context-by-ssh": "services: {web: {build: {context: 'git@example.org:x.git'}}}",
    "dockerfile-outside": build("dockerfile: ../secret.txt"),
    "dockerfile-through-a-link": build("dockerfile: out/secret.txt"),
    "more-contexts-outside": build("additional_contexts: {x: /etc}"),
    "more-contexts-from-elsewhere": build("additional_contexts: {x: 'oci-layout:///var/lib'}"),
    "build-on-the-host's-network": build("network: host"),
    "build-privileged": build("privileged: true"),
    "build-entitlements": build("entitlements: [security.insecure]"),
    "build-with-ssh": build("ssh: [default]"),
    "build-writes-a-cache": build("cache_to: ['type=local,dest=/etc/x']"),
    "build-reads-a-cache": build("cache_from: ['type=local,src=/etc']"),
    "build-isolation": build("isolation: process"),
    "external-network": service("networks: {n: null}") + "\nnetworks: {n: {name: other, external: true}}",
    "host-driver": "networks: {n: {driver: host}}",
    "macvlan": "networks: {n: {driver: macvlan}}",
    "bridge-of-others": "networks: {n: {driver_opts: {com.docker.network.bridge.name: docker0}}}",
    "address-driver": "networks: {n: {ipam: {driver: dhcp}}}",
    "whole-private-range": "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}",
    "public-range": "networks: {n: {ipam: {config: [{subnet: 8.8.8.0/24}]}}}",
    "external-volume": "volumes: {v: {name: other, external: true}}",
    "volume-binds-a-folder": "volumes: {v: {driver_opts: {type: none, o: bind, device: /etc}}}",
    "volume-binds-as-memory": "volumes: {v: {driver_opts: {type: tmpfs, o: bind, device: /etc}}}",
    "volume-binds-among-options": "volumes: {v: {driver_opts: {type: tmpfs, o: 'size=1m,bind', device: tmpfs}}}",
    "volume-from-another-machine": "volumes: {v: {driver_opts: {type: nfs, o: 'addr=1.2.3.4', device: ':/x'}}}",
    "volume-driver": "volumes: {v: {driver: rclone}}",
    "secret-outside": "secrets: {s: {file: /etc/shadow}}",
    "secret-through-a-link": "secrets: {s: {file: ROOT/out/secret.txt}}",
    "external-secret": "secrets: {s: {name: other, external: true}}",
    "secret-driver": "secrets: {s: {driver: vault}}",
    "config-outside": "configs: {c: {file: /etc/passwd}}",
    "config-template": "configs: {c: {file: ROOT/Dockerfile, template_driver: golang}}",
    "external-config": "configs: {c: {external: true}}",
    "top-level-models": "models: {llm: {model: x}}",
}
TAKEN = {
    "plain": service("command: [run], environment: {A: b}, restart: always, init: true, user: app"),
    "own-folder": mount("type: bind, source: ROOT/src"),
    "volume": mount("type: volume, source: v") + "\nvolumes: {v: null}",
    "memory": mount("type: tmpfs"),
    "memory-volume": "volumes: {v: {driver_opts: {type: tmpfs, o: 'size=10m,uid=1000', device: tmpfs}}}",
    "harmless-capability": service("cap_add: [NET_BIND_SERVICE], cap_drop: [ALL]"),
    "stronger-walls": service("security_opt: ['no-new-privileges:true'], read_only: true"),
    "network-of-a-service": service("network_mode: 'service:db', pid: 'service:db', ipc: shareable"),
    "no-network": service("network_mode: none"),
    "limits": service("deploy: {resources: {limits: {cpus: 1, memory: '64'}, reservations: {memory: '8'}}}"),
    "logging": service("logging: {driver: json-file, options: {max-size: 1m}}"),
    "sysctl-of-its-own": service("sysctls: {net.core.somaxconn: '1024'}"),
    "hooks": service("post_start: [{command: [id]}]"),
    "healthcheck": service("healthcheck: {test: [CMD, 'true']}, depends_on: {db: {condition: service_healthy}}"),
    "watch": service("develop: {watch: [{path: ROOT/src, action: sync, target: /x}]}"),
    "build": build("dockerfile: Dockerfile, args: {A: b}, target: dev, additional_contexts: {x: ROOT/src}"),
    "build-from-images": build("additional_contexts: {x: 'docker-image://alpine', y: 'service:base'}"),
    "own-network": "networks: {n: {driver: bridge, internal: true, ipam: {config: [{subnet: 172.28.0.0/16}]}}}",
    "own-secret": "secrets: {s: {file: ROOT/Dockerfile}, e: {environment: TOKEN}}",
    "text-config": "configs: {c: {content: x}}",
    "switched-off": service("privileged: false, devices: [], cap_add: [], pid: ''"),
    "notes": service("x-note: {privileged: true}") + "\nx-common: {a: 1}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refuses_what_reaches_beyond_the_stack(text: str, root: Path) -> None:
    checked = judged(text, root)
    assert checked.refusals
    with pytest.raises(ToolRefusedError, match="not started"):
        checked.text()


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_takes_what_stays_inside(text: str, root: Path) -> None:
    assert judged(text, root).refusals == ()


def test_each_refused_case_is_refused_for_one_reason(root: Path) -> None:
    """A case that is refused for something else, too, would show nothing."""
    assert {name: len(judged(text, root).refusals) for name, text in REFUSED.items()} == dict.fromkeys(REFUSED, 1)


def test_names_ports_and_labels_are_its_own(root: Path) -> None:
    checked = judged(
        """
        name: taken
        services:
          web:
            image: app
            container_name: web
            labels: {com.docker.compose.project: other, team: a}
            environment: {SET: '1', UNSET: null}
            ports:
              - {target: 80, published: '8080', mode: ingress}
              - {target: 81, host_ip: 0.0.0.0, published: '8081'}
            networks: {default: null}
        networks: {default: {name: other}}
        volumes: {data: {name: other}}
        """,
        root,
    )
    web, owner = checked.model["services"]["web"], {"python-coder.owner": PROJECT}
    assert checked.model["name"] == PROJECT
    assert "container_name" not in web
    assert web["labels"].items() >= {**owner, "team": "a"}.items()
    assert "com.docker.compose.project" not in web["labels"]
    assert web["environment"] == {"SET": "1"}
    assert web["ports"] == [
        {"target": 80, "mode": "ingress", "host_ip": "127.0.0.1"},
        {"target": 81, "host_ip": "0.0.0.0"},
    ]
    for kind, name in (("networks", "default"), ("volumes", "data")):
        thing = checked.model[kind][name]
        assert thing["name"] == f"{PROJECT}_{name}"
        assert thing["labels"].items() >= owner.items()
    assert len(checked.changes) == 5


def test_fixed_ports_are_kept_on_loopback(root: Path) -> None:
    text = service("ports: [{target: 80, published: '8080'}]")
    ports = judged(text, root, has_fixed_ports=True).model["services"]["web"]["ports"]
    assert ports == [{"target": 80, "published": "8080", "host_ip": "127.0.0.1"}]


def test_building_takes_no_image_its_name(root: Path) -> None:
    checked = judged(
        "services: {api: {image: postgres, build: {context: ROOT, tags: ['postgres:17']}},"
        " worker: {image: postgres}, web: {image: nginx, build: {context: ROOT}}, cache: {image: redis}}",
        root,
    )
    images = {name: given.get("image") for name, given in checked.model["services"].items()}
    assert images == {"api": f"{PROJECT}-api", "worker": f"{PROJECT}-api", "web": None, "cache": "redis"}
    assert "tags" not in checked.model["services"]["api"]["build"]


def test_git_stays_as_it_is(root: Path) -> None:
    whole = judged(mount("type: bind, source: ROOT"), root).model["services"]["web"]["volumes"]
    assert [(m["source"], m["target"], m.get("read_only", False)) for m in whole] == [
        (str(root), "/x", False),
        (f"{root}/.git", "/x/.git", True),
    ]
    part = judged(mount("type: bind, source: ROOT/.git/hooks"), root).model["services"]["web"]["volumes"]
    assert [m["read_only"] for m in part] == [True]


def test_mounts_are_what_was_checked(root: Path) -> None:
    (root / "inner").symlink_to("src")
    volumes = judged(mount("type: bind, source: ROOT/inner"), root).model["services"]["web"]["volumes"]
    assert volumes[0]["source"] == str(root / "src")


def test_a_container_cannot_move_what_another_mounts(root: Path) -> None:
    """A link in its place would be followed by the engine at the next start."""
    (root / "src/conf").mkdir()
    (root / "src/conf/a.sql").write_text("")
    text = (
        "services: {api: {image: a, volumes: [{type: bind, source: ROOT/src, target: /app}]},"
        " db: {image: b, volumes: [{type: bind, source: ROOT/src/conf/a.sql, target: /a.sql, read_only: true}]}}"
    )
    pinned = judged(text, root).model["services"]["api"]["volumes"]
    assert [(m["source"].removeprefix(str(root)), m["target"]) for m in pinned] == [
        ("/src", "/app"),
        ("/src/conf", "/app/conf"),
        ("/src/conf/a.sql", "/app/conf/a.sql"),
    ]
    assert judged(text.replace("a.sql", "missing.sql"), root).refusals
    whole = mount("type: bind, source: ROOT") + "\nsecrets: {s: {file: ROOT/Dockerfile}}"
    targets = [held["target"] for held in judged(whole, root).model["services"]["web"]["volumes"]]
    assert targets == ["/x", "/x/.git", "/x/Dockerfile"]


def test_an_engine_elsewhere_mounts_nothing(root: Path) -> None:
    assert judged(mount("type: bind, source: ROOT/src"), root, is_local=False).refusals
    assert judged("secrets: {s: {file: ROOT/Dockerfile}}", root, is_local=False).refusals


def test_variables_of_secrets_get_names_of_ours(root: Path) -> None:
    """Under its own name, `DOCKER_HOST` would lead the CLI to another engine."""
    model = {"secrets": {"s": {"environment": "DOCKER_HOST"}}}
    checked = check_model(model, Place(root=root, project=PROJECT), {"DOCKER_HOST": "tcp://elsewhere"})
    assert checked.variables == {"PYTHON_CODER_VALUE_0": "tcp://elsewhere"}
    assert checked.model["secrets"]["s"]["environment"] == "PYTHON_CODER_VALUE_0"


def test_the_model_given_is_not_changed(root: Path) -> None:
    model = {"services": {"web": {"image": "app", "container_name": "web"}}}
    check_model(model, Place(root=root, project=PROJECT))
    assert model == {"services": {"web": {"image": "app", "container_name": "web"}}}
