# src/python_coder/workspace/registration.py — how the user's repository knows of a run's worktree
import contextlib
from pathlib import Path

from python_coder.workspace.files import remove_folder
from python_coder.workspace.git import Git


def register(git: Git, folder: Path, commit: str) -> None:
    """Make `folder` an empty worktree of the repository, detached at a commit. What was there is removed."""
    unregister(git, folder)
    git.run("worktree", "add", "--quiet", "--detach", "--no-checkout", str(folder), commit)
    admin = admin_folder(git, folder)
    # Only for people and models who ask `git status` in the worktree; nothing of ours reads this index.
    Git(folder, admin).run("-c", "core.sparseCheckout=false", "read-tree", commit)


def is_registered(git: Git, folder: Path) -> bool:
    """Whether `folder` is a worktree whose `.git` file still names its place in the repository."""
    admin = admin_folder(git, folder)
    link = folder / ".git"
    if admin is None or link.is_symlink() or not link.is_file():
        return False
    return _target(link, folder, "gitdir: ") == admin.resolve()


def unregister(git: Git, folder: Path) -> None:
    """Remove a worktree and the repository's record of it, and no other record.

    `git worktree prune` would also drop the user's own worktrees whose disk is not mounted now.
    """
    admin = admin_folder(git, folder)
    remove_folder(folder)
    if admin is not None:
        remove_folder(admin)
        with contextlib.suppress(OSError):
            admin.parent.rmdir()


def admin_folder(git: Git, folder: Path) -> Path | None:
    """Where the repository keeps its record of a worktree, or `None` when it has none."""
    link = folder.resolve() / ".git"
    records = (git.common_dir() / "worktrees").glob("*/gitdir")
    return next((record.parent for record in records if _target(record, record.parent, "") == link), None)


def _target(record: Path, base: Path, prefix: str) -> Path:
    # Newer versions of git can write these paths relative to where they stand.
    text = record.read_text(encoding="utf-8", errors="surrogateescape").removesuffix("\n").removeprefix(prefix)
    target = base / text
    return target.parent.resolve() / target.name
