# src/python_coder/workspace/visible.py — which files a sandboxed command gets to see
import os
from pathlib import Path

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command
from python_coder.workspace.programs import SANDBOX_TMP, is_too_broad, show_program
from python_coder.workspace.view import View, system_view

_ALWAYS_THERE = (Path("/"), SANDBOX_TMP)


def visible_files(command: Command, program: Path) -> View:
    """What one command sees: the system, its own paths, and the installation of its interpreter.

    Args:
        command: What is to run.
        program: Absolute path of its program, as `find_program` gives it.

    Raises:
        EnvironmentLacksError: A writable or the working folder is not there, a path is too broad to show, or a link
            leads out of what is shown.
    """
    readable = tuple(path for path in command.readable if os.access(path, os.F_OK))
    named = frozenset(path.resolve() for path in readable + command.writable)
    view = View(dict(system_view().mounts), set(), dict(system_view().links), named)
    wanted = [(_checked(path, "readable path", command), False) for path in readable]
    wanted += [(_checked(path, "writable folder", command), True) for path in command.writable]
    # Outer before inner, so that the inner one decides; a path that is named twice is writable.
    for path, is_writable in sorted(wanted, key=lambda entry: (len(entry[0].resolve().parts), entry[1])):
        view.show(path, is_writable=is_writable)
    if command.cwd.resolve() not in _ALWAYS_THERE:
        view.show_if_hidden(_checked(command.cwd, "working folder", command))
    show_program(view, program)
    folders = [path / "bin" for path, _ in wanted] + [Path(part) for part in command.env.get("PATH", "").split(":")]
    for folder in folders:
        if folder.is_absolute() and view.cover(folder.resolve()) is not None:
            show_program(view, folder / "python")
    return view


def _checked(path: Path, role: str, command: Command) -> Path:
    real = path.resolve()
    if not os.access(real, os.F_OK):
        raise EnvironmentLacksError(f"The {role} {path} is not there. Make it first, or set the workspace up again.")
    if is_too_broad(real):
        raise EnvironmentLacksError(
            f"The {role} {path} is too broad for a sandbox: it would show the system's or your own secrets. "
            "Name a folder inside it."
        )
    # A change, or an earlier command, may have put a link there.
    place = _plain(path)
    others = [folder for folder in command.readable + command.writable if _plain(folder) != place]
    around = next((folder for folder in others if place.is_relative_to(_plain(folder))), None)
    if around is not None and not any(real.is_relative_to(folder.resolve()) for folder in others):
        raise EnvironmentLacksError(f"The {role} {path} leads out of {around}, to {real}. Remove that link.")
    return path


def _plain(path: Path) -> Path:
    """The absolute path as it is written: no link is followed."""
    return Path(os.path.normpath(path.absolute()))
