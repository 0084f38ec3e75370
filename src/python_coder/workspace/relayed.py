# src/python_coder/workspace/relayed.py — a runner whose every command reaches the sockets that the user opened to it
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from python_coder.workspace.commands import Command, CommandRunner, CompletedCommand


@dataclass(frozen=True)
class RelayedRunner:
    """Runs commands as another runner does, with the user's relays beside a command's own, which win."""

    runner: CommandRunner
    relays: Mapping[int, Path]

    @property
    def sandbox(self) -> str:
        """Name of the sandbox in force."""
        return self.runner.sandbox

    async def run(self, command: Command) -> CompletedCommand:
        """Run to the end. See `CommandRunner.run`."""
        return await self.runner.run(replace(command, relays={**self.relays, **command.relays}))


def with_relays(runner: CommandRunner, relays: Mapping[int, Path]) -> CommandRunner:
    """The runner, opened to these sockets; itself when there are none.

    Args:
        runner: The sandbox.
        relays: Loopback port inside the sandbox, to the Unix socket outside that answers on it.
    """
    return RelayedRunner(runner, relays) if relays else runner
