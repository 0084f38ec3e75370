# src/python_coder/tools/docker/session.py — what the docker tools of one session share: its stacks and watchers
import contextlib
import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from python_coder.compose.cli import require_compose
from python_coder.compose.engine import Engine, find_engine
from python_coder.compose.findings import Place
from python_coder.compose.naming import FOLDER_LABEL, folder_digest
from python_coder.compose.source import StackSource
from python_coder.compose.stack import Stack
from python_coder.compose.states import ContainerState, container_state, secrets_in
from python_coder.compose.taking_down import own_volumes, take_down
from python_coder.compose.watching import Watcher
from python_coder.errors import EnvironmentLacksError, ToolRefusedError
from python_coder.evidence.redaction import Redactor
from python_coder.workspace.commands import CommandRunner


@dataclass(kw_only=True)
class DockerSession:
    """One project's stacks, as long as a server or a run lasts."""

    root: Path
    runner: CommandRunner
    """The sandbox in which compose files are read."""
    key: str = ""
    """Tells runs on one folder apart; empty for a server, whose stacks a later session finds again."""
    ends_stacks: bool = False
    """Whether stacks that were brought up here go with the session, data included; a run's do, a server's stay."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Values for `${…}` of all stacks, under those that a call gives."""
    secrets: set[str] = field(default_factory=set)
    """Values that no answer shows; its stacks add what they read."""
    watchers: dict[str, Watcher] = field(default_factory=dict)
    """By project."""
    detached: list[tuple[str, str]] = field(default_factory=list)
    """Project and name of containers that were left running."""
    _stacks: dict[str, Stack] = field(default_factory=dict)
    _opened: dict[str, Stack] = field(default_factory=dict)
    """By project: all that something may stand of."""

    @cached_property
    def engine(self) -> Engine:
        """The engine. It is not asked anything yet."""
        return find_engine()

    def stack(self, project_name: str) -> Stack:
        """The stack that the caller calls so, described as at its last deployment here, else by the usual files."""
        known = next((stack for stack in self._stacks.values() if stack.project == project_name), None)
        default = self.opened("", StackSource(root=self.root))
        if known or project_name == default.project:
            return known or self._stacks.get("", default)
        return self._stacks.get(project_name) or self.opened(project_name, StackSource(root=self.root))

    def opened(self, project_name: str, source: StackSource) -> Stack:
        """A stack that is described there; it is not kept."""
        source = dataclasses.replace(source, values={**self.values, **source.values})
        stack = Stack(
            source=source,
            engine=self.engine,
            compose=require_compose(),
            runner=self.runner,
            key=self.key,
            suffix=project_name,
            secrets=self.secrets,
        )
        self._opened[stack.project] = stack
        return stack

    def keep(self, stack: Stack) -> Stack:
        """Let later calls mean this stack when they give its name."""
        self._stacks[stack.suffix] = stack
        return stack

    def place(self, project_name: str) -> Place:
        """Where one-off containers of a stack run."""
        return Place(root=self.root, project=self.stack(project_name).project, is_local=self.engine.is_local)

    async def containers(self) -> list[ContainerState]:
        """All containers of this project's folder that were made by us."""
        found = await self.engine.containers(f"{FOLDER_LABEL}={folder_digest(self.root)}")
        self.secrets.update(secrets_in(found))
        return [container_state(attrs) for attrs in found]

    async def container(self, wanted: str, project_name: str = "") -> ContainerState:
        """One of our containers, by its name or by its service.

        Raises:
            ToolRefusedError: There is none; the message lists those that there are.
        """
        states = await self.containers()
        if project_name:
            states = [state for state in states if state.project == self.stack(project_name).project]
        named = [state for state in states if wanted == state.name]
        of_service = [state for state in states if wanted == state.service and not state.is_one_off]
        for state in (*named, *of_service):
            return state
        known = ", ".join(state.service or state.name for state in states) or "none; deploy-compose starts some"
        raise ToolRefusedError(f"There is no container or service {wanted!r} here. There are: {known}.")

    def redact(self, text: str) -> str:
        """Mask the secrets of all stacks of the session, and what looks like one."""
        return Redactor(self.secrets).redact(text)

    async def watch(self, stack: Stack) -> Watcher:
        """Watch a stack, in place of an earlier watcher of it."""
        await self.unwatch(stack.project)
        watcher = self.watchers[stack.project] = Watcher(stack=stack)
        await watcher.start()
        return watcher

    async def unwatch(self, project: str) -> bool:
        """Stop watching a stack; whether it was watched."""
        watcher = self.watchers.pop(project, None)
        if watcher is not None:
            await watcher.aclose()
        return watcher is not None

    async def aclose(self) -> None:
        """End watchers and detached containers, and for a run its stacks."""
        for project in list(self.watchers):
            await self.unwatch(project)
        # The engine may have gone before us; then nothing of ours is left to end.
        with contextlib.suppress(EnvironmentLacksError, ToolRefusedError):
            if self.detached:
                await self.engine.ask(self._end_detached)
            for stack in self._opened.values() if self.ends_stacks else ():
                # The run's own key is in their names: nobody could ever use them again.
                volumes = await self.engine.ask(functools.partial(own_volumes, project=stack.project))
                await stack.down(volumes=volumes, images=True)

    def _end_detached(self, client: Any) -> None:
        for project, name in self.detached:
            take_down(client, project, only=name)
