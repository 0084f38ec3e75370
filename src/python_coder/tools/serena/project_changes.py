# src/python_coder/tools/serena/project_changes.py — what changed in a work tree since a session began, by git
from pathlib import Path

from python_coder.errors import PythonCoderError
from python_coder.workspace.git import Git

_MOST_FILES = 100
_MOST_COMMITS = 20


def present_commit(root: Path) -> str:
    """The commit that is checked out; empty without git or before the first commit."""
    try:
        return Git(root).text("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1, 128))
    except PythonCoderError:
        return ""


def changes_since(root: Path, base: str) -> list[str]:
    """Changed and new files below a folder, and new commits, one a line.

    Args:
        root: Folder of the project.
        base: Commit to compare with; empty for one that there is not.
    """
    if not base:
        return ["changes: unknown, since there is no git history to compare with"]
    git = Git(root)
    try:
        commits = git.text("log", "--oneline", "--no-decorate", f"{base}..HEAD", "--", ".").splitlines()
        counts = git.text("diff", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", base, "--", ".")
        new = git.text("ls-files", "--others", "--exclude-standard", "--", ".").splitlines()
    except PythonCoderError as error:
        return [f"changes: unknown ({error})"]
    changed = [_counted(line) for line in counts.splitlines()]
    files = [*changed, *(f"new, untracked: {path}" for path in new)]
    more = [f"… {len(files) - _MOST_FILES} more files"] if len(files) > _MOST_FILES else []
    told = [f"commit: {line}" for line in commits[:_MOST_COMMITS]]
    return [*told, *files[:_MOST_FILES], *more] or ["changes: none since the session began"]


def _counted(line: str) -> str:
    added, removed, path = (*line.split("\t", 2), "", "")[:3]
    return f"changed: {path} (+{added} -{removed})"
