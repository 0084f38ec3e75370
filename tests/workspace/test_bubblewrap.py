# tests/workspace/test_bubblewrap.py — what a command in bubblewrap sees, and what it may do to it
import asyncio
from pathlib import Path

import pytest
from sandboxes import ALL, run_python, runner_or_skip, running

from python_coder.workspace.commands import Command, CommandRunner
from python_coder.workspace.sandbox import SandboxMode


@pytest.fixture
def bwrap() -> CommandRunner:
    return runner_or_skip("bwrap")


async def shell(runner: CommandRunner, script: str, **fields: object) -> str:
    fields.setdefault("cwd", Path("/"))
    done = await runner.run(Command(argv=("sh", "-c", script), timeout_seconds=10, **fields))
    return done.output


async def test_sees_the_system_and_nothing_else(bwrap: CommandRunner) -> None:
    listed = (await shell(bwrap, "echo $(ls -A /); echo $(ls -A /dev /etc); echo $(ls -A /tmp)")).splitlines()
    assert not {"root", "home", "run", "var", "sys", "mnt", "opt", "srv"} & set(listed[0].split())
    assert not {"shadow", "ssh", "kmsg", "sda", "vda", "mem"} & set(listed[1].split())
    assert listed[2] == ".sandbox"


async def test_network_is_a_loopback_of_its_own(bwrap: CommandRunner) -> None:
    code = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
print([name for _, name in socket.if_nameindex() if name == "lo"])
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    print(error.strerror)
"""
    assert (await run_python(bwrap, code)).stdout == "['lo']\nNetwork is unreachable\n"


async def test_network_of_the_host_only_when_asked(bwrap: CommandRunner) -> None:
    code = "import os; print(os.readlink('/proc/self/ns/net'))"
    host = (await run_python(runner_or_skip("none"), code)).stdout
    assert (await run_python(bwrap, code)).stdout != host
    assert (await run_python(bwrap, code, has_network=True)).stdout == host


async def test_inner_rights_win(bwrap: CommandRunner, tmp_path: Path) -> None:
    for name in ("a/b/c/d", "e"):
        (tmp_path / name).mkdir(parents=True)
    paths = {"readable": (tmp_path / "a", tmp_path / "a/b/c"), "writable": (tmp_path / "a/b/c/d", tmp_path / "a/b")}
    script = "for f in a a/b a/b/c a/b/c/d; do touch $f/new 2>/dev/null && echo $f; done"
    assert await shell(bwrap, script, cwd=tmp_path / "e", **paths) == ""
    assert await shell(bwrap, f"cd {tmp_path}; {script}", **paths) == "a/b\na/b/c/d\n"
    assert await shell(bwrap, f"ls -A {tmp_path}", **paths) == "a\n", "a sibling shows"


async def test_folder_named_twice_is_writable(bwrap: CommandRunner, tmp_path: Path) -> None:
    assert await shell(bwrap, "touch new && echo yes", cwd=tmp_path, readable=(tmp_path,), writable=(tmp_path,)) == (
        "yes\n"
    )


async def test_working_folder_shows_but_is_not_writable(bwrap: CommandRunner, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert await shell(bwrap, "ls; touch new 2>/dev/null || echo no", cwd=tmp_path) == "file\nno\n"


async def test_links_work_by_both_names(bwrap: CommandRunner, tmp_path: Path) -> None:
    (tmp_path / "real/folder").mkdir(parents=True)
    (tmp_path / "real/folder/file").write_text("content")
    (tmp_path / "links").mkdir()
    (tmp_path / "links/first").symlink_to("../links/second")
    (tmp_path / "links/second").symlink_to(tmp_path / "real")
    link = tmp_path / "links/first/folder"
    script = f"cat {link}/file; cat {tmp_path}/real/folder/file; readlink {tmp_path}/links/first"
    expected = "contentcontent../links/second\n"
    assert await shell(bwrap, script, readable=(link,)) == expected
    assert await shell(bwrap, f"{script}; touch {link}/new", writable=(link,)) == expected
    assert (tmp_path / "real/folder/new").exists()
    assert await shell(bwrap, "pwd", cwd=link) == f"{link}\n"


async def test_file_alone_can_be_shown(bwrap: CommandRunner, tmp_path: Path) -> None:
    (tmp_path / "shown").write_text("shown")
    (tmp_path / "hidden").write_text("hidden")
    output = await shell(bwrap, f"cat {tmp_path}/shown; ls {tmp_path}", readable=(tmp_path / "shown",))
    assert output == "shownshown\n"


async def test_readable_that_is_not_there_is_left_out(bwrap: CommandRunner, tmp_path: Path) -> None:
    assert await shell(bwrap, "echo fine", readable=(tmp_path / "missing",)) == "fine\n"


async def test_names_may_be_odd(bwrap: CommandRunner, tmp_path: Path) -> None:
    folder = tmp_path / "a b\n--bind \\ é\udcff"
    folder.mkdir()
    assert await shell(bwrap, "touch 'x y' && ls", cwd=folder, writable=(folder,)) == "x y\n"


@pytest.mark.parametrize("mode", ALL)
async def test_environment_is_not_on_a_command_line(mode: SandboxMode, tmp_path: Path) -> None:
    command = Command(argv=("sleep", "0.51"), cwd=tmp_path, env={"DATABASE_URL": "postgres://u:pass-word@h"})
    task = asyncio.create_task(runner_or_skip(mode).run(command))
    await asyncio.sleep(0.3)
    assert running("sleep 0.51")
    assert not running("pass-word")
    assert (await task).exit_code == 0
