# src/python_coder/symbols/outer_rules.py — rules from around a project: info/exclude and outer .gitignore files
import os
from dataclasses import dataclass
from pathlib import Path

from python_coder.symbols.ignored import GITIGNORE, IgnoreRules, read_rule_file

_GIT = ".git"
_GIT_FILE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class OuterRules:
    """Where rules for a project's root may stand outside of it."""

    prefix: str
    """The root relative to its repository, empty if it is the repository or in none."""
    exclude: str
    """The repository's `info/exclude`; empty if there is no repository."""
    gitignores: tuple[str, ...]
    """Files in the folders above the root, outermost first. They need not exist."""

    @classmethod
    def around(cls, root: Path) -> "OuterRules":
        """Look for the repository that a folder belongs to."""
        top = next((folder for folder in (root, *root.parents) if os.path.lexists(folder / _GIT)), None)
        if top is None:
            return cls("", "", ())
        above = [folder for folder in reversed(root.parents) if folder.is_relative_to(top)]
        prefix = root.relative_to(top).as_posix()
        exclude = _common_folder(top / _GIT) / "info/exclude"
        return cls("" if prefix == "." else prefix, str(exclude), tuple(str(folder / GITIGNORE) for folder in above))

    @property
    def files(self) -> tuple[str, ...]:
        """All files that may hold rules, weakest first."""
        return (self.exclude, *self.gitignores) if self.exclude else ()

    def read(self) -> IgnoreRules:
        """The rules that hold for the root. None do if it is ignored itself: then somebody meant to look into it."""
        if not self.exclude:
            return IgnoreRules()
        rules = IgnoreRules().within("", read_rule_file(self.exclude))
        parts = self.prefix.split("/")
        for depth, file in enumerate(self.gitignores):
            rules = rules.within("/".join(parts[:depth]), read_rule_file(file))
            if rules.ignores("/".join(parts[: depth + 1]), is_folder=True):
                return IgnoreRules()
        return rules


def is_linked_worktree(folder: str) -> bool:
    """Whether a folder is a second checkout of some repository, made by `git worktree`, rather than a submodule."""
    return f"{os.sep}worktrees{os.sep}" in _read_small(Path(folder, _GIT))


def _common_folder(git: Path) -> Path:
    """The folder in which a repository keeps what all its worktrees share.

    Source: gitrepository-layout(5).
    """
    link = _read_small(git).removeprefix("gitdir:").strip()
    folder = git.parent / link if link else git
    common = _read_small(folder / "commondir").strip()
    return Path(os.path.normpath(folder / common)) if common else folder


def _read_small(path: Path) -> str:
    """Text of a small file; nothing if it cannot be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return os.fsdecode(file.read(_GIT_FILE_BYTES))
    except OSError:
        return ""
