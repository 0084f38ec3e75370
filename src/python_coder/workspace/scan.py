# src/python_coder/workspace/scan.py — what a worktree holds, and which of it the base revision's rules ignore
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from python_coder.workspace.files import FOLDER, SUBMODULE, Item, walk
from python_coder.workspace.git import Git, decode, encode
from python_coder.workspace.trees import Entry, parents_of

# What Python's tools leave behind, ignored also in a repository that has no .gitignore.
_CACHE_FOLDERS = frozenset(
    {
        "__pycache__",
        ".hypothesis",
        ".import_linter_cache",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".venv",
    }
)
_CACHE_RULES = "".join(f"{name}/\n" for name in sorted(_CACHE_FOLDERS)) + "*.py[co]\n*.egg-info/\n.coverage\n"
# Names that git takes for a repository's own folder on some file system and never puts into a tree.
_GIT_FOLDER = re.compile(r"(?:.*\\)?(?:\.git|git~\d)[ .]*(?:[:\\].*)?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class IgnoreRules:
    """The base revision's rules and the worktree's present ones; a path is ignored only if both say so.

    A change that edits `.gitignore` can therefore bring a file into view but never hide one.
    """

    git: Git
    """Private repository whose `info/exclude` holds the user's own rules as they were when the run began."""
    base_rules: Path
    """Folder with nothing in it but the base revision's `.gitignore` files."""

    def ignored(self, paths: Iterable[str], worktree: Path) -> frozenset[str]:
        """Those of the paths, none of them in the base, that no snapshot takes in."""
        by_base = self._ask(self.base_rules, paths)
        return self._ask(worktree, by_base)

    def _ask(self, folder: Path, paths: Iterable[str]) -> frozenset[str]:
        # A leading `./` keeps a file that is named `:x` from being read as pathspec magic.
        question = "".join(f"./{path}\0" for path in paths)
        if not question:
            return frozenset()
        git = Git(folder, self.git.git_dir, is_isolated=True)
        answer = git.run("check-ignore", "--no-index", "-z", "--stdin", stdin=encode(question), ok=(0, 1))
        return frozenset(path.removeprefix("./") for path in decode(answer).split("\0")[:-1])


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What lies in a worktree."""

    kept: Mapping[str, Item]
    """Files and symlinks that belong to a snapshot, by path."""
    submodules: frozenset[str]
    """Folders that stand for a submodule of the base."""
    folders: tuple[str, ...]
    """All other folders, each before the ones inside it."""
    junk: tuple[str, ...]
    """What no git tree can hold: sockets, pipes, repositories made inside the worktree."""


def scan(worktree: Path, base: Mapping[str, Entry], rules: IgnoreRules) -> Scan:
    """Look through a worktree, following no symlink and trusting no index."""
    tracked_folders = parents_of(base)
    submodules: set[str] = set()

    def enter(path: str) -> bool:
        name = path.rpartition("/")[2]
        if path in base and base[path].mode == SUBMODULE and _is_submodule(worktree / path):
            submodules.add(path)
            return False
        is_cache = name in _CACHE_FOLDERS and path not in tracked_folders
        return not is_cache and not _GIT_FOLDER.fullmatch(name)

    items = {item.path: item for item in walk(worktree, enter) if item.path != ".git"}
    junk = {path for path, item in items.items() if not item.mode or _GIT_FOLDER.fullmatch(path.rpartition("/")[2])}
    files = {path: item for path, item in items.items() if item.mode != FOLDER and path not in junk}
    ignored = rules.ignored([path for path in files if path not in base], worktree)
    return Scan(
        kept={path: item for path, item in files.items() if path not in ignored},
        submodules=frozenset(submodules),
        folders=tuple(path for path, item in items.items() if item.mode == FOLDER and path not in junk | submodules),
        junk=tuple(sorted(junk)),
    )


def user_excludes(git: Git) -> bytes:
    """The rules by which this user's git ignores files beside `.gitignore`, weakest first, as one exclude file."""
    default = Path(git.text("rev-parse", "--path-format=absolute", "--git-path", "info/exclude"))
    return b"\n".join((global_excludes(git), _readable(default)))


def global_excludes(git: Git) -> bytes:
    """The part of `user_excludes` that does not come from the repository, as git's `core.excludesFile` can hold it."""
    configured = git.text("config", "--type=path", "--get", "core.excludesFile", ok=(0, 1))
    return _CACHE_RULES.encode() + _readable(git.folder / (configured or _default_excludes()))


def _readable(path: Path) -> bytes:
    # Git, too, goes on without a file of rules that it may not read.
    return path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else b""


def _default_excludes() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", "/"), ".config")
    return Path(home, "git", "ignore")


def _is_submodule(folder: Path) -> bool:
    # Empty as in every new worktree, or checked out. Anything else are files that somebody put there.
    return (folder / ".git").exists() or not any(folder.iterdir())
