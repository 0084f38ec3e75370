# src/python_coder/workspace/launcher.py — starts one command, confines it, and ends its whole process tree
"""Run by file name in a fresh interpreter (`python -I -S launcher.py`), so it imports little, of the standard library.

It reads one marshalled tuple from standard input, behind its length: `argv`, `env`, `cwd`, `status_fd`, and for a
confined command the descriptor of a Landlock ruleset and a system call filter. From then on standard input is the line
to its caller's life: when it ends, the tree is ended. The exit code is the command's, as the shell counts; a start that
failed is told in a line on `status_fd`.

It stays outside of the command's confinement and adopts each orphan of the command, so nothing gets away: a daemon,
too, is a child of the launcher in the end.
"""

import ctypes
import marshal
import os
import select
import signal
import struct
import sys
import time

_IS_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 22, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
_SECCOMP_MODE_FILTER = 2
_SYS_LANDLOCK_RESTRICT_SELF = 446
_CAPABILITY_VERSION_3 = 0x20080522
_SECONDS_TO_END_TREE = 10.0
_EXIT_NOT_STARTED = 127
_EXIT_CALLER_GONE = 137


def main() -> int:
    """Start the command, wait for its end or for the caller's, and leave no process behind."""
    length = int.from_bytes(_read(8), "little")
    argv, env, cwd, status_fd, ruleset_fd, seccomp = marshal.loads(_read(length))  # noqa: S302 - our caller wrote it  # nosec B302
    try:
        os.set_inheritable(status_fd, False)  # noqa: FBT003 - the signature is not ours
        wake = _hear_of_children()
        own_pid = os.getpid()
        child = os.fork()
        if child == 0:
            _detach(own_pid, cwd)
            if ruleset_fd is not None:
                _confine(ruleset_fd, seccomp)
            os.execve(argv[0], argv, env)  # noqa: S606 - the command, named by its full path
    except BaseException as error:  # noqa: BLE001 - the only way to tell the caller, who raises it
        os.write(status_fd, f"error {argv[0]}: {error}\n".encode(errors="replace"))
        os._exit(_EXIT_NOT_STARTED)
    code = _wait(child, wake)
    _end_tree(child)
    return code


def _hear_of_children() -> int:
    """Adopt orphans, and return a descriptor that has something to read when a child has ended."""
    if _IS_LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake_read


def _read(size: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = os.read(0, size - len(content))
        if not piece:
            os._exit(_EXIT_CALLER_GONE)
        content += piece
    return content


def _detach(parent: int, cwd: str) -> None:
    """Make this process, just forked, independent of all that the launcher is, but for its life."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(cwd)
    if _IS_LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(_EXIT_CALLER_GONE)


def _confine(ruleset_fd: int, seccomp: bytes) -> None:
    """Give up, for good and for all children: capabilities, files, network, system calls."""
    for capability in range(64):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused without CAP_SETPCAP; then there is nothing to drop
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0))
    _checked(_libc.capset(header, ctypes.create_string_buffer(24)), "capset")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _checked(_libc.syscall(_SYS_LANDLOCK_RESTRICT_SELF, ruleset_fd, 0), "landlock_restrict_self")
    os.close(ruleset_fd)
    code = ctypes.create_string_buffer(seccomp, len(seccomp))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(seccomp) // 8, ctypes.addressof(code)))
    _checked(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program), 0, 0), "seccomp")


def _wait(child: int, wake: int) -> int:
    """Exit code of the command, or that of a killed process when the caller is gone first."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(wake, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == 0:
                return _EXIT_CALLER_GONE
            os.read(wake, 4096)
        code = _reap(child)
        if code is not None:
            return code


def _reap(child: int) -> int | None:
    """Collect all ended children; the exit code of `child` if it is among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            code = 128 - code if code < 0 else code


def _end_tree(child: int) -> None:
    """Kill descendants until none is left; those of a killed one become children of this process."""
    deadline = time.monotonic() + _SECONDS_TO_END_TREE
    while time.monotonic() < deadline and _has_children():
        for process, group in _descendants().items() if _IS_LINUX else ((child, child),):
            # A group dies at once, so that a fork bomb cannot outrun the walk.
            for kill, target in ((os.killpg, group), (os.kill, process)):
                try:
                    kill(target, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    continue
        time.sleep(0.002)


def _has_children() -> bool:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _descendants() -> dict[int, int]:
    """Process group by process id, for all processes below this one."""
    children: dict[int, list[int]] = {}
    groups: dict[int, int] = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdecimal():
            continue
        try:
            with open(f"/proc/{entry.name}/stat", "rb") as file:  # noqa: PTH123 - importing pathlib costs 5 ms
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.name))
        groups[int(entry.name)] = int(fields[2])
    found: dict[int, int] = {}
    ahead = [os.getpid()]
    while ahead:
        for process in children.get(ahead.pop(), ()):
            found[process] = groups[process] or process
            ahead.append(process)
    return found


def _prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, value, 0, 0, 0), f"prctl {option}")


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


_libc = ctypes.CDLL(None, use_errno=True)
if _IS_LINUX:
    _libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]

if __name__ == "__main__":
    os._exit(main())
