# src/python_coder/tools/serena/repository.py — the git repository of a project, found once and held to
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import PythonCoderError
from python_coder.workspace.git import Git


@dataclass(frozen=True, kw_only=True)
class Repository:
    """Found before anything of the session ran: a command may well make a `.git` of its own inside the project.

    Git is told outright which repository it works on. It runs outside the sandbox, and a repository's own settings
    name programs.
    """

    git: Git
    """At the top of the work tree."""
    common: Path
    """Folder that all of its worktrees share."""

    @property
    def top(self) -> Path:
        """Top of the work tree."""
        return self.git.folder

    @property
    def main(self) -> Path:
        """Top of the main checkout, of which this may be a worktree."""
        return self.common.parent if self.common.name == ".git" else self.top


def find_repository(root: Path) -> Repository | None:
    """The repository whose work tree holds a folder; `None` when there is none.

    Args:
        root: Folder of a project.
    """
    try:
        here = Git(root)
        top = Path(here.text("rev-parse", "--show-toplevel"))
        git = Git(top, Path(here.text("rev-parse", "--absolute-git-dir")))
        return Repository(git=git, common=git.common_dir())
    except PythonCoderError:
        return None
