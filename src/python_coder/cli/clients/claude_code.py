# src/python_coder/cli/clients/claude_code.py — what Claude Code is given: tool servers, the agent, a stop hook
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_coder.agent.definition import client_text
from python_coder.cli.clients.json_text import JsonText
from python_coder.errors import UsageError

SERVERS: Mapping[str, Mapping[str, Any]] = {
    name: {"command": "python-coder", "args": ["mcp", name, "--project", "."]}
    for name in ("serena", "docker", "postgres", "coder")
}
"""Entries of an MCP configuration, by the names that the specification's tools begin with."""
HOOK: Mapping[str, Any] = {
    "hooks": [{"type": "command", "command": "python-coder check --stop-hook", "timeout": 600}],
}
_HOOK_PLACE = ("hooks", "Stop")
MCP_FILE, AGENT_FILE, SETTINGS_FILE = ".mcp.json", ".claude/agents/python-coder.md", ".claude/settings.json"


@dataclass(frozen=True, kw_only=True)
class FileEdit:
    """What becomes of one file."""

    path: str
    """Relative to the project."""
    before: bytes | None
    """`None` when there is no such file."""
    after: bytes | None
    """`None` when it is taken away."""
    clashes: tuple[str, ...] = ()
    """What of the user's own is replaced, one phrase each."""

    @property
    def is_change(self) -> bool:
        """Whether anything becomes different."""
        return self.before != self.after


def installing(project: Path) -> tuple[FileEdit, ...]:
    """The edits that set Claude Code up in a project; those that change nothing are among them.

    Raises:
        UsageError: A file that is there is no JSON, or is not what it should be.
    """
    return (_with_servers(project), _with_agent(project), _with_hook(project))


def uninstalling(project: Path) -> tuple[FileEdit, ...]:
    """The edits that take out what `installing` puts in, and nothing that was changed since.

    Raises:
        UsageError: A file that is there is no JSON.
    """
    return (_without_servers(project), _without_agent(project), _without_hook(project))


def _with_servers(project: Path) -> FileEdit:
    before = _bytes(project, MCP_FILE)
    document = _document(before, MCP_FILE)
    clashes = []
    for name, server in SERVERS.items():
        there = document.get("mcpServers", name)
        if there is not None and there != server:
            clashes.append(f"the server {name!r} in {MCP_FILE}")
        if there != server:
            document = document.with_member(["mcpServers"], name, server)
    return _edit(MCP_FILE, before, document, clashes)


def _with_agent(project: Path) -> FileEdit:
    before, after = _bytes(project, AGENT_FILE), client_text().encode()
    clashes = (f"the agent file {AGENT_FILE}",) if before not in {None, after} else ()
    return FileEdit(path=AGENT_FILE, before=before, after=after, clashes=clashes)


def _with_hook(project: Path) -> FileEdit:
    before = _bytes(project, SETTINGS_FILE)
    document = _document(before, SETTINGS_FILE)
    there = document.get(*_HOOK_PLACE)
    if not isinstance(there, list) or HOOK not in there:
        document = document.with_element(_HOOK_PLACE, HOOK)
    return _edit(SETTINGS_FILE, before, document, ())


def _without_servers(project: Path) -> FileEdit:
    before = _bytes(project, MCP_FILE)
    document = _document(before, MCP_FILE)
    for name, server in SERVERS.items():
        if document.get("mcpServers", name) == server:
            document = document.without_member(["mcpServers"], name)
    return _gone_if_empty(MCP_FILE, before, document, ["mcpServers"])


def _without_agent(project: Path) -> FileEdit:
    before = _bytes(project, AGENT_FILE)
    return FileEdit(path=AGENT_FILE, before=before, after=None if before == client_text().encode() else before)


def _without_hook(project: Path) -> FileEdit:
    before = _bytes(project, SETTINGS_FILE)
    document = _document(before, SETTINGS_FILE).without_element(_HOOK_PLACE, HOOK)
    return _gone_if_empty(SETTINGS_FILE, before, document, [*_HOOK_PLACE])


def _gone_if_empty(path: str, before: bytes | None, document: JsonText, place: list[str]) -> FileEdit:
    """What is left when our part is out: containers that only held it go, and so does a file that holds nothing."""
    if before is None or document.text.encode() == before:
        return FileEdit(path=path, before=before, after=before)
    while place and document.get(*place) in ({}, []):
        document = document.without_member(place[:-1], place[-1])
        place = place[:-1]
    after = None if document.get() == {} else document.text.encode()
    return FileEdit(path=path, before=before, after=after)


def _edit(path: str, before: bytes | None, document: JsonText, clashes: Sequence[str]) -> FileEdit:
    return FileEdit(path=path, before=before, after=document.text.encode(), clashes=tuple(clashes))


def _bytes(project: Path, path: str) -> bytes | None:
    file = project / path
    try:
        return file.read_bytes() if file.exists() else None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}. Nothing was written.") from error


def _document(data: bytes | None, path: str) -> JsonText:
    if data is None:
        return JsonText("{}\n", path)
    try:
        return JsonText.read(data.decode("utf-8"), path)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text. Nothing was written.") from error
