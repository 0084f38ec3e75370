# src/python_coder/workspace/sandbox.py — which sandbox works on this machine, found by trying
import asyncio
import functools
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace import seccomp
from python_coder.workspace.bubblewrap import BubblewrapRunner
from python_coder.workspace.commands import Command, CommandRunner
from python_coder.workspace.landlock import ABI_WITH_SCOPES, LEAST_ABI, LandlockRunner, landlock_abi
from python_coder.workspace.plain import PlainRunner
from python_coder.workspace.programs import SYSTEM_PATH

SandboxMode = Literal["auto", "bwrap", "landlock", "none"]

_PROBE = Command(argv=("true",), cwd=Path("/"), timeout_seconds=20.0)

_DESCRIPTIONS = {
    "bwrap": (
        "bubblewrap: commands saw the system's programs, their own folders and nothing else of the file system; "
        "no network but their own loopback, no other processes, no inherited environment"
    ),
    "landlock": (
        "Landlock and a system call filter: commands could read the system's programs and their own folders, and write "
        "to their own; no network and no Unix sockets, not even loopback; no inherited environment; not out of reach "
        "were other processes' command lines, and names, sizes and permission bits of the user's own files"
    ),
    "none": "no sandbox: commands ran with all rights of the user, though without the user's environment variables",
}


def make_runner(mode: SandboxMode = "auto") -> CommandRunner:
    """The strongest sandbox that works here, or the one that is asked for. Each is tried by running it, once.

    Raises:
        EnvironmentLacksError: None works, or not the one asked for. The message says what was tried and how to mend it.
    """
    if mode == "none":
        return PlainRunner()
    tried: list[str] = []
    for name in ("bwrap", "landlock") if mode == "auto" else (mode,):
        found = _PROBES[name]()
        if not isinstance(found, str):
            return found
        tried.append(found)
    which = "No sandbox works" if mode == "auto" else f"The sandbox {mode!r} does not work"
    raise EnvironmentLacksError(
        f"{which} on this machine. Tried: {'; '.join(tried)}. "
        "Install bubblewrap (apt-get install bubblewrap), "
        "or run the project's code with all your rights: --no-sandbox."
    )


def describe(runner: CommandRunner) -> str:
    """What the runner's sandbox held, in a sentence for the contract and the user."""
    text = _DESCRIPTIONS[runner.sandbox]
    if isinstance(runner, LandlockRunner) and runner.abi < ABI_WITH_SCOPES:
        return f"{text}, nor were signals to the user's own processes (this kernel's Landlock is version {runner.abi})"
    return text


@functools.cache
def _probe_bubblewrap() -> CommandRunner | str:
    """A runner that works, or the reason why there is none."""
    program = shutil.which("bwrap", path=SYSTEM_PATH) or shutil.which("bwrap")
    if sys.platform != "linux":
        return "bubblewrap and Landlock, which only Linux has"
    if program is None:
        return "bubblewrap, which is not installed"
    reason = ""
    for can_lock in (True, False):
        runner = BubblewrapRunner(Path(program).resolve(), can_lock)
        reason = _why_not(runner)
        if not reason:
            return runner
    return f"bubblewrap, which may not make namespaces here: {reason}"


@functools.cache
def _probe_landlock() -> CommandRunner | str:
    """A runner that works, or the reason why there is none."""
    if sys.platform != "linux":
        return "Landlock, which only Linux has"
    if not seccomp.has_filter():
        return "Landlock, which is offered on x86-64 and 64-bit ARM only"
    abi = landlock_abi()
    if abi < LEAST_ABI:
        return f"Landlock, whose version {abi} in this kernel cannot hold the network (Linux 6.7 and later can)"
    runner = LandlockRunner(abi)
    reason = _why_not(runner)
    return f"Landlock: {reason}" if reason else runner


_PROBES: dict[str, Callable[[], CommandRunner | str]] = {"bwrap": _probe_bubblewrap, "landlock": _probe_landlock}


def _why_not(runner: CommandRunner) -> str:
    """Empty if `true` runs under the runner, else what happened. In a thread, since a loop may be running here."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            completed = pool.submit(asyncio.run, runner.run(_PROBE)).result()
        except (EnvironmentLacksError, OSError) as error:
            return str(error)
    return "" if completed.exit_code == 0 else f"a first program ended with {completed.exit_code}"
