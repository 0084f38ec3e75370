# tests/compose/test_diagnosis.py — causes named from what the CLI, the engine and the programs say
from typing import Any

import pytest

from python_coder.compose.causes import MENDS, Cause
from python_coder.compose.diagnosis import Symptoms, diagnose, diagnose_file
from python_coder.compose.states import ContainerState

FILES = {
    "cycle": ("dependency cycle detected: a -> b -> a", Cause.CYCLE),
    "variable": ("required variable DB is missing a value: set it", Cause.MISSING_ENV),
    "env-file": ("env file /x/.env.dev not found: stat /x/.env.dev", Cause.MISSING_ENV),
    "yaml": ("yaml: line 3: mapping values are not allowed in this context", Cause.INVALID_YAML),
    "schema": ("services.web additional properties 'imagee' not allowed", Cause.INVALID_FILE),
    "reference": ('service "web" depends on undefined service "db"', Cause.INVALID_FILE),
}
ENGINE = {
    "port": ("Bind for 127.0.0.1:80 failed: port is already allocated", Cause.PORT_TAKEN),
    "mount": ('invalid mount config for type "bind": bind source path does not exist: /x', Cause.BAD_MOUNT),
    "file-on-folder": (
        'error during container init: error mounting "/x" to rootfs at "/y": not a directory: '
        "Are you trying to mount a directory onto a file",
        Cause.BAD_MOUNT,
    ),
    "command": ('exec: "nope": executable file not found in $PATH: unknown', Cause.BAD_COMMAND),
    "denied": ("pull access denied for nope, repository does not exist", Cause.MISSING_IMAGE),
    "manifest": ("manifest for busybox:nope not found: manifest unknown", Cause.MISSING_IMAGE),
    "no-such-image": ("No such image: nope:1", Cause.MISSING_IMAGE),
    "registry": ('Get "https://registry/v2/": dial tcp: lookup registry: no such host', Cause.NOT_PULLED),
    "build": ('failed to solve: process "/bin/sh -c false" did not complete', Cause.BUILD_FAILED),
    "pool": ("Pool overlaps with other one on this address space", Cause.NETWORK),
}
LOGS = {
    "key": ("KeyError: 'DATABASE_URL'", 1, Cause.MISSING_ENV),
    "settings": ("1 validation error for Settings\ndatabase_url\n  Field required", 1, Cause.MISSING_ENV),
    "postgres": ("Error: Database is uninitialized and superuser password is not specified.", 1, Cause.MISSING_ENV),
    "shell": ("sh: DB: parameter not set", 2, Cause.MISSING_ENV),
    "port": ("[Errno 98] error while attempting to bind: address already in use", 1, Cause.PORT_TAKEN),
    "module": ("/usr/bin/python: No module named app", 1, Cause.BAD_COMMAND),
    "program": ("sh: nope: not found", 127, Cause.BAD_COMMAND),
    "nothing": ("", 126, Cause.BAD_COMMAND),
    "other": ("boom", 3, Cause.EXITED),
}


def container(**known: Any) -> ContainerState:
    given = {"name": "x-web-1", "service": "web", "project": "x", "image": "app", "state": "running", **known}
    return ContainerState(**given)


def causes(*states: ContainerState, output: str = "", logs: str = "", **services: Any) -> dict[str, Cause]:
    symptoms = Symptoms(services={"web": {}, **services}, states=states, output=output)
    return {one.service: one.cause for one in diagnose(symptoms, lambda _: logs.splitlines()).services}


@pytest.mark.parametrize(("problem", "cause"), FILES.values(), ids=FILES)
def test_causes_in_files(problem: str, cause: Cause) -> None:
    assert diagnose_file(problem).cause is cause


@pytest.mark.parametrize(("said", "cause"), ENGINE.values(), ids=ENGINE)
def test_causes_that_the_engine_tells(said: str, cause: Cause) -> None:
    assert causes(output=f" web Error {said}\nError response from daemon: {said}") == {"web": cause}
    assert causes(container(state="created", error=said)) == {"web": cause}


@pytest.mark.parametrize(("logs", "code", "cause"), LOGS.values(), ids=LOGS)
def test_causes_in_last_words(logs: str, code: int, cause: Cause) -> None:
    assert causes(container(state="exited", exit_code=code), logs=logs) == {"web": cause}


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        (container(state="exited", exit_code=137, is_out_of_memory=True), Cause.OUT_OF_MEMORY),
        (container(state="restarting", exit_code=1, restarts=4), Cause.CRASH_LOOP),
        (container(restarts=5, exit_code=1), Cause.CRASH_LOOP),
        (container(health="unhealthy", failed_probes=3), Cause.FAILING_HEALTHCHECK),
        (container(health="starting"), Cause.TIMED_OUT),
        (container(state="exited", health="unhealthy", listens=True), Cause.EXITED),
    ],
    ids=["memory", "restarting", "running-again", "unhealthy", "still-starting", "ended-though-it-should-serve"],
)
def test_causes_in_states(state: ContainerState, cause: Cause) -> None:
    assert causes(state) == {"web": cause}


def test_what_waits_comes_after_what_it_waits_for() -> None:
    services: dict[str, Any] = {"web": {"depends_on": {"db": {}}}, "db": {}}
    states = (container(state="created"), container(service="db", name="x-db-1", health="unhealthy", failed_probes=2))
    output = "dependency failed to start: container x-db-1 is unhealthy"
    found = diagnose(Symptoms(services=services, states=states, output=output), lambda _: ())
    assert [(one.service, one.cause) for one in found.services] == [
        ("db", Cause.FAILING_HEALTHCHECK),
        ("web", Cause.DEPENDENCY),
    ]
    assert "db" in found.services[1].why


def test_a_warning_is_no_cause() -> None:
    output = " web Warning dial tcp: no such host\n x Error something odd"
    assert causes(output=output) == {"web": Cause.NOT_STARTED}


def test_nothing_is_wrong_with_what_is_ready() -> None:
    assert causes(container(health="healthy")) == {}
    assert causes(container(state="exited", exit_code=0)) == {}
    assert causes(container(state="exited", exit_code=0, health="unhealthy")) == {}
    assert causes(container(state="exited", exit_code=0, health="unhealthy", listens=True, is_awaited=True)) == {}
    assert causes(container(seconds_up=60.0)) == {}


def test_each_cause_says_what_to_do() -> None:
    assert set(MENDS) == set(Cause)
