# src/python_coder/tools/serena/project_changes.py — what changed in a work tree since a session began, by git
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from python_coder.errors import PythonCoderError
from python_coder.tools.serena.repository import Repository

_MOST_FILES = 100
_MOST_COMMITS = 20


def changes_from_here(repository: Repository | None, root: Path) -> Callable[[], Sequence[str]]:
    """Remember the commit that is checked out now.

    Args:
        repository: The project's; `None` when it has none.
        root: Folder of the project.

    Returns:
        A function that tells what changed below the folder since, one file or commit a line.
    """
    commit = ""
    if repository is not None:
        commit = repository.git.text("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1, 128))
    if repository is None or not commit:
        return lambda: ["changes: unknown, since there is no git history to compare with"]
    return partial(_changes, repository, root.relative_to(repository.top).as_posix(), commit)


def _changes(repository: Repository, below: str, base: str) -> Sequence[str]:
    git = repository.git
    try:
        commits = git.text("log", "--oneline", "--no-decorate", f"{base}..HEAD", "--", below).splitlines()
        counts = git.text("diff", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", base, "--", below)
        new = git.text("ls-files", "--others", "--exclude-standard", "--", below).splitlines()
    except PythonCoderError as error:
        return [f"changes: unknown ({error})"]
    files = [*(_counted(line) for line in counts.splitlines()), *(f"new, untracked: {path}" for path in new)]
    more = [f"… {len(files) - _MOST_FILES} more files"] if len(files) > _MOST_FILES else []
    told = [f"commit: {line}" for line in commits[:_MOST_COMMITS]]
    return [*told, *files[:_MOST_FILES], *more] or ["changes: none since the session began"]


def _counted(line: str) -> str:
    added, removed, path = (*line.split("\t", 2), "", "")[:3]
    return f"changed: {path} (+{added} -{removed})"
