# src/python_coder/agent/restoring.py — brings a run's base and delivered tree back from its folder, and compares them
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError, EvidenceError, UsageError
from python_coder.evidence.contract import Contract, RunFacts
from python_coder.evidence.redaction import REDACTED
from python_coder.workspace.bundles import restore_bundle
from python_coder.workspace.changes import Change, change_between
from python_coder.workspace.git import Git, open_repository, private_repository
from python_coder.workspace.trees import TreeStore


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A run's trees, in a repository that nobody worked in."""

    trees: TreeStore
    change: Change


def restore(run: RunFacts, folder: Path, repo: Path | None, home: Path) -> Restored:
    """Bring base and delivered tree back, and check that they are the ones which the contract names.

    Args:
        run: What the contract says of them.
        folder: The run folder, or a copy: `base.bundle` and `change.patch` are taken from it.
        repo: A clone to take the base from when there is no bundle.
        home: Where the repository and the clean folders go.

    Raises:
        EvidenceError: A tree came out differently: bundle or patch were changed after the verdict.
        EnvironmentLacksError: A file is missing.
    """
    git, base_tree = _base(run, folder / "base.bundle", repo, home / "store.git")
    if base_tree != run.base_tree:
        raise EvidenceError(
            f"The base was changed: the contract names tree {run.base_tree}, here is {base_tree}. "
            "Take the run folder, or the clone, that the contract was made with."
        )
    trees = TreeStore(git, home / "trees")
    tree = _delivered(trees, run, folder / "change.patch")
    return Restored(trees=trees, change=change_between(git, base_tree, tree))


def differing_file(contract: Contract, change: Change) -> str:
    """Path of a file whose diff is not as the contract has it, secrets aside; empty when all are."""
    said = {diff.path: diff.diff for diff in contract.diffs}
    seen = {file.path: file.patch for file in change.files}
    unequal = [path for path in seen if path in said and not _is_same(said[path], seen[path])]
    return next(iter([*sorted(said.keys() ^ seen.keys()), *unequal]), "")


def delivered_tree(run: RunFacts, repo: Path) -> tuple[str, str]:
    """Commit and tree that a clone has for what the run delivered; two empty texts when it has neither.

    The branch's tip counts, here or at a remote, since that is what would be merged.

    Raises:
        UsageError: `repo` is no git repository.
    """
    git = open_repository(repo)
    branch = run.delivered.branch
    refs = git.text("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}", f"refs/remotes/*/{branch}")
    for commit in (*refs.split(), run.delivered.commit):
        tree = git.text("rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}", ok=(0, 1, 128)) if commit else ""
        if tree:
            return commit, tree
    return "", ""


def _base(run: RunFacts, bundle: Path, repo: Path | None, store: Path) -> tuple[Git, str]:
    if bundle.is_file():
        restored = restore_bundle(bundle, store)
        return restored.git, restored.tree
    if repo is None:
        raise EnvironmentLacksError(
            f"There is no {bundle.name} beside the contract. Copy the whole run folder, or name a clone with --repo."
        )
    objects = open_repository(repo).common_dir() / "objects"
    git = private_repository(store, objects=objects, like=run.base_commit)
    tree = git.text("rev-parse", "--verify", "--quiet", f"{run.base_commit}^{{tree}}", ok=(0, 1, 128))
    if not tree:
        raise EnvironmentLacksError(f"{repo} has no commit {run.base_commit}. Fetch it: git fetch --all")
    return git, tree


def _delivered(trees: TreeStore, run: RunFacts, patch: Path) -> str:
    if not run.tree:
        return run.base_tree
    try:
        tree = trees.apply(run.base_tree, patch.read_bytes())
    except OSError as error:
        raise EnvironmentLacksError(
            f"There is no {patch.name} beside the contract. Copy the whole run folder, then verify again."
        ) from error
    except UsageError as error:
        raise EvidenceError(
            f"{patch.name} was changed after the verdict: it does not fit the base any more."
        ) from error
    if tree != run.tree:
        raise EvidenceError(
            f"{patch.name} was changed after the verdict: the contract names tree {run.tree}, the patch makes {tree}."
        )
    return tree


def _is_same(masked: str, real: str) -> bool:
    """Whether two texts are equal but for what a mark hides."""
    first, *rest = masked.split(REDACTED)
    if not rest:
        return masked == real
    if not real.startswith(first) or not real.endswith(rest[-1]):
        return False
    position = len(first)
    for part in rest[:-1]:
        found = real.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return position <= len(real) - len(rest[-1])
