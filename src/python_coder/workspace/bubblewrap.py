# src/python_coder/workspace/bubblewrap.py — processes in namespaces of their own, made by bubblewrap
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace import relay, seccomp
from python_coder.workspace.commands import Command, CompletedCommand
from python_coder.workspace.plain import clean_environment, unanswered
from python_coder.workspace.processes import Launch, run_launch
from python_coder.workspace.programs import SANDBOX_TMP, find_program, show_program
from python_coder.workspace.view import View
from python_coder.workspace.visible import visible_files

_SCRATCH = SANDBOX_TMP / ".sandbox"
_UNPRIVILEGED_PORTS = range(1024, 65536)

_OPENING = (
    *("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv", "--hostname", "sandbox"),
    *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
    *("--proc", "/proc", "--dev", "/dev", "--tmpfs", str(SANDBOX_TMP)),
    *("--dir", str(_SCRATCH / "home"), "--dir", str(_SCRATCH / "tmp")),
)
# A write outside fails instead of vanishing with the sandbox. And to root, who is root of /proc/sys here too,
# a writable /proc would be the way out: core_pattern names a program that the host's kernel runs.
_CLOSING = ("--remount-ro", "/proc", "--remount-ro", "/")


@dataclass(frozen=True)
class BubblewrapRunner:
    """Runs commands that see only what they are given: files, processes, network."""

    program: Path
    """The `bwrap` to call."""
    can_lock_user_namespaces: bool
    """Whether this `bwrap` knows `--disable-userns` (0.8 and later); the system call filter does the same."""
    sandbox: str = "bwrap"

    async def run(self, command: Command) -> CompletedCommand:
        """Run to the end; end the whole process tree at the time-out. See `CommandRunner.run`."""
        program = find_program(command)
        view = visible_files(command, program)
        argv = (str(program), *command.argv[1:])
        # With the host's own network a relay would only stand in the way of what answers there already.
        relays = unanswered(command.relays) if command.has_network else command.relays
        if relays:
            argv = _relayed(argv, relays, view)
        with Launch(is_exit_reported=True) as launch:
            options = [*self._options(command, view), *_emptied(command, view, launch)]
            options += [*_CLOSING, "--chdir", str(command.cwd.absolute()), "--json-status-fd", str(launch.status_fd)]
            if seccomp.has_filter():
                options += ["--seccomp", str(launch.hand_over(seccomp.namespaced_filter()))]
            # Not on the command line: the environment may hold the test database's password.
            options_fd = launch.hand_over(b"".join(os.fsencode(option) + b"\0" for option in options))
            launch.argv = [str(self.program), "--args", str(options_fd), "--", *argv]
            return await run_launch(launch, command)

    def _options(self, command: Command, view: View) -> list[str]:
        options = [*_OPENING]
        if self.can_lock_user_namespaces:
            options.append("--disable-userns")
        if not command.has_network:
            options.append("--unshare-net")
        for place, source in view.outermost_first():
            options += ["--bind" if place in view.writable else "--ro-bind", str(source), str(place)]
        for link, target in view.missing_links():
            options += ["--symlink", target, str(link)]
        for name, value in clean_environment(command.env, _SCRATCH).items():
            options += ["--setenv", name, value]
        return options


def _emptied(command: Command, view: View, launch: Launch) -> list[str]:
    """Options that put an empty file over each hidden one that would show."""
    shown = [path for path in command.hidden if path.is_file() and view.cover(path.resolve()) is not None]
    return [word for path in shown for word in ("--ro-bind-data", str(launch.hand_over(b"")), str(path.resolve()))]


def _relayed(argv: tuple[str, ...], relays: Mapping[int, Path], view: View) -> tuple[str, ...]:
    for port, path in relays.items():
        if port not in _UNPRIVILEGED_PORTS:
            raise EnvironmentLacksError(f"Port {port} cannot be carried into a sandbox. Use one from 1024 to 65535.")
        if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
            raise EnvironmentLacksError(
                f"Nothing answers for port {port}: {path} is no Unix socket. Start the database."
            )
        view.show_if_hidden(path)
    interpreter = Path(sys.executable).resolve()
    view.show_if_hidden(Path(relay.__file__))
    show_program(view, interpreter)
    return relay.relayed(argv, relays, interpreter=str(interpreter))
