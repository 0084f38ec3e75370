# src/python_coder/workspace/landlock.py — processes held by Landlock and a system call filter
import ctypes
import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace import seccomp
from python_coder.workspace.commands import Command, CompletedCommand
from python_coder.workspace.plain import clean_environment, scratch_folder, through_launcher
from python_coder.workspace.processes import Launch, run_launch
from python_coder.workspace.programs import find_program
from python_coder.workspace.view import View
from python_coder.workspace.visible import visible_files

LEAST_ABI = 4
"""The first that holds TCP."""
ABI_WITH_SCOPES = 6
"""The first that holds signals to processes outside."""

_SYS_CREATE_RULESET, _SYS_ADD_RULE = 444, 445
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

# Bits of linux/landlock.h.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_CHAR, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8
_MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM = 1 << 9, 1 << 10, 1 << 11, 1 << 12
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_ABI_WITH_IOCTL = 5

_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_FIFO | _MAKE_SYM
_WRITE_AND_MOVE = _WRITE | _REFER
_ALL = _WRITE_AND_MOVE | _MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK
_BIND_AND_CONNECT_TCP = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

_DEVICES = {
    "/dev/null": _READ_FILE | _WRITE_FILE | _TRUNCATE,
    "/dev/zero": _READ_FILE | _WRITE_FILE,
    "/dev/full": _READ_FILE | _WRITE_FILE,
    "/dev/random": _READ_FILE,
    "/dev/urandom": _READ_FILE,
    # Environments, memory and open files of other processes stay closed: those need the right to trace them.
    "/proc": _READ_FILE | _READ_DIR,
}


@dataclass(frozen=True)
class LandlockRunner:
    """Runs commands in the host's own view of files and processes, with all but the named paths closed."""

    abi: int
    sandbox: str = "landlock"

    async def run(self, command: Command) -> CompletedCommand:
        """Run to the end; end the whole process tree at the time-out. See `CommandRunner.run`."""
        if command.relays:
            raise EnvironmentLacksError(
                "A database behind a Unix socket needs a network of the command's own, which Landlock cannot give. "
                "Install bubblewrap: apt-get install bubblewrap."
            )
        program = find_program(command)
        view = visible_files(command, program)
        _refuse_read_only_inside_writable(view)
        async with scratch_folder() as scratch:
            view.show(scratch, is_writable=True)
            with Launch() as launch:
                ruleset = _ruleset(view, self.abi, has_network=command.has_network)
                launch.fds.append(ruleset)
                held = seccomp.bare_filter(has_network=command.has_network)
                argv = (str(program), *command.argv[1:])
                environment = clean_environment(command.env, scratch)
                through_launcher(launch, argv, command.cwd, environment, ruleset_fd=ruleset, seccomp=held)
                return await run_launch(launch, command)


def landlock_abi() -> int:
    """Version of Landlock that the kernel offers; 0 where there is none."""
    version: int = _libc.syscall(_SYS_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    return max(version, 0)


def _refuse_read_only_inside_writable(view: View) -> None:
    """Landlock adds rights up and never takes one away, so this cannot be held here."""
    for place in view.mounts.keys() - view.writable:
        outer = next((folder for folder in place.parents if folder in view.mounts), None)
        if outer in view.writable:
            raise EnvironmentLacksError(
                f"{place} is to be read-only inside the writable {outer}, which Landlock cannot hold. "
                "Install bubblewrap: apt-get install bubblewrap."
            )


def _ruleset(view: View, abi: int, *, has_network: bool) -> int:
    """A ruleset's file descriptor: what is visible may be read, what is writable written, all else is closed."""
    files = _ALL | (_IOCTL_DEVICE if abi >= _ABI_WITH_IOCTL else 0)
    network = 0 if has_network else _BIND_AND_CONNECT_TCP
    scopes = _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if abi >= ABI_WITH_SCOPES else 0
    attributes = struct.pack("=QQQ", files, network, scopes)[: 24 if scopes else 16]
    ruleset = _call(_SYS_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in view.mounts.values():
            _allow(ruleset, path, _WRITE_AND_MOVE if path in view.writable else _READ)
        for device, rights in _DEVICES.items():
            _allow(ruleset, Path(device), rights)
    except OSError as error:
        os.close(ruleset)
        raise EnvironmentLacksError(f"Landlock cannot be set up: {error}. Install bubblewrap.") from error
    return ruleset


def _allow(ruleset: int, path: Path, rights: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _OF_FILES
        _call(_SYS_ADD_RULE, ruleset, _RULE_PATH_BENEATH, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)


def _call(number: int, *arguments: int | bytes) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock system call {number}: {os.strerror(code)}")
    return result


_libc = ctypes.CDLL(None, use_errno=True)
