# src/python_coder/mcp_servers/serena.py — the serena server: code intelligence and safe edits for one project
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder.mcp_servers.tool_server import OpenTools, ToolServer
from python_coder.settings import Settings
from python_coder.workspace.sandbox import SandboxMode

_INSTRUCTIONS = (
    "Code intelligence for Python services, FastAPI above all. Lines are 1-based. Paths are relative to the project. "
    "Look with get_service_map, find_symbol and find_referencing_symbols before you read whole files; "
    "edit whole symbols before lines; an edit answers with the errors it causes. "
    "initial_instructions tells more about this project."
)


@dataclass(frozen=True, kw_only=True)
class SerenaOptions:
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


def serena_server(options: SerenaOptions, settings: Settings) -> ToolServer:
    """The serena server of one project. Opens nothing yet."""

    async def open_tools() -> OpenTools:
        # Imported at the first need: the client's first answer does not wait for parsers and indexes.
        from python_coder.mcp_servers.serena_session import open_session  # noqa: PLC0415

        return await open_session(options, settings)

    return ToolServer(name="serena", instructions=_INSTRUCTIONS, open=open_tools)
