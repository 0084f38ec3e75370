# src/python_coder/mcp_servers/options.py — what the user decides when a server is started
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.workspace.sandbox import SandboxMode


@dataclass(frozen=True, kw_only=True)
class DatabaseOptions:
    """What the user decided about the postgres server's database."""

    dsn_variable: str = ""
    """Name of the variable that holds the address; empty to look in the usual places."""
    is_embedded: bool = False
    """Whether a private database is taken, whatever address is configured."""
    allowed_hosts: Sequence[str] = ()
    """Hosts that may be read though they are on other machines, or look like production."""
    may_write: bool = False
    """Whether rows may be written to a development database of the user's."""
    is_masked: bool = True
    """Whether secrets and personal data are masked."""
    masked_columns: Sequence[str] = ()
    """More columns to mask."""
    shown_columns: Sequence[str] = ()
    """Columns that are never masked."""


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
    database: DatabaseOptions = field(default_factory=DatabaseOptions)
