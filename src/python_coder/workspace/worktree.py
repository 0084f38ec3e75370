# src/python_coder/workspace/worktree.py — one run's own place to work: a git worktree with checkpoints
import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from python_coder.errors import EnvironmentLacksError, PythonCoderError, ToolRefusedError, UsageError
from python_coder.workspace.bundles import write_bundle
from python_coder.workspace.changes import Change, change_between
from python_coder.workspace.checkpoints import Checkpoint, Checkpoints, Written
from python_coder.workspace.files import (
    SUBMODULE,
    disk_errors,
    hash_blob,
    hash_item,
    read_item,
    remove_folder,
    write_atomically,
)
from python_coder.workspace.git import (
    Git,
    open_repository,
    private_repository,
    write_blobs,
)
from python_coder.workspace.registration import is_registered, register, unregister
from python_coder.workspace.scan import IgnoreRules, Scan, scan, user_excludes
from python_coder.workspace.starting_point import find_starting_point
from python_coder.workspace.trees import Entry, TreeStore, lay_out, tree_with

_RUN_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.|lock$))*(?<!\.)")
_STATE = "workspace.json"
_MAX_NEW_BYTES = 200_000_000
_NO_REFLOG = ("-c", "core.logAllRefUpdates=false")


@dataclass(frozen=True, kw_only=True)
class _State:
    """What a run folder keeps so that another process can open the workspace."""

    repository: str
    git_dir: str
    run_id: str
    head_commit: str
    base_commit: str
    base_tree: str
    is_ready: bool


@dataclass(frozen=True)
class Workspace:
    """A worktree of the user's repository outside the user's work tree. The user's files, index and branches stay.

    Files are taken as their bytes are: `.gitattributes` and line-ending settings have no say between the worktree and
    its trees, and an index is never asked whether a file changed.
    """

    repository: Path
    """Top of the user's work tree."""
    folder: Path
    """The worktree, at the git root."""
    git: Git
    """The user's repository; reads and writes objects and private refs, never the work tree."""
    trees: TreeStore
    base_commit: str
    """What the change is measured from: `HEAD`, or the commit of uncommitted work on top of it."""
    base_tree: str
    head_commit: str
    run_id: str

    @classmethod
    def create(cls, repository: Path, run_folder: Path, *, run_id: str, include_dirty: bool = False) -> "Workspace":
        """Make the worktree of a new run.

        Args:
            repository: Any folder of the user's work tree.
            run_folder: The run's own folder, outside that work tree; made if it is not there.
            run_id: Names the private refs; letters, digits, `.`, `_` and `-`.
            include_dirty: Start from the uncommitted work too, untracked files included.

        Raises:
            UsageError: No usable repository; uncommitted work that was not asked for; a merge in progress; the run
                exists already.
            EnvironmentLacksError: The disk is full or not writable, or cannot hold the files as they are.
        """
        if not _RUN_ID.fullmatch(run_id):
            raise UsageError(f"{run_id!r} cannot name a run. Take letters, digits, `.`, `_` and `-`.")
        git = open_repository(repository)
        run_folder = run_folder.absolute()
        if run_folder.resolve().is_relative_to(git.folder.resolve()):
            raise UsageError(
                f"The run folder {run_folder} lies inside the repository {git.folder}. "
                "Set PYTHON_CODER_STATE to a folder outside of it."
            )
        if (run_folder / _STATE).exists():
            raise UsageError(f"The run {run_id} exists already in {run_folder}. Go on: python-coder resume {run_id}")
        start = find_starting_point(git, include_dirty=include_dirty)
        state = _State(
            repository=str(git.folder), git_dir=str(git.git_dir), run_id=run_id, is_ready=False, **asdict(start)
        )
        workspace = _workspace(state, run_folder)
        with disk_errors(run_folder):
            run_folder.mkdir(parents=True, exist_ok=True)
        _save(state, run_folder)
        try:
            workspace._build(workspace.base_tree)
        except PythonCoderError:
            workspace.remove()
            raise
        return workspace

    @classmethod
    def load(cls, run_folder: Path) -> "Workspace":
        """The workspace of a run as it was recorded. Looks at nothing and mends nothing: enough to `remove` it.

        Raises:
            UsageError: The run has no workspace, or its record cannot be read.
        """
        return _workspace(_read_state(run_folder.absolute()), run_folder.absolute())

    @classmethod
    def open(cls, run_folder: Path, *, repository: Path | None = None, run_id: str | None = None) -> "Workspace":
        """Open the workspace of an earlier run to go on with it, and mend what a kill left half made.

        A worktree that is whole keeps its content; else it is made again at the last checkpoint. Clean copies of
        trees are made anew on demand, since nobody knows what wrote into them.

        Args:
            run_folder: The folder given to `create`.
            repository: Where the repository is now, if it may have moved.
            run_id: Name of the run that is expected there.

        Raises:
            UsageError: The folder holds no workspace or another run's; its repository or base commit is gone.
        """
        run_folder = run_folder.absolute()
        state = _read_state(run_folder)
        if run_id not in {None, state.run_id}:
            raise UsageError(f"{run_folder} belongs to run {state.run_id}, not to {run_id}. Name the right run.")
        git = open_repository(repository or Path(state.repository))
        moved = replace(state, repository=str(git.folder), git_dir=str(git.git_dir))
        workspace = _workspace(moved, run_folder)
        if not git.run("rev-parse", "--verify", "--quiet", f"{state.base_commit}^{{commit}}", ok=(0, 1, 128)):
            raise UsageError(
                f"Commit {state.base_commit}, which run {state.run_id} started from, is not in {git.folder}. "
                "Name the repository it came from, or start a new run."
            )
        remove_folder(workspace.trees.store)
        parts = (workspace.trees.git.folder, workspace._rules.base_rules)
        is_whole = all(part.is_dir() for part in parts) and is_registered(git, workspace.folder)
        if not (state.is_ready and moved == state and is_whole):
            _save(replace(moved, is_ready=False), run_folder)
            saved = workspace.checkpoints()
            workspace._build(saved[-1].tree if saved else workspace.base_tree)
        return workspace

    def snapshot(self) -> str:
        """Tree id of what the worktree holds now. Every file is read; time stamps are not trusted.

        A new file is left out only when the base revision's ignore rules say so too.

        Raises:
            ToolRefusedError: There is too much new content for a change; some of it must go first.
        """
        changes = self._changes()
        write_blobs(self.git, (found.content for found in changes.values() if found))
        entries = {
            path: Entry(found.mode, hash_blob(found.content, self.base_tree)) if found else None
            for path, found in changes.items()
        }
        return tree_with(self.git, self.base_tree, entries)

    def ignored(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the paths at which a new file would be left out of every snapshot. They need not exist."""
        base = self.trees.entries(self.base_tree)
        return self._rules.ignored([path for path in paths if path not in base], self.folder)

    def checkpoint(self, label: str) -> str:
        """Save the worktree's content on a private ref, which no push or `git branch` shows. Returns the tree id.

        Raises:
            ToolRefusedError: As for `snapshot`.
        """
        return self.saved.add(self._changes(), label).tree

    @cached_property
    def saved(self) -> Checkpoints:
        """Where the run's states are kept, on its private refs."""
        refs = f"refs/python-coder/{self.run_id}"
        return Checkpoints(git=self.git, refs=refs, base_commit=self.base_commit, base_tree=self.base_tree)

    def checkpoints(self) -> list[Checkpoint]:
        """All saved states, oldest first."""
        return self.saved.all()

    def restore(self, tree: str) -> None:
        """Make the worktree hold exactly a tree. What is in no tree goes; ignored files stay.

        Raises:
            EnvironmentLacksError: The disk is full or not writable.
        """
        target = self.trees.entries(tree)
        found = self._scan()
        with disk_errors(self.folder):
            for path in (*found.junk, *(path for path in found.kept if path not in target)):
                remove_folder(self.folder / path)
            lay_out(self.trees.git, self._missing(target, found), self.folder)
            for path in reversed(found.folders):
                if path not in target:
                    with contextlib.suppress(OSError):
                        (self.folder / path).rmdir()

    def change(self, tree: str | None = None) -> Change:
        """The difference from the base to a tree; without one, to the worktree as it is now."""
        return change_between(self.trees.git, self.base_tree, tree or self.snapshot())

    def base_bundle(self, path: Path) -> None:
        """Write the base tree into a git bundle, which `restore_bundle` reads on any machine."""
        write_bundle(self.trees.git, self.base_tree, path)

    def remove(self) -> None:
        """Remove the worktree, the private refs and the trees. The user's tree and the run's evidence stay."""
        run_folder = self.folder.parent
        if self.git.git_dir is not None and self.git.git_dir.is_dir():
            unregister(self._anywhere, self.folder)
            refs = self._anywhere.run("for-each-ref", "--format=delete %(refname)", f"{self.saved.refs}/")
            self._anywhere.run("update-ref", "--stdin", stdin=refs)
        for name in ("worktree", "trees", "store.git", "rules"):
            remove_folder(run_folder / name)
        (run_folder / _STATE).unlink(missing_ok=True)

    @property
    def _rules(self) -> IgnoreRules:
        return IgnoreRules(self.trees.git, self.folder.parent / "rules")

    @property
    def _anywhere(self) -> Git:
        # The git folder may outlive the user's work tree, and commands about refs need no work tree.
        return replace(self.git, folder=self.git.git_dir or self.git.folder)

    def _scan(self) -> Scan:
        if self.folder.is_symlink() or not self.folder.is_dir():
            # Whoever deletes the worktree has deleted all files in it; one who puts a link there must not lead us on.
            remove_folder(self.folder)
            self.folder.mkdir()
        return scan(self.folder, self.trees.entries(self.base_tree), self._rules)

    def _changes(self) -> dict[str, Written | None]:
        """What the worktree holds other than the base, by path; `None` for what is gone. Every file is read."""
        base = self.trees.entries(self.base_tree)
        found = self._scan()
        gone = [path for path in base if path not in found.kept and path not in found.submodules]
        changes: dict[str, Written | None] = dict.fromkeys(gone)
        new_bytes = 0
        for path, item in found.kept.items():
            if path in base and base[path] == (item.mode, hash_item(self.folder, item, self.base_tree)):
                continue
            new_bytes += item.size_bytes
            if new_bytes > _MAX_NEW_BYTES:
                raise ToolRefusedError(
                    f"The worktree holds over {_MAX_NEW_BYTES} bytes of new content, {path} among it. Remove it."
                )
            changes[path] = Written(item.mode, read_item(self.folder, item))
        return changes

    def _missing(self, target: Mapping[str, Entry], found: Scan) -> dict[str, Entry]:
        """Entries of a tree that the worktree does not hold as they are."""
        missing = {}
        for path, entry in target.items():
            item = found.kept.get(path)
            if item is not None and entry == (item.mode, hash_item(self.folder, item, entry.id)):
                continue
            if not (entry.mode == SUBMODULE and path in found.submodules):
                missing[path] = entry
        return missing

    def _build(self, tree: str) -> None:
        """Make everything on disk anew: private repository, rules, worktree with the content of `tree`."""
        run_folder = self.folder.parent
        with disk_errors(run_folder):
            objects = self.git.common_dir() / "objects"
            private_repository(self.trees.git.folder, objects=objects, like=self.base_commit)
            excludes = self.trees.git.folder / "info" / "exclude"
            excludes.parent.mkdir(exist_ok=True)
            excludes.write_bytes(user_excludes(self.git))
            base = self.trees.entries(self.base_tree)
            rules = {path: entry for path, entry in base.items() if path.endswith(".gitignore") and entry.is_regular}
            remove_folder(self._rules.base_rules)
            self._rules.base_rules.mkdir()
            lay_out(self.trees.git, rules, self._rules.base_rules)
            self.git.run(*_NO_REFLOG, "update-ref", f"{self.saved.refs}/base", self.base_commit)
            register(self.git, self.folder, self.base_commit)
        self.restore(tree)
        if self.snapshot() != tree:
            raise EnvironmentLacksError(
                f"The file system at {run_folder} cannot hold the files of {self.repository} as they are: it may "
                "ignore case or executable bits. Set PYTHON_CODER_STATE to a folder on another one."
            )
        _save(replace(_read_state(run_folder), is_ready=True), run_folder)


def _workspace(state: _State, run_folder: Path) -> Workspace:
    store = run_folder / "store.git"
    return Workspace(
        repository=Path(state.repository),
        folder=run_folder / "worktree",
        git=Git(Path(state.repository), Path(state.git_dir)),
        trees=TreeStore(Git(store, store, is_isolated=True), run_folder / "trees"),
        base_commit=state.base_commit,
        base_tree=state.base_tree,
        head_commit=state.head_commit,
        run_id=state.run_id,
    )


def _save(state: _State, run_folder: Path) -> None:
    write_atomically(run_folder / _STATE, json.dumps(asdict(state), indent=2).encode() + b"\n")


def _read_state(run_folder: Path) -> _State:
    path = run_folder / _STATE
    try:
        return _State(**json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise UsageError(f"{run_folder} holds no workspace: the run never got that far or was removed.") from error
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Start a new run.") from error
