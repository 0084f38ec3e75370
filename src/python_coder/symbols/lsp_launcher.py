# src/python_coder/symbols/lsp_launcher.py — becomes a language server that cannot outlive its parent
"""Run by file name in a fresh interpreter: `python -I -S lsp_launcher.py PARENT_PID PROGRAM ARGUMENT...`.

On Linux the kernel is told to kill this process when its parent ends, and keeps to that through `exec`. Elsewhere the
server sees the end of its standard input.
"""

import os
import sys

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_EXIT_PARENT_GONE = 137
_EXIT_NOT_STARTED = 127


def main() -> int:
    """Become the program. Returns only when that cannot be."""
    parent, program = int(sys.argv[1]), sys.argv[2]
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - slow, and of no use elsewhere

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it had ended before it could be told
            return _EXIT_PARENT_GONE
    try:
        os.execv(program, sys.argv[2:])  # noqa: S606 - the language server, by its full path
    except OSError as error:
        sys.stderr.write(f"{program}: {error.strerror}\n")
    return _EXIT_NOT_STARTED


if __name__ == "__main__":
    sys.exit(main())
