# src/python_coder/workspace/starting_point.py — the commit a run starts from, with or without uncommitted work
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from python_coder.errors import UsageError
from python_coder.workspace.git import Git, commit_tree, decode, encode, user_identity
from python_coder.workspace.scan import global_excludes

_UNFINISHED = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}
_UNMERGED = {"DD", "AU", "UD", "UA", "DU", "AA", "UU"}
_NAMED_FILES = 5
_MEMORIES = b"\n/.serena/memories/\n"
"""Untracked memories are no work of the user's: they are kept beside the project, and are never part of a change."""


@dataclass(frozen=True, kw_only=True)
class StartingPoint:
    """What a run starts from."""

    head_commit: str
    """The user's `HEAD`."""
    base_commit: str
    """`HEAD`, or a commit on top of it that holds the user's uncommitted work."""
    base_tree: str


class _Uncommitted(NamedTuple):
    code: str
    path: str

    @property
    def is_in_index(self) -> bool:
        # The second letter tells the work tree from the index; a blank means that the index has it all.
        return self.code[1] == " "

    @property
    def is_deleted(self) -> bool:
        return self.code[1] == "D"


def find_starting_point(git: Git, *, include_dirty: bool) -> StartingPoint:
    """Find the base of a run, and write a commit of uncommitted work if that is wanted.

    The user's index, work tree, stash and refs stay as they are.

    Raises:
        UsageError: There is uncommitted work that was not asked for, or a merge or rebase stands half done.
    """
    head, tree = git.text("rev-parse", "HEAD^{commit}", "HEAD^{tree}").split()
    with tempfile.TemporaryDirectory(prefix="python-coder-") as name:
        scratch = Path(name)
        changes = _uncommitted(git, scratch)
        if not changes:
            return StartingPoint(head_commit=head, base_commit=head, base_tree=tree)
        if not include_dirty:
            raise UsageError(
                f"{git.folder} has uncommitted changes: {_some(changes)}. "
                "Commit them, or run on top of them with --include-dirty."
            )
        _refuse_unfinished(git, changes)
        tree = _tree_of_work(git, changes, scratch)
    message = "Uncommitted work at the start of a python-coder run\n"
    commit = commit_tree(git, tree, parents=(head,), message=message, env=user_identity(git))
    return StartingPoint(head_commit=head, base_commit=commit, base_tree=tree)


def _uncommitted(git: Git, scratch: Path) -> list[_Uncommitted]:
    excludes = scratch / "excludes"
    excludes.write_bytes(global_excludes(git) + _MEMORIES)
    output = git.run(
        "-c",
        f"core.excludesFile={excludes}",
        "status",
        "--porcelain=v1",
        "-z",
        "--untracked-files=all",
        "--ignored=no",
        "--no-renames",
        "--ignore-submodules=dirty",
    )
    lines = decode(output).split("\0")[:-1]
    # A path that ends in a slash is another repository inside this one; git would not take its files either.
    return [_Uncommitted(line[:2], line[3:]) for line in lines if not line.endswith("/")]


def _some(changes: list[_Uncommitted]) -> str:
    names = ", ".join(change.path for change in changes[:_NAMED_FILES])
    more = len(changes) - _NAMED_FILES
    return f"{names} and {more} more" if more > 0 else names


def _refuse_unfinished(git: Git, changes: list[_Uncommitted]) -> None:
    git_dir = git.git_dir or git.folder / ".git"
    for name, word in _UNFINISHED.items():
        if (git_dir / name).exists():
            raise UsageError(f"A {word} is in progress in {git.folder}. Finish or abort it first: git {word} --abort")
    unmerged = [change for change in changes if change.code in _UNMERGED]
    if unmerged:
        raise UsageError(f"{git.folder} has unresolved conflicts: {_some(unmerged)}. Resolve them first.")


def _tree_of_work(git: Git, changes: list[_Uncommitted], scratch: Path) -> str:
    index = scratch / "index"
    users_index = Path(git.text("rev-parse", "--path-format=absolute", "--git-path", "index"))
    env = {"GIT_INDEX_FILE": str(index)}
    if users_index.is_file():
        # With its time stamps: git compares them with the files' own to know which entries it must read again.
        shutil.copy2(users_index, index)
    else:
        git.run("read-tree", "HEAD", env=env)
    deleted = [change.path for change in changes if change.is_deleted]
    present = [change.path for change in changes if not (change.is_in_index or change.is_deleted)]
    for switches, paths in ((("--force-remove",), deleted), (("--add", "--remove", "--replace"), present)):
        git.run("update-index", *switches, "-z", "--stdin", stdin=encode("".join(f"{p}\0" for p in paths)), env=env)
    return git.text("write-tree", env=env)
