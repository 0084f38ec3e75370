# src/python_coder/agent/dependencies.py — what is known to work, once a change touches the project's dependencies
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from python_coder.gates.known_good import KnownGood, find_known_good
from python_coder.workspace.changes import Change
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.environment import ProjectEnvironment
from python_coder.workspace.project import Project, find_project


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """Finds the environment that a change is judged in."""

    base: Project
    """The project as the base revision has it."""
    make: Callable[[Project, Path], Awaitable[ProjectEnvironment]]
    """Makes the environment that a tree asks for, without running a build script that the change may have chosen."""
    runner: CommandRunner
    scratch: Path
    env: Mapping[str, str]

    async def after(self, change: Change, folder: Path, known_good: KnownGood) -> KnownGood:
        """The base's commands and settings, in the environment that the change's own manifest asks for.

        Args:
            change: What is judged. One that touches no manifest is judged in the base's environment.
            folder: The materialised delivered tree, at the git root.
            known_good: What works on the base revision; all but the environment stays.

        Raises:
            EnvironmentLacksError: This machine cannot make the new environment.
        """
        if not any(change.file(path) for path in self.base.files):
            return known_good
        project = find_project(folder, hint=self.base.root)
        environment = await self.make(project, folder)
        found = await find_known_good(
            project, environment, folder, runner=self.runner, scratch=self.scratch, env=self.env
        )
        return replace(
            known_good,
            python=found.python,
            environment=found.environment,
            overlay=found.overlay,
            bytecode=found.bytecode,
        )
