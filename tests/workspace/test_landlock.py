# tests/workspace/test_landlock.py — what Landlock leaves to a command, and what it refuses to pretend
from pathlib import Path

import pytest
from sandboxes import run_python, runner_or_skip

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command, CommandRunner


@pytest.fixture
def landlock() -> CommandRunner:
    return runner_or_skip("landlock")


WORKS = {
    "socketpair": "import socket; a, b = socket.socketpair(); a.send(b'x'); b.recv(1)",
    "event-loop": "import asyncio; asyncio.run(asyncio.sleep(0))",
    "threads": "import threading; t = threading.Thread(target=print); t.start(); t.join()",
    "child-processes": "import subprocess; subprocess.run(['true'], check=True)",
    "child-reads-own-proc": "import subprocess; subprocess.run(['cat', '/proc/self/status'], check=True)",
    "signals-to-children": "import subprocess; p = subprocess.Popen(['sleep', '9']); p.kill(); p.wait()",
    "null-device": "open('/dev/null', 'w').write('x')",
    "random": "import os; os.urandom(9); open('/dev/urandom', 'rb').read(1)",
    "temporary-files": "import tempfile; tempfile.NamedTemporaryFile().write(b'x')",
    "rename-between-folders": "import os; os.mkdir('a'); open('b', 'w').close(); os.rename('b', 'a/b')",
    "links-inside": "import os; open('c', 'w').close(); os.link('c', 'd'); os.symlink('c', 'e')",
    "permission-bits": "import os; open('i', 'w').close(); os.chmod('i', 0o755)",
    "truncate": "import os; open('f', 'w').close(); os.truncate('f', 9)",
    "fifo": "import os; os.mkfifo('g')",
    "sqlite": "import sqlite3; sqlite3.connect('h.db').execute('create table t (a)')",
    "mime-types": "import mimetypes; mimetypes.init()",
    "git": "import subprocess; subprocess.run(['git', 'init', '-q', 'j'], check=True)",
    "quiet-start": "import subprocess, sys; assert not subprocess.run([sys.executable, '-c', ''], stderr=-1).stderr",
    "own-socket-is-made": "import socket; socket.socket().close()",
}


@pytest.mark.parametrize("code", WORKS.values(), ids=WORKS)
async def test_ordinary_work_goes_on(landlock: CommandRunner, tmp_path: Path, code: str) -> None:
    done = await run_python(landlock, code, writable=(tmp_path,))
    assert done.exit_code == 0, done.output


REFUSED = {
    "listen": "import socket; socket.create_server(('127.0.0.1', 0))",
    "listen-without-bind": "import socket; socket.socket().listen()",
    "connect": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "datagram": "import socket; socket.socket(type=socket.SOCK_DGRAM)",
    "unix": "import socket; socket.socket(socket.AF_UNIX)",
    "vsock": "import socket; socket.socket(40, socket.SOCK_STREAM)",
    "list-root": "import os; os.listdir('/')",
}


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED)
async def test_network_is_refused_with_a_plain_error(landlock: CommandRunner, code: str) -> None:
    done = await run_python(landlock, code)
    assert "PermissionError: [Errno 13]" in done.stderr


@pytest.mark.parametrize("code", [REFUSED["listen"], REFUSED["datagram"]], ids=["listen", "datagram"])
async def test_network_when_asked(landlock: CommandRunner, code: str) -> None:
    done = await run_python(landlock, code, has_network=True)
    assert done.exit_code == 0, done.output


async def test_unix_sockets_stay_closed_with_network(landlock: CommandRunner) -> None:
    done = await run_python(landlock, REFUSED["unix"], has_network=True)
    assert "PermissionError" in done.stderr


async def test_read_only_inside_writable_is_refused(landlock: CommandRunner, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    command = Command(argv=("true",), cwd=tmp_path, writable=(tmp_path,), readable=(tmp_path / ".git",))
    with pytest.raises(EnvironmentLacksError, match="Install bubblewrap"):
        await landlock.run(command)
