# src/python_coder/workspace/bundles.py — the base revision's tree in one file, for a machine that never saw the run
import tempfile
from pathlib import Path
from typing import NamedTuple

from python_coder.errors import EvidenceError, PythonCoderError
from python_coder.workspace.files import disk_errors
from python_coder.workspace.git import OUR_IDENTITY, Git, commit_tree, private_repository

_REF = "refs/heads/base"
_SHA256_MARK = b"@object-format=sha256\n"
_HEADER_BYTES = 4096
# The same tree gives the same commit on every machine.
_DATES = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}


class RestoredBase(NamedTuple):
    """A base tree that came out of a bundle."""

    git: Git
    """A fresh private repository that holds nothing else."""
    tree: str


def write_bundle(git: Git, tree: str, path: Path) -> None:
    """Write a git bundle of one commit without parents that holds a tree. It appears when it is whole."""
    commit = commit_tree(git, tree, parents=(), message="Base of a python-coder run\n", env=OUR_IDENTITY | _DATES)
    git.run("update-ref", _REF, commit)
    path = path.absolute()
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".bundle-", dir=path.parent) as folder:
            draft = Path(folder, "base.bundle")
            git.run("bundle", "create", "--quiet", str(draft), _REF)
            draft.replace(path)


def restore_bundle(path: Path, folder: Path) -> RestoredBase:
    """Make a fresh bare repository from a bundle of `write_bundle`.

    Args:
        path: The bundle.
        folder: Where the repository goes; made if it is not there.

    Raises:
        EvidenceError: The file is no such bundle, or it is damaged or incomplete.
    """
    path = path.absolute()
    if not path.is_file():
        raise EvidenceError(f"There is no bundle of the base at {path}. Ask for the run's whole folder.")
    with path.open("rb") as file:
        is_sha256 = _SHA256_MARK in file.read(_HEADER_BYTES)
    git = private_repository(folder, like="0" * (64 if is_sha256 else 40))
    try:
        heads = git.run("bundle", "unbundle", str(path), _REF).decode(errors="replace").split()
        commit = heads[0] if heads else ""
        # Reads the whole tree, so that a bundle with holes in it is found out here.
        git.run("rev-list", "--objects", "--quiet", commit)
        git.run("update-ref", _REF, commit)
        return RestoredBase(git, git.text("rev-parse", f"{commit}^{{tree}}"))
    except PythonCoderError as error:
        raise EvidenceError(f"The bundle {path} is damaged: {error} Take it from the run again.") from error
