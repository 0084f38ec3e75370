# src/python_coder/tools/docker/containers.py — tools for single containers: list, read logs, run one command
import asyncio
import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from python_coder.compose.one_off import OneOffRequest, run_image, start_image
from python_coder.errors import UsageError
from python_coder.evidence.redaction import secret_values
from python_coder.symbols.bounded_regex import find_matches
from python_coder.tools.answers import limit_of
from python_coder.tools.docker.rendering import containers_text, one_off_text, tail_of
from python_coder.tools.docker.session import DockerSession

_MOST_LINES = 5_000
_MOST_CHARS = 20_000
_MOST_SECONDS = 1_800
_MOST_MEMORY_MB = 4_096
_MOST_CPUS = 4.0
_LEAST_MEMORY_MB = 8
_LEAST_CPUS = 0.05
_MOST_NAME_CHARS = 40
_AGO = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True)
class ContainerTools:
    """Each public method is one tool."""

    session: DockerSession

    async def list_containers(self, project_name: str = "", all: bool = True) -> str:  # noqa: A002, FBT001, FBT002
        """List the containers that were made here for this project: stack, service, state, health, ports.

        Args:
            project_name: Only this stack, as deploy-compose was given.
            all: Those that have ended, too.
        """
        states = await self.session.containers()
        if project_name:
            states = [state for state in states if state.project == self.session.stack(project_name).project]
        if not all:
            states = [state for state in states if state.state in {"running", "restarting", "paused"}]
        return containers_text(states) or "There are no containers here. deploy-compose starts a stack."

    async def get_logs(  # noqa: PLR0913, PLR0917 - what a reader of logs asks for, each by name
        self,
        service: str = "",
        container: str = "",
        project_name: str = "",
        tail: int = 100,
        since: str = "",
        grep: str = "",
        max_answer_chars: int = _MOST_CHARS,
    ) -> str:
        """Read the last log lines of one service or container that was made here.

        Args:
            service: Name in the compose file.
            container: Name as list-containers shows it; in place of a service.
            project_name: The stack of the service, as deploy-compose was given.
            tail: How many lines, counted from the end; of those that match, with grep.
            since: Only what is newer: `90s`, `10m`, `2h`, or a time such as `2026-01-31T12:00:00`.
            grep: Regular expression; only lines in which it matches.
            max_answer_chars: Most characters; the end is kept.
        """
        state = await self.session.container(container or service or "?", project_name)
        most = min(max(tail, 1), _MOST_LINES)
        fetched = _MOST_LINES if grep else most
        after = _moment(since)
        text = await self.session.engine.ask(
            lambda client: client.containers.get(state.name).logs(tail=fetched, since=after).decode(errors="replace")
        )
        lines = text.splitlines()
        if grep:
            found = await asyncio.to_thread(find_matches, grep, lines)
            lines = [line for line, matches in zip(lines, found, strict=False) if matches]
        if not lines:
            return f"{state.name} ({state.told()}) wrote nothing of that."
        shown = self.session.redact("\n".join(lines[-most:]))
        return f"{state.name}: {state.told()}\n{tail_of(shown, limit_of(max_answer_chars))}"

    async def create_container(  # noqa: PLR0913, PLR0917 - docker-mcp's parameters and those it lacks
        self,
        image: str = "",
        command: str | list[str] = "",
        service: str = "",
        environment: dict[str, str] | None = None,
        mounts: list[str] | None = None,
        project_name: str = "",
        memory_mb: int = 512,
        cpus: float = 1.0,
        timeout_seconds: int = 120,
        name: str = "",
        ports: dict[str, str | int] | None = None,
        detach: bool = False,  # noqa: FBT001, FBT002 - a model gives it by name
    ) -> str:
        """Run one command in a new container, such as a migration, and answer with its exit code and output.

        Give a service of the stack, whose image, environment and networks are used, or an image. The container joins
        the networks of the stack if that is up, else it has none, and is removed afterwards.

        Args:
            image: Such as `postgres:17`.
            command: A command line or its words, without a shell; none for the image's own.
            service: Of the stack, such as `api`, in place of an image.
            environment: Variables, beside the service's own.
            mounts: `PATH:/TARGET` or `PATH:/TARGET:ro`, PATH in the project; for an image.
            project_name: The stack, as deploy-compose was given.
            memory_mb: Most memory, for an image.
            cpus: Most processors, for an image.
            timeout_seconds: Then it is ended.
            name: Part of the container's name.
            ports: Port on 127.0.0.1, 0 for a free one, to port inside, such as `{"8080": "80"}`; implies detach.
            detach: Leave it running until this session ends, in place of waiting for it.
        """
        words = shlex.split(command) if isinstance(command, str) else command
        seconds = float(min(max(timeout_seconds, 1), _MOST_SECONDS))
        self.session.secrets.update(secret_values(environment or {}))
        if service:
            stack = self.session.stack(project_name)
            done = await stack.run_one_off(service, words, environment=environment, timeout_seconds=seconds)
            return tail_of(one_off_text(done, seconds), _MOST_CHARS)
        if not image:
            raise UsageError("Give an image, or a service of the stack.")
        request = OneOffRequest(
            image=image,
            command=words,
            environment=environment or {},
            mounts=mounts or (),
            ports={_inside(inside): int(outside) for outside, inside in (ports or {}).items()},
            memory_mb=min(max(memory_mb, _LEAST_MEMORY_MB), _MOST_MEMORY_MB),
            cpus=min(max(cpus, _LEAST_CPUS), _MOST_CPUS),
            timeout_seconds=seconds,
            name=re.sub(r"[^A-Za-z0-9_.-]", "-", name)[:_MOST_NAME_CHARS],
        )
        place = self.session.place(project_name)
        if not (detach or ports):
            done = await self.session.engine.ask(lambda client: run_image(client, request, place))
            return tail_of(one_off_text(done, seconds), _MOST_CHARS)
        made = await self.session.engine.ask(lambda client: start_image(client, request, place).name)
        self.session.detached.append((place.project, made))
        state = await self.session.container(made)
        return f"{made}: {state.told()}. It is removed when this session ends; get-logs shows what it writes."


def _inside(port: str | int) -> str:
    number, _, protocol = str(port).partition("/")
    if not number.isdecimal() or protocol not in {"", "tcp", "udp"}:
        raise UsageError(f"{port!r} is no port. Write ports as {{HOST: INSIDE}}, such as {{'8080': '80/tcp'}}.")
    return f"{number}/{protocol or 'tcp'}"


def _moment(since: str) -> datetime | None:
    """What `since` means, in UTC; a time without zone is taken as UTC."""
    if not since:
        return None
    if (found := _AGO.fullmatch(since)) and any(found.groups()):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return datetime.now(UTC) - timedelta(hours=hours, minutes=minutes, seconds=seconds)
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        raise UsageError(f"{since!r} is no time. Write 90s, 10m, 2h, or 2026-01-31T12:00:00.") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
