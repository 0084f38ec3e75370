# src/python_coder/postgres/embedded_guard.py — keeps one server process, and lets nothing of it outlive us
"""Run by file name in a fresh interpreter: `python -I -S embedded_guard.py FOLDER UID GID PROGRAM ARGUMENT...`.

Starts the server and waits on standard input. At its end, also when python-coder was killed, the server is stopped and
FOLDER is removed. Should this guard be killed itself, then on Linux the kernel stops the server.
"""

import contextlib
import ctypes
import os
import resource
import select
import shutil
import signal
import sys
import time

_PR_SET_PDEATHSIG = 1
_EXIT_NOT_STARTED = 127
_LOOK_SECONDS = 0.2
_SECONDS_TO_STOP = 5.0
_MOST_DATA_BYTES = 256 * 1024 * 1024
"""Of memory of its own for each of the server's processes, one a session. PostgreSQL knows no such bound: a chain of
`t || t` takes gigabytes within its time. Four times what it plans for its largest single work, the making of an index
(`maintenance_work_mem`, 64 MB); what it shares between processes does not count.

Source: setrlimit(2), RLIMIT_DATA, which counts private writable mappings since Linux 4.7.
"""


def main(folder: str, uid: int, gid: int, argv: list[str]) -> int:
    """Serve until standard input ends or the server does. Returns the server's exit code as the shell counts."""
    # What stops a terminal's foreground programs must not stop the guard before python-coder has had its turn.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    own = os.getpid()
    child = os.fork()
    if child == 0:
        os.setsid()
        _become(argv, own, uid, gid)
    code = None
    while code is None and not select.select([0], [], [], _LOOK_SECONDS)[0]:
        code = _ended(child)
    deadline = time.monotonic() + _SECONDS_TO_STOP
    # SIGQUIT is PostgreSQL's immediate shutdown: nothing here is worth a checkpoint.
    number = signal.SIGQUIT
    while code is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, number)
        time.sleep(0.01)
        code = _ended(child)
        number = signal.SIGQUIT if time.monotonic() < deadline else signal.SIGKILL
    shutil.rmtree(folder, ignore_errors=True)
    return code


def _ended(child: int) -> "int | None":
    pid, status = os.waitpid(child, os.WNOHANG)
    if pid == 0:
        return None
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _become(argv: list[str], parent: int, uid: int, gid: int) -> None:
    try:
        if uid != os.geteuid():
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        if sys.platform == "linux":
            # What does not fit fails with an error of its statement (53200); the session and the server go on.
            hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
            most = _MOST_DATA_BYTES if hard == resource.RLIM_INFINITY else min(hard, _MOST_DATA_BYTES)
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))
            # After the change of user, which clears it.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(_EXIT_NOT_STARTED)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.execv(argv[0], argv)  # noqa: S606 - the server, by its full path
    except OSError as error:
        print(f"{argv[0]}: {error}", file=sys.stderr, flush=True)  # noqa: T201 - a program of its own
    os._exit(_EXIT_NOT_STARTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
