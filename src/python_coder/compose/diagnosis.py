# src/python_coder/compose/diagnosis.py — tells why a stack is not healthy: a named cause for each service
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from python_coder.compose.causes import MENDS, Cause, cause_in_logs, cause_of_engine, cause_of_file
from python_coder.compose.states import RESTARTS_OF_A_LOOP, ContainerState

_CODES_OF_A_SHELL = {125, 126, 127}
_KILLED = 137
_MOST_WORDS = 600
_TELLING = re.compile(r"error|failed|unhealthy|denied|not found|no such|unable", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ServiceDiagnosis:
    """Why one service is not healthy."""

    service: str
    """Empty for what concerns the whole stack."""
    cause: Cause
    why: str
    """What gave the cause away, in one or two sentences."""
    state: str = ""
    exit_code: int = 0
    health_output: str = ""
    log_lines: tuple[str, ...] = ()

    @property
    def mend(self) -> str:
        """What to do."""
        return MENDS[self.cause]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Why a stack is not healthy; what the others wait for comes first. Empty when nothing is wrong."""

    services: tuple[ServiceDiagnosis, ...] = ()

    @property
    def cause(self) -> Cause | None:
        """The first cause; `None` when nothing is wrong."""
        return self.services[0].cause if self.services else None


@dataclass(frozen=True, kw_only=True)
class Symptoms:
    """All that a diagnosis is made from."""

    services: Mapping[str, Any]
    """The services that should run, by name, as the model has them."""
    states: Sequence[ContainerState]
    output: str = ""
    """What the CLI said at the last start; empty when that went well, or was another session's."""
    is_timed_out: bool = False


def diagnose_file(problem: str) -> Diagnosis:
    """Why a stack's file cannot be read."""
    return Diagnosis(services=(ServiceDiagnosis(service="", cause=cause_of_file(problem), why=_short(problem)),))


def diagnose(symptoms: Symptoms, logs: Callable[[ContainerState], Sequence[str]]) -> Diagnosis:
    """Name a cause for each service that is not ready.

    Args:
        symptoms: What is known.
        logs: Gives the last log lines of a container.
    """
    found = list(_of_containers(symptoms, logs))
    blamed = {one.service for one in found}
    missing = [name for name in symptoms.services if name not in {state.service for state in symptoms.states}]
    engine = cause_of_engine(_telling(symptoms.output))
    if engine and not any(one.cause == engine for one in found):
        culprit = next((name for name in (*missing, *blamed) if _is_named(name, symptoms)), "")
        found = [one for one in found if one.service != culprit or one.cause is not Cause.NOT_STARTED]
        found.append(ServiceDiagnosis(service=culprit, cause=engine, why=_telling(symptoms.output)))
        blamed.add(culprit)
    found += [_missing(name, symptoms) for name in missing if name not in blamed]
    if not found and symptoms.output:
        found.append(ServiceDiagnosis(service="", cause=Cause.UNKNOWN, why=_telling(symptoms.output)))
    late = {Cause.DEPENDENCY: 1, Cause.NOT_STARTED: 2, Cause.TIMED_OUT: 1}
    return Diagnosis(services=tuple(sorted(found, key=lambda one: late.get(one.cause, 0))))


def _of_containers(symptoms: Symptoms, logs: Callable[[ContainerState], Sequence[str]]) -> Iterator[ServiceDiagnosis]:
    for state in symptoms.states:
        if state.service not in symptoms.services or state.is_ready:
            continue
        lines = tuple(logs(state))
        cause, why = _cause(state, "\n".join(lines), symptoms)
        yield ServiceDiagnosis(
            service=state.service,
            cause=cause,
            why=why,
            state=state.told(),
            exit_code=state.exit_code,
            health_output=_short(state.health_output),
            log_lines=lines,
        )


def _cause(state: ContainerState, logs: str, symptoms: Symptoms) -> tuple[Cause, str]:
    if state.is_out_of_memory:
        return Cause.OUT_OF_MEMORY, "The kernel ended it at its memory limit."
    if state.error:
        return cause_of_engine(state.error) or Cause.BAD_COMMAND, _short(state.error)
    if state.state == "created":
        return _waiting(state.service, symptoms)
    if state.state in {"exited", "dead", "restarting"} or state.restarts:
        return _cause_of_end(state, logs)
    if state.health == "unhealthy" or state.failed_probes:
        return Cause.FAILING_HEALTHCHECK, f"It runs, but {state.failed_probes} probes in a row failed."
    return Cause.TIMED_OUT, f"It was still {state.health or state.state} when the time was up."


def _cause_of_end(state: ContainerState, logs: str) -> tuple[Cause, str]:
    """Why a program ended, once or each time it was started."""
    if in_logs := cause_in_logs(logs):
        return in_logs, f"{_ended(state)} Its last words tell."
    if state.exit_code in _CODES_OF_A_SHELL:
        return Cause.BAD_COMMAND, f"{_ended(state)} A shell ends so when a program is not there or cannot be run."
    if state.restarts >= RESTARTS_OF_A_LOOP or state.state == "restarting":
        return Cause.CRASH_LOOP, f"{_ended(state)} It was started again {state.restarts} times."
    return Cause.EXITED, _ended(state)


def _ended(state: ContainerState) -> str:
    killed = " (killed)" if state.exit_code == _KILLED else ""
    return f"Its program ended with {state.exit_code}{killed}."


def _missing(name: str, symptoms: Symptoms) -> ServiceDiagnosis:
    cause, why = _waiting(name, symptoms)
    return ServiceDiagnosis(service=name, cause=cause, why=why, state="no container")


def _waiting(name: str, symptoms: Symptoms) -> tuple[Cause, str]:
    """Why a service was not started: what it depends on, if that is not ready."""
    ready = {state.service for state in symptoms.states if state.is_ready}
    wanted = [other for other in _dependencies(symptoms.services.get(name) or {}) if other not in ready]
    if wanted:
        return Cause.DEPENDENCY, f"It waits for {', '.join(wanted)}."
    if "has no healthcheck" in symptoms.output:
        return Cause.DEPENDENCY, "It waits for a service to be healthy which has no healthcheck."
    if symptoms.is_timed_out:
        return Cause.TIMED_OUT, "It was not started when the time was up."
    return Cause.NOT_STARTED, "The start ended before its turn."


def _dependencies(service: Mapping[str, Any]) -> Sequence[str]:
    return sorted(service.get("depends_on") or {})


def _is_named(name: str, symptoms: Symptoms) -> bool:
    """Whether the CLI's complaint is about this service."""
    image = str((symptoms.services.get(name) or {}).get("image") or "")
    names = "|".join(re.escape(word) for word in (name, image) if word)
    return bool(re.search(rf"(?<![\w./])(?:{names})(?![\w./])", _telling(symptoms.output)))


def _telling(output: str) -> str:
    """The lines of the CLI that tell of a failure."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    lines = [line for line in lines if "Warning" not in line and "level=warning" not in line]
    telling = [line for line in lines if _TELLING.search(line)]
    return _short("\n".join(telling[-4:] or lines[-4:]))


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]} …"
