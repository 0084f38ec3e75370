# src/python_coder/workspace/relay.py — carries a loopback port inside a sandbox to a Unix socket outside
"""Both `relayed`, which puts a relay around a command, and, run by file name, the relay itself (standard library only).

A sandboxed command has a network of its own, so it cannot reach a database on the host. The relay listens inside that
network, sends each connection on to a Unix socket that is bound into the sandbox, starts the command, and ends with it.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

_CHUNK_BYTES = 1 << 16
_EXIT_NOT_LISTENING = 125
_EXIT_NOT_STARTED = 127


def relayed(argv: tuple[str, ...], relays: Mapping[int, Path], *, interpreter: str) -> tuple[str, ...]:
    """The command line that runs `argv` (its program by absolute path) with the relays around it."""
    table = json.dumps({port: str(path) for port, path in relays.items()})
    return (interpreter, "-I", "-S", __file__, table, *argv)


def main(table: str, argv: list[str]) -> int:
    """Listen, run the command, and return its exit code as the shell counts."""
    listeners: list[tuple[socket.socket, str]] = []
    for port, path in json.loads(table).items():
        try:
            listeners.append((socket.create_server(("127.0.0.1", int(port)), backlog=128), path))
        except OSError as error:
            print(f"relay: port {port}: {error}", file=sys.stderr)  # noqa: T201 - a program of its own
            return _EXIT_NOT_LISTENING
    # Fork before any thread exists.
    child = os.fork()
    if child == 0:
        _become(argv)
    for listener, path in listeners:
        threading.Thread(target=_serve, args=(listener, path), daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return 128 - code if code < 0 else code


def _become(argv: list[str]) -> None:
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(argv[0], argv)  # noqa: S606 - the command, named by its full path
    except OSError as error:
        print(f"{argv[0]}: {error}", file=sys.stderr, flush=True)  # noqa: T201 - a program of its own
    os._exit(_EXIT_NOT_STARTED)


def _serve(listener: socket.socket, path: str) -> None:
    while True:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(path)
        except OSError:
            client.close()
            server.close()
            continue
        done = threading.Barrier(2)
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=_pump, args=(source, target, done), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, done: threading.Barrier) -> None:
    """Copy one direction to its end. The other one may go on; whoever ends last closes both."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK_BYTES):
            target.sendall(chunk)
    for end, how in ((source, socket.SHUT_RD), (target, socket.SHUT_WR)):
        with contextlib.suppress(OSError):
            end.shutdown(how)
    done.wait()
    source.close()


if __name__ == "__main__":
    os._exit(main(sys.argv[1], sys.argv[2:]))
