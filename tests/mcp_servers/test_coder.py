# tests/mcp_servers/test_coder.py — the coder server: a run's own tools for agents that have no run
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.mcp_servers.coder import coder_server
from python_coder.mcp_servers.options import ServerOptions
from python_coder.mcp_servers.serena import serena_server
from python_coder.mcp_servers.tool_server import ToolCalls, ToolServer, short_name
from python_coder.settings import Settings
from python_coder.tools.coder import CoderTools, coder_tools
from python_coder.tools.files import ProjectFiles

SERVICE = Path(__file__).parents[1] / "fixtures" / "flat_service"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "service"
    shutil.copytree(SERVICE, root)
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "-m", "first")):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


def calls(
    project: Path, make: Callable[[ServerOptions, Settings], ToolServer] = coder_server, **options: bool
) -> ToolCalls:
    settings = Settings(state_folder=project.parent / "state", cache_folder=project.parent / "cache")
    return ToolCalls(make(ServerOptions(project=project, is_pinned=True, **options), settings))


async def test_offers_what_has_a_meaning_without_a_run(project: Path) -> None:
    names = [short_name(name) for name in await calls(project).offered_names()]
    trials = ["run_tests", "call_app", "migration_roundtrip"]
    combined = ["read_code", "edit_files"]
    assert names == ["get_service_map", *combined, "preview_recipe", "apply_recipe", "run_gates", *trials]
    closed = [short_name(name) for name in await calls(project, is_read_only=True).offered_names()]
    assert closed == ["get_service_map", "read_code", "preview_recipe"]


async def test_reads_and_edits_several_files_in_one_call(project: Path) -> None:
    (project / ".env").write_text("API_TOKEN=opensesame-opensesame\n")
    (project / "notes.txt").write_text("the token is opensesame-opensesame\n")
    served = calls(project)
    try:
        read = await served.call("read_code", {"targets": ["notes.txt", ".env"]})
        assert "the token is" in read.text
        assert "opensesame" not in read.text
        new, gone = {"path": "new.py", "content": "x = 1\n"}, {"path": "notes.txt", "delete": True}
        refused = await served.call("edit_files", {"edits": [new, gone, {"path": ".env", "content": "A=1\n"}]})
        assert refused.is_error
        assert not (project / "new.py").exists()
        assert (project / "notes.txt").exists()
        done = await served.call("edit_files", {"edits": [new, gone]})
        assert not done.is_error, done.text
        assert (project / "new.py").read_text() == "x = 1\n"
        assert not (project / "notes.txt").exists()
    finally:
        await served.close()


async def test_map_recipe_and_refusals(project: Path) -> None:
    served = calls(project)
    assert "/notes" in (await served.call("get_service_map", {})).text
    refused = await served.call("preview_recipe", {"recipe": "no_such", "arguments": {}})
    assert refused.is_error
    unknown = await served.call("run_gates", {"names": ["no-such-gate"]})
    assert unknown.is_error
    assert "no-such-gate" in unknown.text
    assert "Nothing changed" in (await served.call("run_gates", {"names": ["ruff-check"]})).text


async def test_a_run_has_each_tool_under_one_name(project: Path) -> None:
    served = calls(project, serena_server)
    try:
        theirs = {short_name(name) for name in await served.offered_names()}
    finally:
        await served.close()
    coder = CoderTools(files=ProjectFiles(project), judge=lambda _: None, extend=lambda _, __: "")
    assert not theirs & {short_name(tool.name) for tool in coder_tools(coder)}
    assert "get_service_map" in theirs
