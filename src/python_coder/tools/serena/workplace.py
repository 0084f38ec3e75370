# src/python_coder/tools/serena/workplace.py — where commands run: a work tree, its environment, its programs
import contextlib
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.errors import PythonCoderError, ToolRefusedError
from python_coder.gates.known_good import KnownGood
from python_coder.tools.files import refusal
from python_coder.tools.serena.repository import Repository
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.environment import process_env
from python_coder.workspace.project import find_project
from python_coder.workspace.view import trace

MODULES = ("pytest", "ruff", "mypy", "alembic")
"""Checking programs, each of which is a module, too."""

_ENVIRONMENTS = (".venv", "venv", "env", ".virtualenv")
_UNSEARCHED = frozenset((".git", "node_modules", "__pycache__", *_ENVIRONMENTS))
_MOST_HIDDEN = 100


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """All that decides how a command of the project runs. Of the caller's own environment nothing is in it."""

    root: Path
    """The work tree; a command may write here."""
    start: Path
    """Folder in which commands start, at or below `root`."""
    scratch: Path
    """Folder outside of it that a command may write to."""
    runner: CommandRunner
    env: Mapping[str, str]
    environment: Path | None
    """Folder of the project's Python environment, read-only; `None` when it has none."""
    programs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """First words, absolute, of programs that are not in the environment."""
    readable: Sequence[Path] = ()
    """Shown, though never written to: also what lies below `root`, such as `.git`."""
    hidden: Sequence[Path] = ()
    """Files below `root` that a command sees empty where the sandbox can do that: they hold secrets."""
    is_strict: bool = False
    """Whether the environment's checking programs alone can be run, as in a run whose commands are evidence."""

    def argv(self, program: str) -> tuple[str, ...]:
        """First words that start a program.

        Raises:
            ToolRefusedError: The environment does not have it.
        """
        if program in self.programs:
            return tuple(self.programs[program])
        if self.environment is not None:
            python = self.environment / "bin" / "python"
            if program in {"python", "python3"}:
                return (str(python),)
            installed = self.environment / "bin" / program
            if installed.exists():
                return (str(python), "-m", program) if program in MODULES else (str(installed),)
        where = f"the environment {self.environment}" if self.environment else "an environment of the project"
        raise ToolRefusedError(
            f"There is no {program!r} in {where}. "
            + ("Add it to the project's dependencies." if self.environment else "Make one, such as with: uv sync")
        )


def run_workplace(
    known_good: KnownGood, folder: Path, *, scratch: Path, runner: CommandRunner, env: Mapping[str, str]
) -> Workplace:
    """The workplace of a run: tools that were seen to work, on the run's own work tree.

    Args:
        known_good: What was tried on the base revision.
        folder: The work tree, at the git root.
        scratch: Folder for temporary files.
        runner: The run's sandbox.
        env: The whole environment block of the project's processes.
    """
    python = str(known_good.python)
    own = {"ruff": known_good.ruff, "mypy": known_good.mypy}
    programs: dict[str, Sequence[str]] = {name: (python, "-m", name) for name in MODULES}
    programs |= {name: fact.argv for name, fact in own.items() if fact is not None}
    return Workplace(
        root=folder,
        start=folder / known_good.project_root,
        scratch=scratch,
        runner=runner,
        env=env,
        environment=known_good.environment,
        programs=programs,
        is_strict=True,
    )


def project_workplace(
    root: Path, repository: Repository | None, environment: Path | None, *, scratch: Path, runner: CommandRunner
) -> Workplace:
    """The workplace of a project as it lies there.

    Args:
        root: Folder of the project.
        repository: As it was before any command ran, which might have made another one.
        environment: See `environment_of`; found as early.
        scratch: Folder for temporary files.
        runner: A sandbox.
    """
    root = root.resolve()
    top = repository.top if repository else root
    roots: Sequence[str] = (".",)
    start, declared = root, {}
    with contextlib.suppress(PythonCoderError):  # no project of Python; git and the like run all the same
        project = find_project(root)
        roots, declared = project.import_roots, dict(project.declared_env)
        start = folder if (folder := project.folder(root).resolve()).is_relative_to(root) else root
    env = process_env(environment or root / ".venv", start, roots, env=declared)
    around = (top,) if top != root else ()
    inside = (*around, top / ".git", root / ".git", repository.common if repository else None, environment)
    guarded = [path for path in inside if path is not None]
    return Workplace(
        root=root,
        start=start,
        scratch=scratch,
        runner=runner,
        env=env,
        environment=environment,
        programs=_own_tools(environment),
        readable=tuple(dict.fromkeys(path for path in guarded if os.path.lexists(path))),
        hidden=secret_files(top, repository),
    )


def environment_of(root: Path, repository: Repository | None) -> Path | None:
    """The project's own Python environment, in its folder or in that of the main checkout; `None` when it has none.

    Args:
        root: Folder of the project.
        repository: The project's.
    """
    top, main = (repository.top, repository.main) if repository else (root, root)
    below = root.relative_to(top) if root.is_relative_to(top) else Path()
    folders = dict.fromkeys((root, top, main / below, main))
    places = (folder / name for folder in folders for name in _ENVIRONMENTS)
    return next((place for place in places if (place / "pyvenv.cfg").is_file() and _is_plain(place)), None)


def _is_plain(environment: Path) -> bool:
    """Whether the environment is a folder of its own, which no link leads to."""
    return trace(environment)[0] == environment.resolve() and not environment.is_symlink()


def _own_tools(environment: Path | None) -> dict[str, Sequence[str]]:
    """Our own ruff and mypy, where the project's environment has none."""
    found: dict[str, Sequence[str]] = {}
    for name in ("ruff", "mypy"):
        theirs = environment is not None and (environment / "bin" / name).exists()
        ours = shutil.which(name, path=str(Path(sys.executable).parent))
        if not theirs and ours:
            found[name] = (ours,)
    return found


def secret_files(root: Path, repository: Repository | None) -> tuple[Path, ...]:
    """Files that may hold secrets and are no part of the repository.

    Args:
        root: Where to look.
        repository: The one that `root` is in.
    """
    found: list[Path] = []
    for here, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _UNSEARCHED]
        paths = (Path(here, name) for name in files)
        found += [path for path in paths if _is_secret(path.relative_to(root)) and not path.is_symlink()]
        if len(found) > _MOST_HIDDEN:
            break
    if repository is None or not found:
        return tuple(found)
    tracked = set(repository.git.text("ls-files", "-z", "--full-name", "--", *map(str, found)).split("\0"))
    return tuple(path for path in found if path.relative_to(repository.top).as_posix() not in tracked)


def _is_secret(path: Path) -> bool:
    return "secret" in (refusal(path.as_posix()) or "")
