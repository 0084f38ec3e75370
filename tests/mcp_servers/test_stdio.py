# tests/mcp_servers/test_stdio.py — the serena server on stdio, driven by two official clients and by bare lines
import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client as FastClient
from fastmcp.client.transports import StdioTransport
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from served import HELLO, PROGRAM, SECRET, answer, environment, make_project, message, running, started, texts, told

from python_coder.cli.main import main

pytestmark = pytest.mark.slow

SPECIFIED = (
    "get_current_config",
    "activate_project",
    "check_onboarding_performed",
    "onboarding",
    "initial_instructions",
    "get_symbols_overview",
    "list_dir",
    "find_symbol",
    "find_referencing_symbols",
    "find_referencing_code_snippets",
    "insert_before_symbol",
    "insert_after_symbol",
    "replace_symbol_body",
    "replace_lines",
    "insert_at_line",
    "create_text_file",
    "execute_shell_command",
    "summarize_changes",
    "prepare_for_new_conversation",
    "switch_modes",
    "write_memory",
    "read_memory",
    "delete_memory",
    "list_memories",
    "restart_language_server",
)
LATER = (
    "read_file",
    "find_file",
    "search_for_pattern",
    "replace_content",
    "replace_in_files",
    "find_declaration",
    "find_implementations",
    "get_diagnostics_for_file",
    "rename_symbol",
    "safe_delete_symbol",
    "edit_memory",
    "rename_memory",
)
MOST_LIST_CHARS = 16_000


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("served"))


def official(project: Path, mode: str) -> AbstractAsyncContextManager[Any]:
    words = [*PROGRAM[1:], "--project", str(project)]
    server = StdioServerParameters(command=PROGRAM[0], args=words, env=environment(project.parent))
    return Client(stdio_client(server), mode=mode)


def fast(project: Path) -> AbstractAsyncContextManager[Any]:
    words = [*PROGRAM[1:], "--project", str(project)]
    transport = StdioTransport(PROGRAM[0], words, env=environment(project.parent), keep_alive=False)
    return FastClient(transport)


CLIENTS: dict[str, Callable[[Path], AbstractAsyncContextManager[Any]]] = {
    "official-handshake": lambda project: official(project, "legacy"),
    "official-newest": lambda project: official(project, "auto"),
    "fastmcp": fast,
}


async def called(client: Any, name: str, **arguments: object) -> tuple[str, bool]:
    """Text of a tool's answer, and whether it is an error, in either client's words."""
    if isinstance(client, FastClient):
        done = await client.call_tool(name, arguments, raise_on_error=False)
        return texts(done.content), done.is_error
    done = await client.call_tool(name, arguments)
    return texts(done.content), bool(done.is_error)


async def listed(client: Any) -> list[Any]:
    found = await client.list_tools()
    return list(getattr(found, "tools", found))


@pytest.mark.parametrize("make", CLIENTS.values(), ids=CLIENTS)
async def test_client_drives_the_server(project: Path, make: Callable[[Path], Any]) -> None:
    async with make(project) as client:
        tools = await listed(client)
        assert {tool.name for tool in tools} >= {*SPECIFIED, *LATER}
        as_json = json.dumps([tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools])
        assert len(as_json) < MOST_LIST_CHARS
        text, is_error = await called(client, "get_current_config")
        assert (str(project) in text, is_error) == (True, False)
        text, is_error = await called(client, "read_file", relative_path="../outside")
        assert is_error
        assert text.endswith(".")
        answers = await asyncio.gather(
            *(called(client, "get_symbols_overview", relative_path="shop.py") for _ in "abcd")
        )
        assert all("price" in text and not is_error for text, is_error in answers)
        text, _ = await called(client, "switch_modes", modes=["read-only"])
        assert "write_memory" in text
        names = {tool.name for tool in await listed(client)}
        assert {"create_text_file", "write_memory", "execute_shell_command"}.isdisjoint(names)
        assert "find_symbol" in names
        text, is_error = await called(client, "create_text_file", relative_path="new.py", content="")
        assert is_error
        assert "read-only" in text
        assert not (project / "new.py").exists()
        await called(client, "switch_modes", modes=["editing"])
        assert len(await listed(client)) == len(tools)


async def test_secrets_are_masked_in_every_answer(project: Path) -> None:
    async with official(project, "legacy") as client:
        for name, arguments in (
            ("read_file", {"relative_path": "shop.py"}),
            ("read_file", {"relative_path": "notes.txt"}),
            ("search_for_pattern", {"substring_pattern": "KEY|mail"}),
            ("create_text_file", {"relative_path": f"{SECRET}/../x", "content": "x"}),
            (SECRET, {}),
        ):
            text, _ = await called(client, name, **arguments)
            assert SECRET not in text
            assert "sk-abcdef0123456789abcdef" not in text


def test_list_changes_are_told(project: Path) -> None:
    with started(project.parent, "--project", str(project)) as process:
        told(process, HELLO)
        assert answer(process)["result"]["capabilities"]["tools"] == {"listChanged": True}
        told(process, message("tools/call", 2, name="switch_modes", arguments={"modes": ["planning"]}))
        lines = [answer(process), answer(process)]
        assert {line.get("method") for line in lines} == {"notifications/tools/list_changed", None}
        told(process, message("tools/call", 3, name="switch_modes", arguments={"modes": ["planning"]}))
        assert answer(process)["id"] == 3


def test_what_was_asked_before_the_end_is_answered(project: Path) -> None:
    with started(project.parent, "--project", str(project)) as process:
        call = message("tools/call", 3, name="get_current_config", arguments={})
        out, _ = process.communicate(HELLO + message("tools/list", 2) + call + "no json\n", timeout=30)
        lines = [json.loads(line) for line in out.splitlines()]
        assert {line["id"] for line in lines if "result" in line} == {1, 2, 3}
        assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_though_input_is_open(project: Path, number: signal.Signals) -> None:
    with started(project.parent, "--project", str(project)) as process:
        told(process, HELLO)
        answer(process)
        process.send_signal(number)
        assert process.wait(10) == 128 + number


def test_cancelled_command_ends_with_all_it_started(project: Path) -> None:
    with started(project.parent, "--project", str(project), "--allow-command", "sleep", "--no-sandbox") as process:
        told(
            process, HELLO, message("tools/call", 2, name="execute_shell_command", arguments={"command": "sleep 63.91"})
        )
        answer(process)
        assert _within(20, lambda: running("63.91"))
        told(process, message("ping", 3))
        assert answer(process)["id"] == 3, "the server answers while a command runs"
        told(process, message("notifications/cancelled", requestId=2), message("ping", 4))
        assert _within(10, lambda: not running("63.91"))
        told(process, message("tools/call", 5, name="execute_shell_command", arguments={"command": "sleep 64.82"}))
        assert _within(10, lambda: running("64.82"))
        process.kill()
        assert _within(10, lambda: not running("64.82"))


def test_client_that_is_gone_ends_it(project: Path) -> None:
    with started(project.parent, "--project", str(project), "--allow-command", "sleep", "--no-sandbox") as process:
        told(
            process, HELLO, message("tools/call", 2, name="execute_shell_command", arguments={"command": "sleep 65.73"})
        )
        answer(process)
        assert _within(20, lambda: running("65.73"))
        for stream in (process.stdout, process.stdin):
            stream.close()
        assert process.wait(5) == 0
        assert not running("65.73")


@pytest.mark.parametrize(
    ("options", "begins"),
    [
        (("--project", "no-such-folder"), "There is no folder"),
        (("--project", "/"), "/ holds more than a project"),
        (("--mode", "yolo"), "There is no mode 'yolo'"),
        (("--http", "0.0.0.0:0"), "--http '0.0.0.0:0' would let other machines"),
        (("--http", "here"), "--http 'here' is not [HOST:]PORT"),
    ],
)
def test_wrong_options_end_with_a_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], begins: str
) -> None:
    given = () if "--project" in options else ("--project", str(project))
    with pytest.raises(SystemExit) as ended:
        main(["mcp", "serena", *given, *options])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.startswith(f"python-coder: {begins}")


def test_coder_server_refuses_what_only_serena_takes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["mcp", "coder", "--project", str(project), "--allow-shell"])
    assert (ended.value.code, "belong to the serena server" in capsys.readouterr().err) == (2, True)


def test_start_imports_no_parser_before_the_first_answer(project: Path) -> None:
    code = (
        "import sys; from python_coder.mcp_servers import stdio, serena; import python_coder.cli.mcp; "
        "heavy = ('tree_sitter', 'libcst', 'anthropic', 'pydantic_ai', 'sqlalchemy'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def _within(seconds: float, is_true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.05)
    return False
