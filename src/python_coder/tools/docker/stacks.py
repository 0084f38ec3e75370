# src/python_coder/tools/docker/stacks.py — tools for whole stacks: bring up, take down, check, diagnose, watch
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from python_coder.compose.source import StackSource
from python_coder.compose.stack import Stack
from python_coder.errors import ToolRefusedError, UsageError
from python_coder.tools.answers import shorten
from python_coder.tools.docker.rendering import diagnosis_lines, report_text
from python_coder.tools.docker.session import DockerSession

_MOST_SECONDS = 1_800
_WATCHED_LINES = 30


@dataclass(frozen=True)
class StackTools:
    """Each public method is one tool."""

    session: DockerSession

    async def deploy_compose(  # noqa: PLR0913, PLR0917 - docker-mcp's parameters and those it lacks
        self,
        file: str | list[str] = "",
        compose_yaml: str = "",
        project_name: str = "",
        profiles: str | list[str] = "",
        build: bool = False,  # noqa: FBT001, FBT002 - a model gives it by name
        wait: bool = True,  # noqa: FBT001, FBT002
        timeout_seconds: int = 180,
        fixed_ports: bool = False,  # noqa: FBT001, FBT002
        environment: dict[str, str] | None = None,
    ) -> str:
        """Bring up a Compose stack and wait until every service is healthy; if one is not, tell why.

        The stack runs under a name of its own, so stacks that stand already are not touched. What would reach the
        host is refused: privileged, host namespaces, the Docker socket, mounts outside the project. Host ports are
        replaced by free ones on 127.0.0.1; the answer names them. Without file and text the project's own is taken.

        Args:
            file: Compose file of the project, relative to it; several in order, later ones over earlier ones.
            compose_yaml: The stack as text, in place of a file; relative paths start at the project.
            project_name: Tells several stacks of one project apart; part of the name, not all of it.
            profiles: Such as dev, test or prod; services without a profile always start.
            build: Build images even if they are there.
            wait: Wait for health; without it the answer tells what stands after the start.
            timeout_seconds: Longest wait, pulls and builds included.
            fixed_ports: Keep the host ports of the file, on 127.0.0.1.
            environment: Values for `${NAME}` in the file, over those of `.env`.

        Returns:
            `healthy: PROJECT`, then a line a service with state, health and ports.

        Raises:
            ToolRefusedError: It is not healthy, with a named cause a service; or it may not run.
        """
        stack = self.session.keep(self._described(project_name, file, compose_yaml, environment))
        stack.has_fixed_ports = fixed_ports
        seconds = float(min(max(timeout_seconds, 1), _MOST_SECONDS))
        report = await stack.up(_listed(profiles), build=build, wait=wait, timeout_seconds=seconds)
        text = report_text(report)
        if wait and not report.is_healthy:
            raise ToolRefusedError(f"{text}\nget-logs tells more; stop-compose takes away what was started.")
        return text

    async def stop_compose(self, project_name: str = "", remove_volumes: list[str] | None = None) -> str:
        """Stop a stack that deploy-compose started, and remove its containers and networks. Volumes and data stay.

        Args:
            project_name: As deploy-compose was given.
            remove_volumes: Names of volumes to remove with all their data. Only those; none by default.
        """
        stack = self.session.stack(project_name)
        await self.session.unwatch(stack.project)
        removed = await stack.down(volumes=remove_volumes or ())
        if not (removed.containers or removed.networks or removed.volumes):
            return f"Nothing of {stack.project} was there."
        parts = {"containers": removed.containers, "networks": removed.networks, "volumes": removed.volumes}
        told = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in parts.items() if names)
        return f"Removed {told}."

    async def compose_config(
        self,
        file: str | list[str] = "",
        compose_yaml: str = "",
        project_name: str = "",
        environment: dict[str, str] | None = None,
        format: Literal["yaml", "json"] = "yaml",  # noqa: A002 - the name that Compose gives it
    ) -> str:
        """Show a stack as it would run, all profiles included, and what the guard changed or refuses. Starts nothing.

        Args:
            file: Compose file of the project; several in order.
            compose_yaml: The stack as text, in place of a file.
            project_name: As for deploy-compose.
            environment: Values for `${NAME}` in the file.
            format: `yaml` or `json`.
        """
        stack = self._described(project_name, file, compose_yaml, environment)
        checked = await stack.checked()
        model = _without_empty(stack.redact_model(checked.model))
        text = json.dumps(model, indent=1) if format == "json" else yaml.safe_dump(model, sort_keys=False)
        lines = [f"refused: {refusal}" for refusal in checked.refusals]
        lines += [f"changed: {change}" for change in checked.changes]
        return shorten(stack.redact("\n".join([*lines, text.rstrip()])))

    async def diagnose_stack(self, project_name: str = "", profiles: str | list[str] = "") -> str:
        """Tell why services are not healthy: a named cause each, state, exit code, last probe, last log lines.

        Args:
            project_name: As deploy-compose was given.
            profiles: Those that should run; what runs already is looked at anyway.
        """
        stack = self.session.stack(project_name)
        diagnosis = await stack.diagnose(_listed(profiles))
        lines = list(diagnosis_lines(diagnosis))
        if lines:
            return shorten("\n".join(lines))
        states = await stack.states()
        healthy = ", ".join(f"{state.service} ({state.told()})" for state in states)
        return f"Nothing is wrong. {healthy}" if states else "Nothing of this stack runs. deploy-compose starts it."

    async def watch_compose(
        self,
        project_name: str = "",
        stop: bool = False,  # noqa: FBT001, FBT002 - a model gives it by name
    ) -> str:
        """Carry changed files into running containers by the stack's `develop.watch`, in the background.

        The stack must be up. Call it again to see what was carried over; it ends with this session.

        Args:
            project_name: As deploy-compose was given.
            stop: End the watching.
        """
        stack = self.session.stack(project_name)
        if stop:
            return "Stopped watching." if await self.session.unwatch(stack.project) else "Nothing was watched."
        watcher = self.session.watchers.get(stack.project)
        is_new = watcher is None or not watcher.is_running
        if watcher is None or is_new:
            watcher = await self.session.watch(stack)
        begun = "Watching now." if is_new else "Still watching."
        return "\n".join([begun, *watcher.lines[-_WATCHED_LINES:]])

    def _described(
        self, project_name: str, file: str | list[str], compose_yaml: str, environment: dict[str, str] | None
    ) -> Stack:
        if file and compose_yaml:
            raise UsageError("Give a file or compose_yaml, not both.")
        source = StackSource(root=self.session.root, files=_listed(file), text=compose_yaml, values=environment or {})
        return self.session.opened(project_name, source)


def _without_empty(value: Any) -> Any:
    """A model without the settings that say nothing."""
    if isinstance(value, dict):
        short = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in short.items() if item not in (None, {}, [])}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


def _listed(given: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(part for part in ([given] if isinstance(given, str) else given) if part)
