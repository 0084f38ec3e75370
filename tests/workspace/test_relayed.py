# tests/workspace/test_relayed.py — a runner that opens the user's sockets to every command
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.workspace.commands import Command, CompletedCommand
from python_coder.workspace.plain import PlainRunner
from python_coder.workspace.relayed import with_relays

OURS, THEIRS = Path("/sockets/ours"), Path("/sockets/theirs")


@dataclass
class Listener:
    """Notes what it is asked to run."""

    sandbox: str = "none"
    seen: list[Command] = field(default_factory=list)

    async def run(self, command: Command) -> CompletedCommand:
        self.seen.append(command)
        return CompletedCommand(
            argv=command.argv, exit_code=0, stdout="", stderr="", seconds=0.0, output_digest="", is_timed_out=False
        )


async def test_every_command_gets_the_relays_and_keeps_its_own() -> None:
    listener = Listener()
    runner = with_relays(listener, {5432: OURS, 6379: OURS})
    await runner.run(Command(argv=("true",), cwd=Path("/")))
    await runner.run(Command(argv=("true",), cwd=Path("/"), relays={5432: THEIRS}))
    assert [command.relays for command in listener.seen] == [{5432: OURS, 6379: OURS}, {5432: THEIRS, 6379: OURS}]
    assert runner.sandbox == "none"


def test_without_relays_the_runner_is_the_same() -> None:
    runner = PlainRunner()
    assert with_relays(runner, {}) is runner
