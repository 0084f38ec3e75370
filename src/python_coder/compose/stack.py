# src/python_coder/compose/stack.py — one Compose stack of our own: brought up, watched, asked, taken down
import asyncio
import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from python_coder.compose.calls import CallResult, ComposeCalls
from python_coder.compose.diagnosis import Diagnosis, Symptoms, diagnose, diagnose_file
from python_coder.compose.engine import Engine
from python_coder.compose.findings import Place
from python_coder.compose.guard import CheckedModel, check_model
from python_coder.compose.naming import OWNER_LABEL, project_name
from python_coder.compose.resolution import Resolution, resolve
from python_coder.compose.services import are_ready, chosen_services
from python_coder.compose.source import StackSource
from python_coder.compose.states import ContainerState, of_services, secrets_in
from python_coder.compose.taking_down import Removed, last_lines, refuse_foreign, take_down
from python_coder.errors import ToolRefusedError, UsageError
from python_coder.evidence.redaction import Redactor, secret_values
from python_coder.workspace.commands import CommandRunner

_SECONDS_BETWEEN_LOOKS = 0.3
_SECONDS_OF_GRACE = 4.0
"""How long the CLI may go on after a service has failed for good; it then mostly says why."""
_LOG_LINES = 15


@dataclass(frozen=True, kw_only=True)
class StackReport:
    """How a stack came up. All texts are redacted."""

    project: str
    is_healthy: bool
    services: tuple[ContainerState, ...] = ()
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    """Empty when it is healthy."""
    changes: tuple[str, ...] = ()
    """What the guard rewrote."""
    output: str = ""
    """What the Compose CLI said."""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class OneOff:
    """How a one-off container ended. The output is redacted."""

    exit_code: int
    output: str
    is_timed_out: bool = False
    is_out_of_memory: bool = False
    """Whether the kernel ended it at its memory limit; only known of a container from an image."""
    seconds: float = 0.0


@dataclass(kw_only=True)
class Stack:
    """One stack under a name of its own. Every call reads the files anew, checks them, and runs what was checked."""

    source: StackSource
    engine: Engine
    compose: tuple[str, ...]
    runner: CommandRunner
    """The sandbox in which the stack's files are read."""
    key: str = ""
    suffix: str = ""
    has_fixed_ports: bool = False
    secrets: set[str] = field(default_factory=set)
    """Values that no answer shows; what the files and the containers have is added as it is read."""
    _said: CallResult | None = None
    """How the last start ended."""

    @cached_property
    def project(self) -> str:
        """The Compose project's name."""
        return project_name(self.source.root, key=self.key, suffix=self.suffix)

    @property
    def place(self) -> Place:
        """Where the guard lets it run."""
        return Place(
            root=self.source.root,
            project=self.project,
            is_local=self.engine.is_local,
            has_fixed_ports=self.has_fixed_ports,
        )

    async def resolved(self) -> Resolution:
        """What the CLI makes of the files, all profiles included. Needs no engine."""
        resolution = await resolve(self.source, compose=self.compose, runner=self.runner, project=self.project)
        self.secrets |= resolution.secrets
        return resolution

    async def checked(self) -> CheckedModel:
        """The resolved stack, judged and rewritten; what must not run is in its `refusals`.

        Raises:
            UsageError: The files cannot be read as a stack; the message has the CLI's words.
        """
        return self._judged(await self.resolved())

    async def up(
        self, profiles: Sequence[str] = (), *, build: bool = False, wait: bool = True, timeout_seconds: float = 180.0
    ) -> StackReport:
        """Bring the stack up, and wait until every service is healthy, one has failed for good, or time is up.

        Args:
            profiles: Those whose services start beside the services without any.
            build: Whether images are built that are there already.
            wait: Whether health is waited for after the start, and counts.
            timeout_seconds: Longest time for all of it.

        Raises:
            ToolRefusedError: The stack would reach beyond itself; or its name is taken by what is not ours.
            UsageError: There is no such profile, or no compose file.
            EnvironmentLacksError: No engine answers.
        """
        started = time.monotonic()
        resolution = await self.resolved()
        if resolution.model is None:
            problem = self.redact(resolution.problem)
            diagnosis = diagnose_file(problem)
            return StackReport(project=self.project, is_healthy=False, diagnosis=diagnosis, output=problem)
        checked = self._judged(resolution)
        model = checked.text()
        services = chosen_services(checked.model, profiles)
        await self.engine.ask(lambda client: refuse_foreign(client, self.project))
        before = frozenset(state.moment for state in await self.states())
        options = ("--detach", "--quiet-pull", "--remove-orphans", "--timeout", "5")
        words = ("up", *options, *(("--build",) if build else ()))
        calling = asyncio.create_task(
            self.calls(checked).run(words, model=model, profiles=profiles, timeout_seconds=timeout_seconds)
        )
        try:
            states = await self._watched(services if wait else {}, calling, before, started + timeout_seconds)
        finally:
            self._said = await _ended(calling)
        is_healthy = self._said.exit_code == 0 and are_ready(services if wait else {}, states)
        return StackReport(
            project=self.project,
            is_healthy=is_healthy,
            services=states,
            diagnosis=Diagnosis() if is_healthy else await self._diagnosed(services, states),
            changes=tuple(map(self.redact, checked.changes)),
            output=self.redact(self._said.output),
            seconds=time.monotonic() - started,
        )

    async def build(
        self, profiles: Sequence[str] = (), services: Sequence[str] = (), *, timeout_seconds: float = 600.0
    ) -> CallResult:
        """Build the images of services, all for none, without starting any. The output is redacted."""
        checked = await self.checked()
        said = await self.calls(checked).run(
            ("build", *services), model=checked.text(), profiles=profiles, timeout_seconds=timeout_seconds
        )
        return dataclasses.replace(said, stdout=self.redact(said.stdout), stderr=self.redact(said.stderr))

    async def states(self) -> tuple[ContainerState, ...]:
        """What the services' containers are doing now, by service."""
        inspections = await self.engine.containers(f"{OWNER_LABEL}={self.project}")
        self.secrets.update(secrets_in(inspections))
        return of_services(inspections)

    async def diagnose(self, profiles: Sequence[str] = ()) -> Diagnosis:
        """Why the stack is not healthy as it stands now; empty when it is, or was never started."""
        states = await self.states()
        standing = {state.service for state in states}
        if not self.source.is_there:  # deployed by another session, from a text that is not known here
            return await self._diagnosed({name: {} for name in standing}, states)
        resolution = await self.resolved()
        if resolution.model is None:
            return diagnose_file(self.redact(resolution.problem))
        if not states and self._said is None:
            return Diagnosis()
        services = chosen_services(resolution.model, profiles)
        shown = {name: service for name, service in resolution.model["services"].items() if name in standing}
        return await self._diagnosed({**services, **shown}, states)

    async def run_one_off(
        self,
        service: str,
        command: Sequence[str] = (),
        *,
        environment: Mapping[str, str] | None = None,
        timeout_seconds: float = 120.0,
    ) -> OneOff:
        """Run one command in a new container of a service, beside the running stack; it is removed afterwards.

        Args:
            service: Of the stack. Its dependencies are not started.
            command: In place of the service's own; none for its own.
            environment: Variables beside the service's own.
            timeout_seconds: After which it is ended.

        Raises:
            ToolRefusedError: There is no such service, or the stack would reach beyond itself.
        """
        checked = await self.checked()
        services = checked.model.get("services") or {}
        if service not in services:
            raise ToolRefusedError(f"There is no service {service!r}. There are: {', '.join(services)}.")
        self.secrets.update(secret_values(environment or {}))
        checked = checked.with_environment(service, environment or {})
        model = checked.text()
        await self.engine.ask(lambda client: refuse_foreign(client, self.project))
        started = time.monotonic()
        name = f"{self.project}-{service}-run-{time.time_ns():x}"
        words = ("run", "--rm", "--no-deps", "--no-TTY", "--quiet-pull", "--name", name, service, *command)
        try:
            said = await self._built(checked, service, timeout_seconds)
            if said.exit_code == 0:
                said = await self.calls(checked).run(words, model=model, timeout_seconds=timeout_seconds)
        finally:
            await self.engine.ask(lambda client: take_down(client, self.project, only=name))
        output = "\n".join(line for line in said.output.splitlines() if not line.lstrip().startswith(_PROGRESS))
        return OneOff(
            exit_code=said.exit_code,
            output=self.redact(output),
            is_timed_out=said.is_timed_out,
            seconds=time.monotonic() - started,
        )

    async def down(self, *, volumes: Sequence[str] = (), images: bool = False) -> Removed:
        """Stop and remove the stack's containers and networks; works whatever became of its files.

        Args:
            volumes: Names of volumes to remove, too, as in the file or in full; none are removed otherwise.
            images: Whether the images that were built for this stack go, too.

        Raises:
            ToolRefusedError: A volume is not of this stack.
        """
        return await self.engine.ask(
            lambda client: take_down(client, self.project, volumes=volumes, with_images=images)
        )

    def redact(self, text: str) -> str:
        """Mask the secrets of the stack."""
        return Redactor(self.secrets).redact(text)

    def redact_model(self, model: Mapping[str, Any]) -> Any:
        """Mask the secrets in a model: known ones, and texts under a secret's name."""
        return Redactor(self.secrets).redact_json(dict(model))

    def _judged(self, resolution: Resolution) -> CheckedModel:
        if resolution.model is None:
            raise UsageError(f"Compose cannot read the stack: {self.redact(resolution.problem)} Mend the file.")
        return check_model(resolution.model, self.place, resolution.values)

    def calls(self, checked: CheckedModel) -> ComposeCalls:
        """The CLI, ready to run a checked model."""
        environ = {**checked.variables, **self.engine.environ}
        return ComposeCalls(compose=self.compose, root=self.source.root, project=self.project, environ=environ)

    async def _built(self, checked: CheckedModel, service: str, timeout_seconds: float) -> CallResult:
        """Build a service's image if it has to be built and is not there; else `run` would do it, and tell of it."""
        if not checked.model["services"][service].get("build"):
            return CallResult(exit_code=0, stdout="", stderr="")
        tag = checked.model["services"][service].get("image") or f"{self.project}-{service}"
        if await self.engine.ask(lambda client: client.images.list(name=tag)):
            return CallResult(exit_code=0, stdout="", stderr="")
        words = ("build", "--quiet", service)
        return await self.calls(checked).run(words, model=checked.text(), timeout_seconds=timeout_seconds)

    async def _watched(
        self,
        services: Mapping[str, Any],
        calling: "asyncio.Task[CallResult]",
        before: frozenset[str],
        deadline: float,
    ) -> tuple[ContainerState, ...]:
        """Look until all are ready, one has failed, or time is up. What failed before this start is yet replaced."""
        failed_since: float | None = None
        while True:
            states = await self.states()
            now = time.monotonic()
            if calling.done() and (calling.result().exit_code != 0 or are_ready(services, states)):
                return await self.states() if calling.result().exit_code != 0 else states
            new = [state for state in states if calling.done() or state.moment not in before]
            has_failed = any(state.is_failed for state in new if state.service in services)
            failed_since = (failed_since or now) if has_failed else None
            if now > deadline or (failed_since and (calling.done() or now > failed_since + _SECONDS_OF_GRACE)):
                return states
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    async def _diagnosed(self, services: Mapping[str, Any], states: Sequence[ContainerState]) -> Diagnosis:
        said = self._said
        symptoms = Symptoms(
            services=services,
            states=states,
            output=self.redact(said.output) if said and said.exit_code != 0 else "",
            is_timed_out=bool(said and said.is_timed_out),
        )
        logs = {
            state.name: tuple(map(self.redact, lines))
            for state, lines in (await self.engine.ask(lambda client: last_lines(client, states, _LOG_LINES)))
        }
        return diagnose(symptoms, lambda state: logs.get(state.name, ()))


_PROGRESS = ("Container ", "Network ", "Volume ", "Image ", "time=")


async def _ended(calling: "asyncio.Task[CallResult]") -> CallResult:
    """How the CLI ended; ended here if it still runs."""
    if not calling.done():
        calling.cancel()
    try:
        return await calling
    except asyncio.CancelledError:
        return CallResult(exit_code=124, stdout="", stderr="", is_timed_out=True)
