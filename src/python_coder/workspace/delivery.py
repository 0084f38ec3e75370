# src/python_coder/workspace/delivery.py — how a finished change reaches the user: a branch or a patch file
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError, PythonCoderError, UsageError
from python_coder.workspace.commands import digest
from python_coder.workspace.files import write_atomically
from python_coder.workspace.git import Git, commit_tree, user_identity
from python_coder.workspace.worktree import Workspace

_PREFIX = "python-coder"
_MAX_SLUG_LENGTH = 48
_MAX_NAMES = 1000


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What was handed to the user: a branch, or a patch file."""

    tree: str
    branch: str = ""
    """Without `refs/heads/`; empty when a patch was delivered."""
    commit: str = ""
    patch: Path | None = None
    patch_digest: str = ""
    """SHA-256 of the patch file, hexadecimal."""


def slug_of(task: str) -> str:
    """A task's words as the end of a branch name: lower-case ASCII, dashes, at most 48 characters.

    Example:
        >>> slug_of("Add cursor pagination to GET /items!")
        'add-cursor-pagination-to-get-items'
    """
    plain = unicodedata.normalize("NFKD", task).encode("ascii", "ignore").decode().lower()
    slug = ""
    for word in re.findall(r"[a-z0-9]+", plain):
        longer = f"{slug}-{word}" if slug else word[:_MAX_SLUG_LENGTH]
        if len(longer) > _MAX_SLUG_LENGTH:
            break
        slug = longer
    return slug or "task"


def deliver_branch(workspace: Workspace, tree: str, *, slug: str, message: str) -> Delivered:
    """Put a tree on a new branch as one commit on top of the base commit. Nothing is checked out.

    Args:
        workspace: The run's workspace.
        tree: Tree id that `checkpoint` returned.
        slug: End of the branch name, as `slug_of` makes it; a number follows when the name is taken.
        message: Commit message.

    Raises:
        UsageError: The tree is the base itself, or no branch of this name can be made.
    """
    if tree == workspace.base_tree:
        raise UsageError("There is no change to deliver: the tree is the base itself.")
    git = workspace.git
    text = f"{message.strip()}\n"
    commit = commit_tree(git, tree, parents=(workspace.base_commit,), message=text, env=user_identity(git))
    name = f"{_PREFIX}/{slug_of(slug)}"
    for number in range(1, _MAX_NAMES):
        branch = name if number == 1 else f"{name}-{number}"
        if not _exists(git, branch) and _create(git, branch, commit):
            return Delivered(tree=tree, branch=branch, commit=commit)
    raise UsageError(f"No branch {name} can be made in {git.folder}. Delete some: git branch --list '{_PREFIX}/*'")


def find_branch(workspace: Workspace, tree: str, *, slug: str) -> Delivered | None:
    """A branch of that name which already holds the tree on top of the base commit, if there is one."""
    form = "--format=%(refname:short)%00%(objectname)%00%(tree)%00%(parent)"
    for line in workspace.git.text("for-each-ref", form, f"refs/heads/{_PREFIX}/{slug_of(slug)}*").splitlines():
        branch, commit, found, parent = line.split("\0")
        if (found, parent) == (tree, workspace.base_commit):
            return Delivered(tree=tree, branch=branch, commit=commit)
    return None


def deliver_patch(workspace: Workspace, tree: str, path: Path) -> Delivered:
    """Write the change from the base to a tree into a file that `git apply` accepts. Readers never see half of it.

    Raises:
        EnvironmentLacksError: The file cannot be written.
    """
    patch = workspace.change(tree).patch_bytes
    path = path.absolute()
    write_atomically(path, patch)
    return Delivered(tree=tree, patch=path, patch_digest=digest(patch))


def undo_delivery(git: Git, delivered: Delivered) -> None:
    """Take a delivery back, if the user has not built on it. Taking it back twice is no error.

    Raises:
        UsageError: The branch has moved on or is checked out, or the patch file was changed; it stays.
    """
    if delivered.branch:
        _delete_branch(git, delivered)
    if delivered.patch is not None and delivered.patch.exists():
        if digest(delivered.patch.read_bytes()) != delivered.patch_digest:
            raise UsageError(f"{delivered.patch} was changed since it was delivered and stays. Delete it yourself.")
        delivered.patch.unlink()


def _exists(git: Git, branch: str) -> bool:
    return bool(git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", ok=(0, 1)))


def _create(git: Git, branch: str, commit: str) -> bool:
    if _exists(git, _PREFIX):
        raise UsageError(
            f"A branch named {_PREFIX} stands in the way of {branch}. Rename it: git branch -m {_PREFIX} NAME"
        )
    ref = f"refs/heads/{branch}"
    try:
        git.run("update-ref", "-m", "python-coder: delivered", ref, commit, "0" * len(commit))
    except (EnvironmentLacksError, UsageError):
        raise
    except PythonCoderError:
        # Somebody else took the name just now, or has branches below it; the next name will do.
        return False
    return True


def _delete_branch(git: Git, delivered: Delivered) -> None:
    ref = f"refs/heads/{delivered.branch}"
    found = git.text("for-each-ref", "--format=%(objectname) %(worktreepath)", ref)
    if not found:
        return
    commit, _, worktree = found.partition(" ")
    if commit != delivered.commit:
        raise UsageError(
            f"Branch {delivered.branch} has moved on since it was delivered: it is at {commit[:12]}, not at "
            f"{delivered.commit[:12]}. It stays; delete it yourself: git branch -D {delivered.branch}"
        )
    if worktree:
        raise UsageError(
            f"Branch {delivered.branch} is checked out in {worktree} and stays. "
            f"Switch to another branch there, then try again: git -C {worktree} switch -"
        )
    git.run("update-ref", "-d", ref, delivered.commit)
