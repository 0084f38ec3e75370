# src/python_coder/mcp_servers/options.py — what the user decides when a server is started
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder.workspace.sandbox import SandboxMode


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """What the user decided when the server was started. No tool can change any of it."""

    project: Path
    """Folder that is active at the start."""
    is_pinned: bool
    """Whether no other project can be activated."""
    modes: Sequence[str] = ()
    """Modes at the start; the default ones for none."""
    is_read_only: bool = False
    """Whether nothing can ever be written or run."""
    sandbox: SandboxMode = "auto"
    programs: Sequence[str] = ()
    """More programs that may be run, beside those that check."""
    has_shell: bool = False
    """Whether a command may be a pipeline."""
    read_only_memories: Sequence[str] = ()
    """Patterns of memories that no tool changes."""
