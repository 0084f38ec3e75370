# src/python_coder/workspace/commands.py — what a process is asked to do, and what the runtime saw of it
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from python_coder.evidence.verdict import CommandRecord


@dataclass(frozen=True, kw_only=True)
class Command:
    """A process to run. Nothing of the caller's environment reaches it but what stands here."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()
    """Folders and files visible read-only beside the system, such as the environment and the tools."""
    writable: tuple[Path, ...] = ()
    """Folders the process may write to. Everything else is read-only or absent."""
    hidden: tuple[Path, ...] = ()
    """Files below the visible folders that are seen empty. Bubblewrap alone can do that; elsewhere they show."""
    timeout_seconds: float = 300.0
    max_output_bytes: int = 4_000_000
    """Most bytes kept of each stream; the digest covers everything that was written."""
    relays: Mapping[int, Path] = field(default_factory=dict)
    """Loopback TCP port inside the sandbox, to the Unix socket outside that answers on it; for a given database."""
    has_network: bool = False
    """Only for the runtime's own set-up commands, never for the project's code."""


@dataclass(frozen=True, kw_only=True)
class CompletedCommand:
    """What the runtime saw of one process: how it ended, what it wrote."""

    argv: tuple[str, ...]
    exit_code: int
    """As the shell counts: 128 + signal for a process ended by a signal; 124 when it timed out."""
    stdout: str
    stderr: str
    seconds: float
    output_digest: str
    """SHA-256 over the SHA-256 of each whole stream, standard output first; also of what was not kept."""
    is_timed_out: bool = False

    @property
    def output(self) -> str:
        """Both streams, standard output first."""
        return self.stdout + self.stderr


def digest(*parts: bytes) -> str:
    """SHA-256 of the parts, one after the other, hexadecimal."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part)
    return sha.hexdigest()


def record(completed: CompletedCommand, *, tree: str, names: Mapping[Path, str]) -> CommandRecord:
    """What the evidence keeps of a process: the same words on every machine.

    Args:
        completed: The process, as the runtime saw it end.
        tree: Git tree id that it ran on; empty text when it ran on none.
        names: Folder to the name that stands for it, one of `tree`, `env`, `tools`, `scratch`.
            Deeper folders win; `/a/b` never matches `/a/bc`.
    """
    return CommandRecord(
        argv=tuple(without_machine_paths(word, names) for word in completed.argv),
        exit_code=completed.exit_code,
        seconds=completed.seconds,
        output_digest=completed.output_digest,
        tree=tree,
        is_timed_out=completed.is_timed_out,
    )


def without_machine_paths(text: str, names: Mapping[Path, str]) -> str:
    """`text` with each folder of `names` replaced by its name in braces, such as `{env}/bin/python`."""
    spellings = {str(spelling): name for path, name in names.items() for spelling in (path.resolve(), path.absolute())}
    for path in sorted(spellings, key=len, reverse=True):
        if path != "/":
            pattern = rf"(?<![\w.-]){re.escape(path)}(?![\w.-])"
            text = re.sub(pattern, "{" + spellings[path].strip("{}") + "}", text)
    return text


class CommandRunner(Protocol):
    """Runs processes under one sandbox policy. `sandbox` names it: `bwrap`, `landlock` or `none`."""

    @property
    def sandbox(self) -> str:
        """Name of the sandbox in force, as written into the contract."""
        ...

    async def run(self, command: Command) -> CompletedCommand:
        """Run to the end; end the whole process group at the time-out. Never raises for an exit code.

        Raises:
            EnvironmentLacksError: The program is not there, or the sandbox cannot start it.
        """
        ...
