# src/python_coder/workspace/plain.py — processes without a sandbox: clean environment, private folders, no leftovers
import asyncio
import marshal
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace import launcher, relay
from python_coder.workspace.commands import Command, CompletedCommand
from python_coder.workspace.processes import Launch, run_launch
from python_coder.workspace.programs import SYSTEM_PATH, find_program


@dataclass(frozen=True)
class PlainRunner:
    """Runs commands with all the rights of the user. For machines without a sandbox, and only when asked for."""

    sandbox: str = "none"

    async def run(self, command: Command) -> CompletedCommand:
        """Run to the end; end the whole process tree at the time-out. See `CommandRunner.run`."""
        argv = (str(find_program(command)), *command.argv[1:])
        relays = unanswered(command.relays)
        if relays:
            argv = relay.relayed(argv, relays, interpreter=sys.executable)
        async with scratch_folder() as scratch:
            with Launch() as launch:
                through_launcher(launch, argv, command.cwd, clean_environment(command.env, scratch))
                return await run_launch(launch, command)


def clean_environment(env: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """What a command's environment is made of: a few fixed names, private folders, and what it asks for itself."""
    home = scratch / "home"
    return {
        "PATH": SYSTEM_PATH,
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(scratch / "tmp"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        # The machine's own settings may hold credentials, and where they are not shown git gives up.
        "GIT_CONFIG_NOSYSTEM": "1",
        **env,
    }


def through_launcher(
    launch: Launch,
    argv: tuple[str, ...],
    cwd: Path,
    env: Mapping[str, str],
    *,
    ruleset_fd: int | None = None,
    seccomp: bytes = b"",
) -> None:
    """Prepare `launch` so that the launcher starts `argv`, under a Landlock ruleset and a filter if they are given."""
    order = marshal.dumps((argv, dict(env), str(cwd.absolute()), launch.status_fd, ruleset_fd, seccomp))
    launch.argv = [sys.executable, "-I", "-S", launcher.__file__]
    launch.life_line = len(order).to_bytes(8, "little") + order


@asynccontextmanager
async def scratch_folder() -> AsyncIterator[Path]:
    """A folder of one command's own, with `home` and `tmp` in it; removed afterwards."""
    scratch = _make_scratch()
    try:
        yield scratch
    finally:
        removal = asyncio.get_running_loop().run_in_executor(None, _remove, scratch)
        await asyncio.shield(removal)


def _make_scratch() -> Path:
    try:
        scratch = Path(tempfile.mkdtemp(prefix="python-coder-")).resolve()
        for name in ("home", "tmp"):
            (scratch / name).mkdir()
    except OSError as error:
        mend = "Free some space, or set TMPDIR to a folder that you can write to."
        raise EnvironmentLacksError(f"No folder for temporary files can be made: {error}. {mend}") from error
    return scratch


def _remove(folder: Path) -> None:
    """Remove a tree, also one whose folders were made unreadable."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for parent, names, _ in os.walk(folder):
            for name in names:
                path = Path(parent, name)
                if not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)


def unanswered(relays: Mapping[int, Path]) -> dict[int, Path]:
    """The relays whose port nobody answers on the host's loopback. A command with that network needs no others."""
    return {port: path for port, path in relays.items() if not _is_answered(port)}


def _is_answered(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1.0)
        return client.connect_ex(("127.0.0.1", port)) == 0
