# tests/cli/test_install.py — install and uninstall: round trips to the byte, nothing replaced without a word
import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from python_coder.agent.definition import client_text, parse_definition
from python_coder.cli.clients.claude_code import AGENT_FILE, HOOK, MCP_FILE, SERVERS, SETTINGS_FILE
from python_coder.cli.clients.json_text import JsonText
from python_coder.cli.main import COMMANDS, load_command, main

Files = dict[str, str]


def coder(project: Path, *args: str, state: str = "state") -> subprocess.CompletedProcess[str]:
    """The program in this process, where nobody sits at a terminal."""
    out, err, argv = StringIO(), StringIO(), [*args, "--repo", str(project)]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("PYTHON_CODER_STATE", str(project.parent / state))
        patch.setattr("sys.stdin", StringIO())
        with pytest.raises(SystemExit) as left:
            main(argv)
    return subprocess.CompletedProcess(argv, int(left.value.code or 0), out.getvalue(), err.getvalue())


def write(project: Path, files: Files) -> None:
    (project / ".git").mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(text.encode())


def content(project: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(project)): path.read_bytes() if path.is_file() else None
        for path in sorted(project.rglob("*"))
    }


OTHER = (
    '{\n    "mcpServers": {\n        "z": {"command":"zed",   "args":[]},\n        "a": {"url": "http://x"}\n    }\n}\n'
)
ROUND_TRIPS: dict[str, Files] = {
    "nothing-there": {},
    "empty-object": {MCP_FILE: "{}"},
    "empty-servers": {MCP_FILE: '{"mcpServers": { }}\n'},
    "other-servers-in-order": {MCP_FILE: OTHER},
    "on-one-line": {MCP_FILE: '{"mcpServers": {"z": {"command": "z"}}, "x": [1,2 ,3]}'},
    "tabs-and-windows": {MCP_FILE: '{\r\n\t"mcpServers": {\r\n\t\t"z": {}\r\n\t}\r\n}\r\n'},
    "escapes-and-umlauts": {MCP_FILE: '{"mcpServers": {"\\u00fc": {"a": "\\/ ü"}}}'},
    "settings-without-hooks": {SETTINGS_FILE: '{"permissions": {"allow": ["Bash(ls)"]}}\n'},
    "settings-with-hooks": {SETTINGS_FILE: '{"hooks": {"Stop": [{"hooks": []}], "PreToolUse": []}}\n'},
    "empty-hooks": {SETTINGS_FILE: '{"hooks": {"Stop": []}}\n'},
    "other-agents": {".claude/agents/reviewer.md": "---\nname: reviewer\n---\n"},
    "an-own-agent-file": {AGENT_FILE: "---\nname: python-coder\ndescription: mine\n---\nMine.\n"},
    "same-name": {MCP_FILE: '{"mcpServers": {"serena": {"command": "uvx", "env": {"TOKEN": "s3cret"}}}}\n'},
}


@pytest.mark.parametrize("files", ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_in_and_out_again(tmp_path: Path, files: Files) -> None:
    project = tmp_path / "project"
    write(project, files)
    before = content(project)
    done = coder(project, "install", "claude-code", "--yes")
    assert done.returncode == 0, done.stderr
    servers = json.loads((project / MCP_FILE).read_text())["mcpServers"]
    assert {name: servers[name] for name in SERVERS} == SERVERS
    assert HOOK in json.loads((project / SETTINGS_FILE).read_text())["hooks"]["Stop"]
    assert (project / AGENT_FILE).read_text() == client_text()
    there = content(project)
    again = coder(project, "install", "claude-code")
    assert (again.returncode, "Nothing to do" in again.stdout) == (0, True)
    assert content(project) == there
    assert coder(project, "uninstall", "claude-code").returncode == 0
    assert content(project) == before


SURGICAL = {name: files for name, files in ROUND_TRIPS.items() if name not in {"an-own-agent-file", "same-name"}} | {
    "same-name": {MCP_FILE: '{"mcpServers": {"serena": {"command": "x"}}, "more": 1}'}
}


@pytest.mark.parametrize("files", SURGICAL.values(), ids=SURGICAL)
def test_without_a_receipt_only_its_own_goes(tmp_path: Path, files: Files) -> None:
    project = tmp_path / "project"
    write(project, files)
    assert coder(project, "install", "claude-code", "--yes").returncode == 0
    assert coder(project, "uninstall", "claude-code", state="another").returncode == 0
    for path, text in files.items():
        left = json.loads((project / path).read_text()) if (project / path).exists() and path.endswith("json") else {}
        kept = json.loads(text) if path.endswith("json") else {}
        kept.get("mcpServers", {}).pop("serena", None)
        assert {key: value for key, value in left.items() if value} == {
            key: value for key, value in kept.items() if value not in ({}, {"Stop": []})
        }
    assert not (project / AGENT_FILE).exists()


def test_what_was_changed_since_stays(tmp_path: Path) -> None:
    project = tmp_path / "project"
    write(project, {MCP_FILE: OTHER})
    coder(project, "install", "claude-code")
    changed = (project / MCP_FILE).read_text().replace('"command":"zed",   ', '"command": "emacs",  ')
    (project / MCP_FILE).write_text(changed)
    (project / AGENT_FILE).write_text("mine now")
    assert coder(project, "uninstall", "claude-code").returncode == 0
    assert (project / MCP_FILE).read_text() == OTHER.replace('"command":"zed",   ', '"command": "emacs",  ')
    assert (project / AGENT_FILE).read_text() == "mine now"


@pytest.mark.parametrize(
    ("path", "text"),
    [(MCP_FILE, '{"mcpServers": {"coder": {"command": "x"}}}'), (AGENT_FILE, "Mine.")],
    ids=["server", "agent"],
)
def test_without_a_terminal_nothing_is_replaced(tmp_path: Path, path: str, text: str) -> None:
    project = tmp_path / "project"
    write(project, {path: text})
    before = content(project)
    done = coder(project, "install", "claude-code")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert path in done.stderr
    assert content(project) == before


@pytest.mark.parametrize(("typed", "code"), [(b"n\n", 2), (b"y\n", 0)])
def test_a_terminal_is_asked(tmp_path: Path, typed: bytes, code: int) -> None:
    project = tmp_path / "project"
    write(project, {MCP_FILE: '{"mcpServers": {"coder": {"command": "x"}}}'})
    ours, theirs = pty.openpty()
    os.write(ours, typed)
    env = {**os.environ, "PYTHON_CODER_STATE": str(tmp_path / "state")}
    program = [sys.executable, "-m", "python_coder.cli.main", "install", "claude-code", "--repo", str(project)]
    done = subprocess.run(program, capture_output=True, text=True, env=env, stdin=theirs, check=False)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code, done.stderr
    replaced = json.loads((project / MCP_FILE).read_text())["mcpServers"]["coder"] == SERVERS["coder"]
    assert replaced == (code == 0)


MALFORMED = {
    "comment": (MCP_FILE, '{\n  // mine\n  "mcpServers": {}\n}', "line 2"),
    "cut": (SETTINGS_FILE, '{"hooks": ', "is no JSON"),
    "a-list": (MCP_FILE, "[]", "no JSON object"),
    "servers-a-list": (MCP_FILE, '{"mcpServers": []}', "mcpServers in .mcp.json is no JSON object"),
    "hooks-text": (SETTINGS_FILE, '{"hooks": {"Stop": "x"}}', "hooks.Stop in .claude/settings.json is no JSON array"),
    "nested-too-deeply": (MCP_FILE, "[" * 200_000, "nested too deeply"),
}


@pytest.mark.parametrize(("path", "text", "says"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_files_are_refused_whole(tmp_path: Path, path: str, text: str, says: str) -> None:
    project = tmp_path / "project"
    write(project, {path: text})
    before = content(project)
    done = coder(project, "install", "claude-code", "--yes")
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert content(project) == before


def test_print_is_for_any_client_and_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "project", {})
    done = coder(tmp_path / "project", "install", "--print")
    document, _, agent = done.stdout.partition("\n\n---")
    assert json.loads(document)["mcpServers"] == SERVERS
    assert parse_definition(f"---{agent}", path="x.md", origin="user").name == "python-coder"
    assert list(content(tmp_path / "project")) == [".git"]
    assert coder(tmp_path / "project", "install").returncode == 2


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_every_server_that_is_named_is_served(server: Mapping[str, Any]) -> None:
    context = load_command(COMMANDS["mcp"]).make_context("mcp", list(server["args"][1:]))
    assert context.params["server"] == server["args"][1]


def test_the_receipt_is_private(tmp_path: Path) -> None:
    write(tmp_path / "project", ROUND_TRIPS["same-name"])
    coder(tmp_path / "project", "install", "claude-code", "--yes")
    (receipt,) = (tmp_path / "state/installed").iterdir()
    assert receipt.stat().st_mode & 0o077 == 0


EDITS = {
    "after-the-last": ('{"a": 1}', '{"a": 1, "b": 2}'),
    "on-own-lines": ('{\n  "a": 1\n}', '{\n  "a": 1,\n  "b": 2\n}'),
    "replaces": ('{"b": [1, 2], "c": 3}', '{"b": 2, "c": 3}'),
    "into-nothing": ("{}", '{\n  "b": 2\n}'),
}


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS)
def test_one_member_is_set(before: str, after: str) -> None:
    assert JsonText.read(before, "x").with_member([], "b", 2).text == after


TAKEN = {
    "first": ('{"b": 2, "a": 1}', '{"a": 1}'),
    "middle": ('{"a": 1 , "b": 2, "c": 3}', '{"a": 1, "c": 3}'),
    "last": ('{"a": 1 ,\n "b": 2 }', '{"a": 1 }'),
    "only": ('{\n  "b": 2\n}', "{}"),
    "none": ('{"a": 1}', '{"a": 1}'),
}


@pytest.mark.parametrize(("before", "after"), TAKEN.values(), ids=TAKEN)
def test_one_member_is_taken_out(before: str, after: str) -> None:
    assert JsonText.read(before, "x").without_member([], "b").text == after
