# tests/symbols/test_lsp_process.py — a server's process ends with us, however we end
import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from python_coder.symbols import lsp_launcher
from python_coder.symbols.lsp_process import ServerProcess

LAUNCHER = (sys.executable, "-I", "-S", lsp_launcher.__file__)
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
PARENT = """
import asyncio, sys, time
from pathlib import Path
from python_coder.symbols.lsp_process import ServerProcess

async def main():
    server = await ServerProcess.start((sys.executable, "-c", STUBBORN), cwd=Path.cwd(), env={})
    await server.stdout.readline()
    print(server.pid, flush=True)
    THEN

asyncio.run(main())
"""
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")


def _parent(then: str) -> str:
    return PARENT.replace("STUBBORN", repr(STUBBORN)).replace("THEN", then)


def _is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def _is_gone(pid: int, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while _is_alive(pid):
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            return False
        time.sleep(0.01)
    return True


@only_linux
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_killed_parent_leaves_no_orphan(ending: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", _parent("time.sleep(600)")], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _is_alive(child)
        parent.send_signal(ending)
        parent.wait()
        assert _is_gone(child)


@only_linux
@pytest.mark.parametrize("then", ["pass", "raise SystemExit(3)", "import os; os._exit(4)"])
def test_a_parent_that_forgets_it_leaves_no_orphan(then: str) -> None:
    ended = subprocess.run([sys.executable, "-c", _parent(then)], capture_output=True, check=False)
    assert _is_gone(int(ended.stdout))


@only_linux
def test_a_parent_that_is_gone_before_the_start_is_noticed(tmp_path: Path) -> None:
    argv = (*LAUNCHER, str(os.getppid()), "/bin/sh", "-c", f"touch {tmp_path}/started")
    assert subprocess.run(argv, check=False).returncode == 137
    assert not list(tmp_path.iterdir())


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    argv = (*LAUNCHER, str(os.getpid()), str(tmp_path / "none"))
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ended.returncode == 127
    assert "No such file" in ended.stderr


async def test_ctrl_c_is_not_for_the_server(tmp_path: Path) -> None:
    server = await ServerProcess.start(("/bin/cat",), cwd=tmp_path, env={})
    try:
        assert os.getsid(server.pid) != os.getsid(0)
    finally:
        await server.end()
    assert "exit status -9" in server.last_words
    await server.end()


async def test_an_end_that_is_cancelled_still_ends_it(tmp_path: Path) -> None:
    server = await ServerProcess.start((sys.executable, "-c", STUBBORN), cwd=tmp_path, env={})
    await server.stdout.readline()
    ending = asyncio.create_task(server.end())
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.wait({ending})
    assert await asyncio.to_thread(_is_gone, server.pid)
    await server.end()


async def test_no_folder_no_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await ServerProcess.start(("/bin/cat",), cwd=tmp_path / "none", env={})
