# tests/mcp_servers/test_serena_session.py — a session of the serena server, without a protocol around it
from pathlib import Path

import pytest
from served import SECRET, make_project

from python_coder.errors import UsageError
from python_coder.mcp_servers.options import ServerOptions
from python_coder.mcp_servers.serena import serena_server
from python_coder.mcp_servers.tool_server import ToolCalls
from python_coder.settings import Settings


def calls(project: Path, **options: object) -> ToolCalls:
    settings = Settings(state_folder=project.parent / "state", cache_folder=project.parent / "cache")
    return ToolCalls(serena_server(ServerOptions(project=project, is_pinned=False, **options), settings))


async def test_secrets_stay_masked_when_another_project_is_opened(tmp_path: Path) -> None:
    first, second = make_project(tmp_path / "first"), make_project(tmp_path / "second")
    (second / ".env").unlink()
    served = calls(first)
    try:
        assert "[redacted]" in (await served.call("read_file", {"relative_path": "notes.txt"})).text
        assert not (await served.call("activate_project", {"project": str(second)})).is_error
        answer = await served.call("read_file", {"relative_path": "notes.txt"})
        assert "mail works with [redacted]" in answer.text
        assert SECRET not in answer.text
    finally:
        await served.close()


async def test_read_only_server_can_never_write(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    served = calls(project, is_read_only=True)
    try:
        assert (await served.call("switch_modes", {"modes": ["editing"]})).is_error
        for name, arguments in (
            ("create_text_file", {"relative_path": "x.py", "content": ""}),
            ("write_memory", {"memory_name": "x", "content": "x"}),
            ("execute_shell_command", {"command": "git status"}),
        ):
            assert (await served.call(name, arguments)).is_error
            assert f"mcp__serena__{name}" not in await served.offered_names()
        assert not (project / "x.py").exists()
        assert not (project / ".serena").exists()
    finally:
        await served.close()


async def test_what_is_no_project_is_told_at_every_call(tmp_path: Path) -> None:
    served = calls(tmp_path / "gone")
    answer = await served.call("list_dir", {})
    assert answer.is_error
    assert "is no folder" in answer.text
    with pytest.raises(UsageError):
        await served.listed()
