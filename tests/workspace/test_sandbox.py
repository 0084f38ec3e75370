# tests/workspace/test_sandbox.py — the choice of a sandbox, and attempts to get out of it
import asyncio
import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sandboxes import CONFINED, run_python, runner_or_skip

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace import sandbox
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.landlock import ABI_WITH_SCOPES, LandlockRunner

SOURCE = Path(sandbox.__file__).parents[2]
SECRET = "the-secret-of-the-host"
ESCAPED = "ESCAPED"


@pytest.fixture(params=CONFINED)
def runner(request: pytest.FixtureRequest) -> CommandRunner:
    return runner_or_skip(request.param)


@dataclass
class Host:
    """What lies outside of a sandbox, and what an attack on it would leave behind."""

    folder: Path
    port: int
    udp_port: int
    victim: int
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def secret(self) -> Path:
        return self.folder / ".ssh/id_ed25519"

    def damage(self, before: dict[str, str], output: str) -> list[str]:
        """Everything that an attack got, or changed."""
        found = [word for word in (SECRET, ESCAPED) if word in output]
        if self.visitors():
            found.append("somebody connected")
        if self.state() != before:
            found.append("files are changed")
        if os.waitpid(self.victim, os.WNOHANG) != (0, 0):
            found.append("the victim is dead")
        return found

    def visitors(self) -> int:
        """How many of the sockets somebody reached."""
        count = 0
        for listener in self.sockets:
            with contextlib.suppress(BlockingIOError):
                if listener.type == socket.SOCK_DGRAM:
                    listener.recv(100)
                else:
                    listener.accept()[0].close()
                count += 1
        return count

    def state(self) -> dict[str, str]:
        """Content and mode of every file outside."""
        files = [path for path in self.folder.rglob("*") if not path.is_relative_to(self.folder / "work")]
        return {str(path): f"{path.stat().st_mode:o} {path.read_text() if path.is_file() else ''}" for path in files}


@pytest.fixture
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("out")
    sockets = []
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "stream.sock")),
        (socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "datagram.sock")),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{folder}"),
    ):
        listener = socket.socket(family, kind)
        listener.bind(address)
        listener.setblocking(False)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        sockets.append(listener)
    victim = subprocess.Popen(["sleep", "60"], env={"TOKEN": SECRET})
    host = Host(
        folder=folder,
        port=sockets[0].getsockname()[1],
        udp_port=sockets[1].getsockname()[1],
        victim=victim.pid,
        sockets=sockets,
    )
    shared = Path("/dev/shm") / folder.name
    if shared.parent.is_dir():
        shared.write_text(SECRET)
    for name, text in ((".ssh/id_ed25519", SECRET), ("tree/app.py", "app"), ("repo/.git/hooks/post-commit", "hook")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "work").mkdir()
    yield host
    victim.kill()
    with contextlib.suppress(ChildProcessError):
        victim.wait()
    shared.unlink(missing_ok=True)
    for listener in sockets:
        listener.close()


# Each script prints ESCAPED, or the secret, if it gets its way; or it changes something outside.
# None may do harm to a machine on which it does: a sandbox may be broken, and the tests run as root.
FILES = {
    "read-a-secret": "print(open(secret).read())",
    "list-outside": "print(os.listdir(outside + '/.ssh'), 'ESCAPED')",
    "read-etc-shadow": "open('/etc/shadow').read(); escaped()",
    "write-outside": "open(outside + '/new', 'w').write('x')",
    "append-to-secret": "open(secret, 'a').write('x')",
    "truncate-secret": "os.truncate(secret, 0)",
    "remove-secret": "os.remove(secret)",
    "write-into-readable": "open(tree + '/app.py', 'w').write('x')",
    "create-in-readable": "open(tree + '/conftest.py', 'w').write('x')",
    "remove-in-readable": "os.remove(tree + '/app.py')",
    "rename-in-readable": "os.rename(tree + '/app.py', tree + '/b.py')",
    "rename-out-of-readable": "os.rename(tree + '/app.py', work + '/app.py')",
    "rename-readable-folder": "os.rename(tree, outside + '/gone')",
    "git-hook": "open(git + '/hooks/post-commit', 'w').write('evil')",
    "git-config": "open(git + '/config', 'w').write('evil')",
    "symlink-read": "os.symlink(secret, work + '/link'); print(open(work + '/link').read())",
    "symlink-write": "os.symlink(outside, work + '/link'); open(work + '/link/new', 'w').write('x')",
    "symlink-to-root": "os.symlink('/', work + '/link'); print(open(work + '/link' + secret).read())",
    "dot-dot": "print(open(work + '/../.ssh/id_ed25519').read())",
    "hardlink-read": "os.link(secret, work + '/link'); print(open(work + '/link').read())",
    "hardlink-write": "os.link(tree + '/app.py', work + '/link'); open(work + '/link', 'w').write('x')",
    "open-by-proc-root": "print(open(f'/proc/{victim}/root{secret}').read())",
    "open-by-any-proc-root": "each('/root' + secret)",
    "open-by-any-proc-cwd": "each('/cwd' + secret)",
}
PROCESSES = {
    "environment-of-all": "each('/environ')",
    "environment-of-victim": "print(open(f'/proc/{victim}/environ').read())",
    "memory-of-victim": "open(f'/proc/{victim}/mem', 'rb'); escaped()",
    "kill-victim": "os.kill(victim, 9)",
    "kill-by-descriptor": "signal.pidfd_send_signal(os.pidfd_open(victim), 9)",
    "signal-the-parent": "os.kill(parent, 0); escaped()",
    "ptrace": "libc.ptrace(16, victim, 0, 0) == 0 and escaped()",
    "trace-a-child": "pid = os.fork()\nif pid == 0: time.sleep(3)\nlibc.ptrace(16, pid, 0, 0) == 0 and escaped()",
    "process-vm": "iov = (ctypes.c_uint64 * 2)(4096, 8); reached(310, victim, iov, 1, iov, 1, 0)",
    "limits-of-victim": "import resource; resource.prlimit(victim, resource.RLIMIT_CPU, (0, 0)); escaped()",
    "processors-of-victim": "os.sched_setaffinity(victim, {0}); escaped()",
    "renice": "os.setpriority(os.PRIO_PROCESS, victim, 19); escaped()",
}
KERNEL = {
    "user-namespace": "libc.unshare(0x10000000) == 0 and escaped()",
    "user-namespace-by-clone": "libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) >= 0 and escaped()",
    "user-namespace-by-clone3": (
        "a = (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, 17)\n"
        "pid = libc.syscall(435, a, 64)\nif pid == 0: os._exit(0)\npid > 0 and escaped()"
    ),
    "mount-namespace": "libc.unshare(0x20000) == 0 and escaped()",
    "unshare-program": "os.system('unshare -Ur true 2>/dev/null') == 0 and escaped()",
    "mount": "libc.mount(b'none', work.encode(), b'tmpfs', 0, None) or (libc.umount2(work.encode(), 2), escaped())",
    "remount": "libc.mount(None, tree.encode(), None, 32 | 4096, None) == 0 and escaped()",
    "new-mount-api": "libc.syscall(430, b'tmpfs', 0) >= 0 and escaped()",
    "chroot": "os.chroot(work); escaped()",
    "core-pattern": "open('/proc/sys/kernel/core_pattern', 'r+'); escaped()",
    "sysctl": "open('/proc/sys/vm/overcommit_memory', 'r+'); escaped()",
    "sysrq": "open('/proc/sysrq-trigger', 'w'); escaped()",
    "oom-of-victim": "open(f'/proc/{victim}/oom_score_adj', 'w').write('1000'); escaped()",
    "block-device": (
        "os.mknod(work + '/disk', 0o60600, os.makedev(254, 0))\nopen(work + '/disk', 'rb').read(1); escaped()"
    ),
    "devices": "[open(d, 'rb').read(1) and escaped() for d in ('/dev/mem', '/dev/kmsg', '/dev/sda', '/dev/vda')]",
    "terminal": "os.open('/dev/tty', os.O_RDWR); escaped()",
    "shared-memory": "[print(open('/dev/shm/' + name).read()) for name in os.listdir('/dev/shm')]",
    "kernel-log": "libc.klogctl(3, ctypes.create_string_buffer(100), 100) >= 0 and escaped()",
    "keyring": "libc.syscall(250, 0, -3, 0) >= 0 and escaped()",
    "io-uring": "libc.syscall(425, 8, ctypes.create_string_buffer(120)) >= 0 and escaped()",
    "bpf": "reached(321, 0, ctypes.create_string_buffer(120), 72)",
    "capabilities": "int(open('/proc/self/status').read().split('CapEff:')[1].split()[0], 16) and escaped()",
    "new-privileges": "libc.prctl(39, 0, 0, 0, 0) == 1 or escaped()",
    "set-user-id": "open(work + '/x', 'w').close(); os.chmod(work + '/x', 0o4755); escaped()",
    "set-user-id-by-descriptor": "os.fchmod(os.open(work, 0), 0o4755); escaped()",
    "hostname": "socket.sethostname(socket.gethostname()); escaped()",
}
NETWORK = {
    "tcp-to-host": "socket.create_connection(('127.0.0.1', port), timeout=2)",
    "tcp-fast-open": ("s = socket.socket(); s.sendto(b'GET /', 0x20000000, ('127.0.0.1', port)); s.recv(1)"),
    "multipath-tcp": "socket.socket(proto=262).connect(('127.0.0.1', port))",
    "udp-to-host": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', udp_port))",
    "raw": "socket.socket(type=socket.SOCK_RAW, proto=1); escaped()",
    "unix-stream": "socket.socket(socket.AF_UNIX).connect(stream)",
    "unix-datagram": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', datagram)",
    "unix-datagram-of-a-pair": "socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', datagram)",
    "abstract-unix": "socket.socket(socket.AF_UNIX).connect('\\0' + outside)",
}
ATTACKS = {**FILES, **PROCESSES, **KERNEL, **NETWORK}

_HEAD = """
import ctypes, os, signal, socket, sys, time
outside, stream, datagram = sys.argv[1:4]
port, udp_port, victim, parent = map(int, sys.argv[4:])
secret, tree, git, work = (outside + name for name in ('/.ssh/id_ed25519', '/tree', '/repo/.git', '/work'))
libc = ctypes.CDLL(None, use_errno=True)
def escaped():
    print('ESC' + 'APED')
def each(name):
    for process in filter(str.isdigit, os.listdir('/proc')):
        try:
            print(open('/proc/' + process + name).read())
        except OSError:
            pass
def reached(*call):
    libc.syscall(*call) < 0 and ctypes.get_errno() in (1, 3, 38) or escaped()
"""


async def attack(runner: CommandRunner, host: Host, code: str) -> str:
    done = await run_python(
        runner,
        _HEAD + code,
        *(host.folder, host.folder / "stream.sock", host.folder / "datagram.sock"),
        *(host.port, host.udp_port, host.victim, os.getpid()),
        readable=(host.folder / "tree", host.folder / "repo/.git"),
        writable=(host.folder / "work",),
        timeout_seconds=10,
    )
    return done.output


@pytest.mark.parametrize("code", ATTACKS.values(), ids=ATTACKS)
async def test_no_way_out(runner: CommandRunner, host: Host, code: str) -> None:
    if isinstance(runner, LandlockRunner) and runner.abi < ABI_WITH_SCOPES and ("kill" in code or "signal" in code):
        pytest.skip(f"Landlock {runner.abi} leaves signals open, as the threat model says: Linux 6.12 closes them")
    before = host.state()
    output = await attack(runner, host, code)
    assert not host.damage(before, output)


# What can be tried on any machine: its own files, its own victim, loopback.
HARMLESS = {**FILES, **NETWORK, **{name: PROCESSES[name] for name in ("environment-of-victim", "kill-victim")}}
NOT_EVERYWHERE = ("read-etc-shadow", "tcp-fast-open", "multipath-tcp", "raw")


@pytest.mark.parametrize("name", [name for name in HARMLESS if name not in NOT_EVERYWHERE])
async def test_attacks_work_without_a_sandbox(host: Host, name: str) -> None:
    before = host.state()
    output = await attack(runner_or_skip("none"), host, HARMLESS[name])
    for _ in range(20):
        if host.damage(before, output):
            return
        await asyncio.sleep(0.1)  # a process that is killed on a busy machine takes a moment to be gone
    pytest.fail(f"the attack did nothing: {output}")


def test_auto_takes_the_strongest() -> None:
    names = []
    for mode in CONFINED:
        with contextlib.suppress(EnvironmentLacksError):
            names.append(sandbox.make_runner(mode).sandbox)
    if not names:
        pytest.skip("neither bubblewrap nor Landlock works here: apt-get install bubblewrap")
    assert sandbox.make_runner().sandbox == names[0]


def test_without_a_sandbox_only_when_asked() -> None:
    assert sandbox.make_runner("none").sandbox == "none"


DESCRIPTIONS = {"bwrap": "own loopback", "landlock": "not even loopback", "none": "all rights of the user"}


@pytest.mark.parametrize("mode", DESCRIPTIONS)
def test_description_says_what_the_level_gives(mode: sandbox.SandboxMode) -> None:
    assert DESCRIPTIONS[mode] in sandbox.describe(runner_or_skip(mode))


def test_description_of_an_older_kernel_owns_up() -> None:
    assert "signals" in sandbox.describe(LandlockRunner(4))
    assert "signals" not in sandbox.describe(LandlockRunner(ABI_WITH_SCOPES))


_CHOOSE = """
from python_coder.errors import PythonCoderError
from python_coder.workspace.sandbox import make_runner
for mode in ("auto", "bwrap"):
    try:
        print(make_runner(mode).sandbox)
    except PythonCoderError as error:
        print(error.exit_code, error)
"""


async def test_bubblewrap_that_may_not_run_is_not_chosen() -> None:
    runner = runner_or_skip("bwrap")
    done = await run_python(runner, _CHOOSE, readable=(SOURCE,))
    chosen, refused = done.stdout.splitlines() if done.stdout.count("\n") == 2 else (done.output, "")
    assert chosen == "landlock" or "Tried: bubblewrap, which may not make namespaces here" in chosen
    assert refused.startswith("3 The sandbox 'bwrap' does not work on this machine. Tried: bubblewrap, which may not")
    assert "apt-get install bubblewrap" in refused
    assert "--no-sandbox" in refused


async def test_works_inside_another_sandbox() -> None:
    runner = runner_or_skip("landlock")
    done = await run_python(runner, _CHOOSE, readable=(SOURCE,), timeout_seconds=30)
    assert done.stdout.startswith("landlock\n3 The sandbox"), done.output
