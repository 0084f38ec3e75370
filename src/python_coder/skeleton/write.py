# src/python_coder/skeleton/write.py — writes a new service: rendered, locked, committed, then put in place at once
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from copier import Settings, run_copy
from copier.errors import CopierError
from plumbum import local

from python_coder.errors import EnvironmentLacksError, PythonCoderError, UsageError
from python_coder.skeleton.lock import write_lock
from python_coder.skeleton.names import check_name
from python_coder.workspace.git import Git, user_identity

_SKELETON = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class WrittenService:
    """A service that lies in its folder now."""

    folder: Path
    files: tuple[str, ...]
    """Paths relative to the folder, sorted, the lock file among them."""
    commit: str = ""
    """Id of the first commit; empty when there is none."""
    outer_repository: Path | None = None
    """Repository that the folder lies in; its files were left uncommitted there, and no other repository was made."""
    problems: tuple[str, ...] = ()
    """What is missing on this machine, one sentence each, ending with the command that mends it."""


def write_service(target: Path, name: str, *, defaults: bool, is_nested_git: bool = False) -> WrittenService:
    """Write a service into a new or empty folder. If it fails, nothing is left behind.

    Args:
        target: The service's folder. Missing parents are made.
        name: Name of the service as PEP 508 has it.
        defaults: Ask nothing; else the template's questions are asked on the terminal.
        is_nested_git: Make a repository even inside another one.

    Raises:
        UsageError: The name or the folder will not do.
        EnvironmentLacksError: The folder cannot be written.
    """
    check_name(name)
    target = Path(os.path.abspath(target))  # noqa: PTH100  # `..` goes, but links stay as the user wrote them.
    _check_target(target)
    made = _make_parents(target.parent)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=target.parent) as scratch:
            draft = Path(scratch) / "service"
            return _write(draft, target, name, defaults=defaults, is_nested_git=is_nested_git)
    except BaseException as error:
        _remove_empty(made)
        if isinstance(error, OSError):
            raise _unwritable(target, error) from error
        raise


def _write(draft: Path, target: Path, name: str, *, defaults: bool, is_nested_git: bool) -> WrittenService:
    _render(draft, name, defaults=defaults)
    problems = []
    try:
        write_lock(draft, name)
    except EnvironmentLacksError as error:
        problems.append(f"{error} Mend: cd {target} && uv lock && git add uv.lock && git commit -m 'Add the lock file'")
    files = tuple(sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file()))
    outer = None if is_nested_git else _outer_repository(target)
    commit = ""
    if outer is None:
        try:
            commit = _first_commit(draft, files)
        except PythonCoderError as error:
            shutil.rmtree(draft / ".git", ignore_errors=True)
            problems.append(f"{error} Mend: cd {target} && git init && git add -A && git commit -m 'First commit'")
    _put_in_place(draft, target)
    return WrittenService(folder=target, files=files, commit=commit, outer_repository=outer, problems=tuple(problems))


def _render(draft: Path, name: str, *, defaults: bool) -> None:
    answers = {"service_name": name}
    try:
        # The user's own Copier settings stay out, so that the same name gives the same service everywhere. So does git,
        # which Copier would run for each file under a configuration that may be broken: the template is a mere folder.
        with local.env(PATH=""):
            run_copy(str(_SKELETON), draft, answers, settings=Settings(), defaults=defaults, quiet=True)
    except KeyboardInterrupt:
        raise
    except CopierError as error:
        raise UsageError(f"The questions were not answered: {error}. To ask none: --defaults") from error


def _first_commit(folder: Path, files: tuple[str, ...]) -> str:
    git = Git(folder)
    # An empty template brings no hooks along.
    git.run("init", "--quiet", "--template=", "--initial-branch=main")
    # By force and by name, so that the user's global ignore file cannot leave a part of the service out.
    git.run("add", "--force", "--", *files)
    message = "Start the service from the python-coder skeleton"
    git.run("commit", "--quiet", "--no-verify", "--message", message, env=user_identity(git))
    return git.text("rev-parse", "HEAD")


def _outer_repository(target: Path) -> Path | None:
    return next((folder for folder in target.resolve().parents if (folder / ".git").exists()), None)


def _check_target(target: Path) -> None:
    if target.is_dir():
        if any(target.iterdir()):
            raise UsageError(f"{target} exists and is not empty. Choose another name, or empty the folder first.")
    elif target.is_symlink() or target.exists():
        raise UsageError(f"{target} exists and is no folder. Choose another name.")


def _make_parents(parent: Path) -> list[Path]:
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove_empty(missing)
        raise _unwritable(parent, error) from error
    return missing


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def _put_in_place(draft: Path, target: Path) -> None:
    if not target.is_dir():
        draft.rename(target)
        return
    # An empty folder stays the same one: the user's shell may stand in it.
    if any(target.iterdir()):
        raise UsageError(f"{target} was filled by somebody else in the meantime. Nothing was written.")
    moved = []
    try:
        for path in draft.iterdir():
            moved.append(path.rename(target / path.name))
    except BaseException:
        for path in moved:
            path.rename(draft / path.name)
        raise


def _unwritable(path: Path, error: OSError) -> PythonCoderError:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return UsageError(f"{path} cannot be made, since a file is in the way: {error.filename}. Choose another place.")
    return EnvironmentLacksError(
        f"{path} cannot be written: {error.strerror or error}. Choose another folder, or make room and try again."
    )
