# tests/workspace/test_landlock.py — what Landlock leaves to a command, and what it refuses to pretend
import platform
import struct
from pathlib import Path

import pytest
from sandboxes import run_python, runner_or_skip

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace import seccomp
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


def test_filter_is_well_formed() -> None:
    """Each jump stays inside of the program, which ends with a decision."""
    if not seccomp.has_filter():
        pytest.skip(f"no filter is offered on {platform.machine()}")
    for program in (
        seccomp.namespaced_filter(),
        seccomp.bare_filter(has_network=True),
        seccomp.bare_filter(has_network=False),
    ):
        code = list(struct.iter_unpack("=HBBI", program))
        for place, (operation, if_true, if_false, operand) in enumerate(code):
            furthest = operand if operation == 0x05 else max(if_true, if_false)
            assert place + 1 + furthest < len(code) or operation == 0x06
        assert code[-1][0] == 0x06


def test_numbers_agree_with_the_kernels_headers() -> None:
    names = {"x86_64": "x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "asm-generic/unistd.h"}
    for column, name in enumerate(names.values()):
        header = Path("/usr/include", name)
        if not header.exists():
            pytest.skip(f"{header} is not here: apt-get install linux-libc-dev")
        defined = {}
        for line in header.read_text().splitlines():
            words = line.split()
            if len(words) == 3 and words[0] == "#define" and words[1].startswith("__NR"):
                defined[words[1].removeprefix("__NR3264_").removeprefix("__NR_")] = words[2]
        wrong = {
            name: numbers[column]
            for name, numbers in seccomp._NUMBERS.items()
            if numbers[column] is not None and defined.get(name, str(numbers[column])) != str(numbers[column])
        }
        assert not wrong
