# src/python_coder/workspace/programs.py — finds a command's program, and everything that it needs to start
import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command
from python_coder.workspace.view import MOST_LINKS, View, trace

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SANDBOX_TMP = Path("/tmp")  # noqa: S108 - a fresh folder inside a sandbox  # nosec B108

_MOST_INTERPRETERS = 5
"""A script may name a script as its interpreter; as many as the kernel follows."""

# Shown whole, each of these would hand over sockets, secrets or everything.
_NEVER_WHOLE = {SANDBOX_TMP, *map(Path, ("/", "/dev", "/etc", "/home", "/proc", "/run", "/sys", "/var", "/var/run"))}


def find_program(command: Command) -> Path:
    """Absolute path of the command's program, looked up in the command's own PATH and folder.

    Raises:
        EnvironmentLacksError: The working folder, the program or the interpreter in its first line is not there.
    """
    _refuse_nul(command)
    name = command.argv[0] if command.argv else ""
    cwd = command.cwd.absolute()
    if not cwd.is_dir():
        raise EnvironmentLacksError(f"The working folder {cwd} is not there. Make it, or set the workspace up again.")
    if "/" in name:
        found = shutil.which(cwd / name)
    else:
        folders = command.env.get("PATH", SYSTEM_PATH).split(":")
        found = shutil.which(name, path=":".join(folder for folder in folders if folder.startswith("/")))
    if not name or found is None:
        raise EnvironmentLacksError(f"There is no program {name!r} to run in {cwd}. Install it, or name its full path.")
    interpreter = _shebang(Path(found))
    if interpreter is not None and not interpreter.exists():
        raise EnvironmentLacksError(
            f"{found} cannot start: the interpreter {interpreter} in its first line is not there. "
            "Make its environment again."
        )
    return Path(found)


def _refuse_nul(command: Command) -> None:
    """No word may hold the byte that separates the words of a sandbox's options: it could add some."""
    paths = (command.cwd, *command.readable, *command.writable, *command.relays.values())
    for word in (*command.argv, *command.env, *command.env.values(), *map(str, paths)):
        if "\0" in word:
            raise EnvironmentLacksError(f"A NUL byte in {word!r} cannot be handed to a process. Take it out.")


def show_program(view: View, program: Path) -> None:
    """Make a program startable: itself, its virtual environment, its interpreter, and what they are installed in.

    A program in a folder that the command names may come from a change, or from an earlier command, and so may the
    links and settings it consists of. So of what lies outside, it gets to see Python installations only.
    """
    for _ in range(_MOST_INTERPRETERS):
        if not program.is_file():
            return
        folder = program.parent.resolve()
        is_planted = not view.named.isdisjoint((folder, *folder.parents))
        if is_planted:
            view.links.update(trace(program)[1])
        else:
            view.show_if_hidden(program)
        for environment in {hop.parent.parent for hop in _hops(program)}:
            if not is_planted and (environment / "pyvenv.cfg").is_file():
                view.show_if_hidden(environment)
            for base in _bases(environment):
                view.links.update(trace(base)[1])
                _show_installation(view, base.resolve())
        _show_installation(view, program.resolve())
        interpreter = _shebang(program)
        if interpreter is None or is_planted:
            return
        program = interpreter


def is_too_broad(path: Path) -> bool:
    """Whether a folder, a real path, holds what no sandbox may show: the system's secrets, or the user's."""
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir).resolve()
    except KeyError:
        return path in _NEVER_WHOLE
    return path in _NEVER_WHOLE or (home.exists() and home.is_relative_to(path))


def _hops(program: Path) -> Iterator[Path]:
    """The program, and each file it points to through links, ending with the real one."""
    for _ in range(MOST_LINKS):
        yield program
        if not program.is_symlink():
            return
        program = program.parent.resolve() / program.readlink()


def _bases(environment: Path) -> Iterator[Path]:
    """The interpreters of a virtual environment, if `environment` is one: its own, and the one it is made from."""
    try:
        lines = (environment / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    settings = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    for base in (environment / "bin" / "python", Path(settings.get("home", "")) / "python3"):
        if base.is_absolute() and base.is_file():
            yield base


def _show_installation(view: View, program: Path) -> None:
    """Show the folder that a Python interpreter is installed in, if `program` (a real path) is one."""
    prefix = program.parent.parent
    if view.cover(prefix) is not None or not any(prefix.glob("lib*/py*3*/os.py")):
        return
    parts = (program, *prefix.glob("lib*")) if is_too_broad(prefix) else (prefix,)
    for part in parts:
        view.show_if_hidden(part)


def _shebang(program: Path) -> Path | None:
    """The interpreter in the first line of a script."""
    try:
        with program.open("rb") as file:
            first = file.readline(512)
    except OSError:  # it may be executable, but not readable
        return None
    words = first[2:].split()
    if not first.startswith(b"#!") or not words:
        return None
    return Path(os.fsdecode(words[0]))
