# src/python_coder/gates/check.py — `python-coder check`: the gates on a working tree, with no run and no model
import asyncio
import contextlib
import json
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.evidence.verdict import GateResult
from python_coder.gates.baseline import Baseline, take_baseline
from python_coder.gates.context import Gate, GateContext, UserPolicy
from python_coder.gates.judging_files import EMPTY_TREE
from python_coder.gates.known_good import KnownGood, find_known_good
from python_coder.gates.runner import all_gates, prepare_context, run_gates
from python_coder.gates.table import Decision, decide, exit_code, required
from python_coder.gates.tool_run import not_applicable
from python_coder.settings import Settings
from python_coder.workspace.changes import Change, change_between
from python_coder.workspace.commands import CommandRunner, digest
from python_coder.workspace.environment import ProjectEnvironment, prepare_environment
from python_coder.workspace.git import Git, open_repository, private_repository
from python_coder.workspace.project import Project, find_project
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.starting_point import find_starting_point
from python_coder.workspace.trees import TreeStore

_BASELINE = TypeAdapter(Baseline)
_DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_WITHOUT_BASELINE = frozenset(
    {"ruff-check", "ruff-format", "bandit", "file-banner", "docstrings", "migration", "scope", "compose"}
)
"""Gates that never look at what the base's tests and types said."""


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """What the user asked to be checked."""

    repo: Path
    """Any folder inside the git repository."""
    base: str = ""
    """Revision to judge against, or rather where the work left it; empty to find it."""
    is_whole: bool = False
    """Whether to judge every tracked line as if it were new."""
    gates: tuple[str, ...] = ()
    """Names of the gates to run; all of them when empty."""
    project: str = ""
    """Project root relative to the git root; empty to find it."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables for the project's processes. Secret."""
    policy: UserPolicy = field(default_factory=UserPolicy)


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """What came out."""

    base: str
    """Commit that the work was judged against; empty when everything was judged."""
    tree: str
    """Git tree id of the working tree as it was judged, uncommitted and untracked files included."""
    changed_files: int
    results: tuple[GateResult, ...]
    decision: Decision
    sandbox: str

    @property
    def exit_code(self) -> int:
        """0: all passed or not applicable, 1: one failed, 3: one did not run."""
        return exit_code(self.results)


@dataclass(frozen=True, kw_only=True)
class CheckWatcher:
    """What to call while a check goes on. Each hook may be left out."""

    phase: Callable[[str, str], None] = lambda _, __: None
    """A step before the gates begins: its name, and a detail."""
    finished: Callable[[GateResult], None] = lambda _: None


async def check_working_tree(
    request: CheckRequest, *, settings: Settings, runner: CommandRunner, watcher: CheckWatcher | None = None
) -> CheckReport:
    """Judge the working tree as it is now. Changes nothing in it, nor in the index, the refs or the stash.

    Args:
        request: What to check.
        settings: Where environments, baselines and caches are kept.
        runner: Sandbox for all code of the project.
        watcher: Told of the progress.

    Raises:
        UsageError: No repository, no such revision, no such gate, no Python project.
        EnvironmentLacksError: The project's environment cannot be made, or the disk is full.
    """
    gates = _chosen(request.gates)
    async with _open_bench(request, settings, runner, watcher or CheckWatcher()) as bench:
        return await bench.check(gates)


@contextlib.asynccontextmanager
async def working_tree(
    request: CheckRequest, *, settings: Settings, runner: CommandRunner
) -> AsyncIterator[GateContext]:
    """The working tree as it is now, laid out for a look that is no check: no gate runs, nothing is judged.

    Raises:
        UsageError: No repository, no such revision, no Python project.
        EnvironmentLacksError: The project's environment cannot be made, or the disk is full.
    """
    async with _open_bench(request, settings, runner, CheckWatcher()) as bench:
        trees, change, _ = bench.trees()
        yield await bench.context(trees, change, ())


@contextlib.asynccontextmanager
async def _open_bench(
    request: CheckRequest, settings: Settings, runner: CommandRunner, watcher: CheckWatcher
) -> AsyncIterator["_Bench"]:
    git = open_repository(request.repo)
    scratch = settings.cache_folder / "check" / secrets.token_hex(8)
    try:
        await asyncio.to_thread(scratch.mkdir, parents=True)
    except OSError as error:
        mend = "Set PYTHON_CODER_CACHE to a folder that you can write to."
        raise EnvironmentLacksError(f"The cache {settings.cache_folder} cannot be written: {error}. {mend}") from error
    try:
        yield _Bench(request=request, settings=settings, runner=runner, watcher=watcher, git=git, scratch=scratch)
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class _Bench:
    request: CheckRequest
    settings: Settings
    runner: CommandRunner
    watcher: CheckWatcher
    git: Git
    scratch: Path

    def trees(self) -> tuple[TreeStore, Change, str]:
        """The trees of the repository, what changed since the base, and the base's commit."""
        base = "" if self.request.is_whole else base_commit(self.git, self.request.base)
        tree = find_starting_point(self.git, include_dirty=True).base_tree
        private = private_repository(self.scratch / "repository", objects=self.git.common_dir() / "objects", like=tree)
        trees = TreeStore(private, self.scratch / "trees")
        base_tree = self.git.text("rev-parse", f"{base}^{{tree}}") if base else EMPTY_TREE
        return trees, change_between(private, base_tree, tree), base

    async def context(self, trees: TreeStore, change: Change, gates: Sequence[Gate]) -> GateContext:
        """All that the gates need."""
        known_good, baseline = await self._known(trees, change, gates)
        self.watcher.phase("gates", f"{len(change.files)} files changed")
        return await prepare_context(
            trees=trees,
            change=change,
            known_good=known_good,
            baseline=baseline,
            runner=self.runner,
            scratch=self.scratch / "gates",
            policy=self.request.policy,
            env=self.request.env,
            type_cache=self.settings.cache_folder,
        )

    async def check(self, gates: Sequence[Gate]) -> CheckReport:
        trees, change, base = self.trees()
        if not change.files:
            decision = Decision(status="proven", not_judged=(), blocking=())
            return self._report(base, change, (), decision)
        context = await self.context(trees, change, gates)
        table = required(context)
        due = [gate for gate in gates if table[gate.name].level != "not_applicable"]
        ran = {result.gate: result for result in await run_gates(context, due, on_result=self.watcher.finished)}
        rows = {gate.name: table[gate.name] for gate in gates}
        results = tuple(ran.get(name) or not_applicable(name, row.why) for name, row in rows.items())
        return self._report(base, change, results, decide(results, rows))

    def _report(self, base: str, change: Change, results: tuple[GateResult, ...], decision: Decision) -> CheckReport:
        return CheckReport(
            base=base,
            tree=change.tree,
            changed_files=len(change.files),
            results=results,
            decision=decision,
            sandbox=self.runner.sandbox,
        )

    async def _known(self, trees: TreeStore, change: Change, gates: Sequence[Gate]) -> tuple[KnownGood, Baseline]:
        """How the tools run, and what the base says; by the environment that the base's manifests ask for."""
        is_whole = change.base_tree == EMPTY_TREE
        folder = trees.folder(change.tree if is_whole else change.base_tree)
        project, newer = self._project(folder), None
        if not is_whole and any(change.file(path) for path in project.files):
            # A manifest that cannot be read is told at once, not after the base was judged.
            newer = self._project(trees.folder(change.tree))
        environment, known_good = await self._tried(project, folder)
        baseline = Baseline(tree=change.base_tree)
        if not is_whole and any(gate.name not in _WITHOUT_BASELINE for gate in gates):
            baseline = await self._baseline(folder, change.base_tree, environment, known_good)
        if newer:
            # The change asks for other dependencies: its own tests must find them.
            own, found = await self._tried(newer, trees.folder(change.tree))
            known_good = replace(known_good, python=found.python, environment=own.folder, bytecode=found.bytecode)
        return known_good, baseline

    def _project(self, folder: Path) -> Project:
        return find_project(folder, hint=self.request.project or None)

    async def _tried(self, project: Project, folder: Path) -> tuple[ProjectEnvironment, KnownGood]:
        self.watcher.phase("environment", f"of {project.name or project.root}")
        environment = await prepare_environment(
            project, folder, cache=self.settings.cache_folder, runner=make_runner("none")
        )
        self.watcher.phase("known good", f"Python {environment.python_version}")
        known_good = await find_known_good(
            project, environment, folder, runner=self.runner, scratch=self.scratch, env=self.request.env
        )
        return environment, known_good

    async def _baseline(
        self, folder: Path, tree: str, environment: ProjectEnvironment, known_good: KnownGood
    ) -> Baseline:
        """The base's own tests and types: kept from an earlier check when nothing that they rest on has changed."""
        kept = self.settings.cache_folder / "baselines" / f"{_baseline_key(tree, environment, known_good)}.json"
        with contextlib.suppress(OSError, ValidationError):
            found = _BASELINE.validate_json(await asyncio.to_thread(kept.read_bytes))
            self.watcher.phase("baseline", "kept from an earlier check")
            return found
        self.watcher.phase("baseline", "the base revision's own tests and types")
        baseline = await take_baseline(
            folder=folder,
            tree=tree,
            known_good=known_good,
            runner=self.runner,
            scratch=self.scratch,
            cache=self.settings.cache_folder,
            env=self.request.env,
        )
        # A suite that broke off may do better the next time; a project without pytest will not.
        is_whole = not baseline.tests_problem or not known_good.pytest_version
        if is_whole and not baseline.types_problem:
            await asyncio.to_thread(_keep, kept, baseline)
        return baseline


def base_commit(git: Git, asked: str = "") -> str:
    """The commit that the present work is judged against.

    Args:
        git: The repository.
        asked: A revision of the user's choice; the work is judged from where it left that revision's history.

    Returns:
        The asked revision's merge base with `HEAD`; else that of the default branch when `HEAD` is ahead of it;
        else `HEAD`, so that only uncommitted work is judged.

    Raises:
        UsageError: There is no such revision.
    """
    head = git.text("rev-parse", "HEAD^{commit}")
    if asked:
        commit = git.text("rev-parse", "--verify", "--quiet", f"{asked}^{{commit}}", ok=(0, 1, 128))
        if not commit:
            raise UsageError(f"There is no revision {asked!r} in {git.folder}. Fetch it, or name another with --base.")
        return git.text("merge-base", commit, head, ok=(0, 1)) or commit
    for branch in _DEFAULT_BRANCHES:
        commit = git.text("rev-parse", "--verify", "--quiet", f"{branch}^{{commit}}", ok=(0, 1, 128))
        if commit:
            return git.text("merge-base", commit, head, ok=(0, 1)) or head
    return head


def _chosen(names: Sequence[str]) -> tuple[Gate, ...]:
    gates = all_gates()
    known = [gate.name for gate in gates]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"There is no gate {', '.join(unknown)}. There are: {', '.join(known)}.")
    return tuple(gate for gate in gates if not names or gate.name in names)


def _baseline_key(tree: str, environment: ProjectEnvironment, known_good: KnownGood) -> str:
    facts = (known_good.ruff, known_good.mypy, known_good.bandit)
    parts = (
        tree,
        environment.digest,
        known_good.project_root,
        *known_good.import_roots,
        *known_good.pytest_options,
        *(f"{fact.name} {fact.version}" for fact in facts if fact),
        *(f"{name}={value}" for name, value in sorted(known_good.env.items())),
    )
    return digest("\0".join(parts).encode())


def _keep(path: Path, baseline: Baseline) -> None:
    # A check that cannot keep its baseline is only slower the next time.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        draft.write_text(json.dumps(asdict(baseline)), encoding="utf-8")
        draft.replace(path)
