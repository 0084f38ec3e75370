# src/python_coder/agent/stack_trial.py — one stack brought up, looked at and migrated, and what was seen of it
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.agent.stack_choice import StackChoice, choose_stack
from python_coder.compose.causes import Cause
from python_coder.compose.diagnosis import Diagnosis, ServiceDiagnosis, diagnose_file
from python_coder.compose.stack import OneOff, Stack, StackReport
from python_coder.compose.states import ContainerState
from python_coder.errors import ToolRefusedError, UsageError
from python_coder.evidence.verdict import CommandRecord, Finding

_UP_SECONDS = 420.0
"""For building, pulling and coming up; a build may fetch a project's packages."""
_MIGRATE_SECONDS = 120.0
_ELSEWHERE = frozenset((Cause.NOT_PULLED, Cause.NETWORK))
"""Causes that lie on the machine, not in the repository."""
_LAST_LINES = 3
_MOST_CHARS = 700


@dataclass(frozen=True, kw_only=True)
class StackSeen:
    """What came of one tree's stack."""

    told: str
    """What was seen, in part of a sentence."""
    is_there: bool = True
    """Whether the tree has a stack to bring up."""
    is_elsewhere: bool = False
    """Whether what went wrong lies outside of the repository."""
    findings: tuple[Finding, ...] = ()
    commands: tuple[CommandRecord, ...] = ()
    facts: dict[str, str | int | float] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether it came up healthy and its migrations ran."""
        return self.is_there and not self.findings


@dataclass(frozen=True, kw_only=True)
class StackTrial:
    """Tries one stack out. Whoever calls takes it down, however this ends."""

    stack: Stack
    tree: str
    """Git tree id, for the evidence."""
    folder: Path
    """The tree's copy, at its git root."""

    async def carry_out(self) -> StackSeen:
        """Bring the stack up, verify its health, run its migrations."""
        try:
            resolution = await self.stack.resolved()
            if resolution.model is None:
                diagnosis = diagnose_file(self.stack.redact(resolution.problem))
                return self._broken(diagnosis, told="the compose file cannot be read")
            choice = choose_stack(resolution.model.get("services") or {})
            if choice is None:
                return StackSeen(is_there=False, told="the compose file has services for neither test nor dev")
            return await self._tried(choice)
        except (ToolRefusedError, UsageError) as error:
            return StackSeen(told="the stack may not be started", findings=(self._finding("refused", str(error)),))

    async def _tried(self, choice: StackChoice) -> StackSeen:
        report = await self.stack.up(choice.profiles, build=True, timeout_seconds=_UP_SECONDS)
        command = _record(_up_words(choice), 0 if report.is_healthy else 1, report.output, report.seconds, self.tree)
        facts: dict[str, str | int | float] = {"profile": choice.profile, "services": len(choice.services)}
        if not report.is_healthy:
            return self._broken(report.diagnosis, told=_unhealthy(report), commands=(command,), facts=facts)
        told = _healthy(report.services, choice)
        words = self._migration() if choice.serving else ()
        if not words:
            return StackSeen(told=told, commands=(command,), facts=facts)
        ended = await self.stack.run_one_off(choice.serving, words, timeout_seconds=_MIGRATE_SECONDS)
        told = f"{told}; {' '.join(words)} in {choice.serving} ended with {ended.exit_code}"
        run = (*_compose_words(choice), "run", "--rm", "--no-deps", choice.serving, *words)
        return StackSeen(
            told=told,
            findings=(self._finding("migrations-failed", _ended(choice.serving, ended)),) if ended.exit_code else (),
            commands=(command, _record(run, ended.exit_code, ended.output, ended.seconds, self.tree)),
            facts={**facts, "migrations": ended.exit_code},
        )

    def _migration(self) -> Sequence[str]:
        """How migrations run in the service's container; nothing when the project has no Alembic."""
        root = self.stack.source.root
        found = sorted(root.rglob("alembic.ini"), key=lambda path: (len(path.parts), path))
        if not found:
            return ()
        ini = found[0].relative_to(root).as_posix()
        return ("alembic", *(() if ini == "alembic.ini" else ("-c", ini)), "upgrade", "head")

    def _broken(
        self,
        diagnosis: Diagnosis,
        *,
        told: str,
        commands: tuple[CommandRecord, ...] = (),
        facts: dict[str, str | int | float] | None = None,
    ) -> StackSeen:
        named = diagnosis.services or (ServiceDiagnosis(service="", cause=Cause.UNKNOWN, why="No cause was found."),)
        return StackSeen(
            told=told,
            is_elsewhere=diagnosis.cause in _ELSEWHERE,
            findings=tuple(self._finding(str(one.cause).replace(" ", "-"), _explained(one)) for one in named),
            commands=commands,
            facts=facts or {},
        )

    def _finding(self, rule: str, message: str) -> Finding:
        """A finding about the compose file; one whose file is a link out of the tree names none."""
        try:
            path = self.stack.source.paths()[0].relative_to(self.folder).as_posix()
        except ToolRefusedError:
            path = ""
        return Finding(path=path, rule=rule, message=message)


def _unhealthy(report: StackReport) -> str:
    first = report.diagnosis.services[0] if report.diagnosis.services else None
    return f"{first.service or 'the stack'}: {first.cause}" if first else "the stack is not healthy"


def _healthy(states: Sequence[ContainerState], choice: StackChoice) -> str:
    """Which services are healthy, which run without a probe, and which have done their work."""
    ended = [state.service for state in states if state.state == "exited"]
    probed = [state.service for state in states if state.health == "healthy"]
    running = [state.service for state in states if state.service not in {*ended, *probed}]
    groups = ((probed, "healthy"), (running, "running without a healthcheck"), (ended, "done"))
    parts = [f"{', '.join(dict.fromkeys(names))} {what}" for names, what in groups if names]
    return "; ".join(parts) + (f" (profile {choice.profile})" if choice.profile else "")


def _explained(one: ServiceDiagnosis) -> str:
    heard = [one.health_output, *one.log_lines[-_LAST_LINES:]]
    said = " | ".join(line.strip() for line in heard if line.strip())
    text = f"{one.service + ': ' if one.service else ''}{one.why} {one.mend}{f' It said: {said}' if said else ''}"
    return text if len(text) <= _MOST_CHARS else f"{text[:_MOST_CHARS]} …"


def _ended(service: str, ended: OneOff) -> str:
    how = "did not end in time" if ended.is_timed_out else f"ended with {ended.exit_code}"
    said = " | ".join(ended.output.strip().splitlines()[-_LAST_LINES:])
    return f"{service}: the migrations {how}. Mend them, or how the service reaches its database. They said: {said}"


def _compose_words(choice: StackChoice) -> tuple[str, ...]:
    return ("docker", "compose", *(word for profile in choice.profiles for word in ("--profile", profile)))


def _up_words(choice: StackChoice) -> tuple[str, ...]:
    return (*_compose_words(choice), "up", "--build", "--detach", "--wait")


def _record(argv: tuple[str, ...], exit_code: int, output: str, seconds: float, tree: str) -> CommandRecord:
    digest = hashlib.sha256(output.encode()).hexdigest()
    return CommandRecord(argv=argv, exit_code=exit_code, seconds=seconds, output_digest=digest, tree=tree)
