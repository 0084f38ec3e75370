# tests/agent/delivered_run.py — runs that were delivered, made without a model: real git, real ledger, real contract
import asyncio
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder.agent.rerun import Judge
from python_coder.agent.run_store import RunFolder, create
from python_coder.evidence.canonical import Json
from python_coder.evidence.conclusion import Ending, build_contract, end_run
from python_coder.evidence.contract import Contract, Status, contract_digest, write_contract
from python_coder.evidence.entries import GENESIS, Entry
from python_coder.evidence.facts import gate_data
from python_coder.evidence.ledger import EntryKind, Ledger, read_ledger
from python_coder.evidence.verdict import GateResult
from python_coder.settings import Settings
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.delivery import deliver_branch, deliver_patch
from python_coder.workspace.worktree import Workspace

IDENTITY = {
    "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.com",
    "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}
BASE = {
    "pyproject.toml": """\
[project]
name = "prices"
version = "0.1.0"
requires-python = ">=3.11"

[dependency-groups]
dev = ["coverage>=7", "pytest>=8"]

[tool.mypy]
strict = true

[tool.pytest.ini_options]
testpaths = ["tests"]
""",
    "prices/__init__.py": "",
    "prices/sums.py": '''\
"""Sums."""


def total(prices: list[int]) -> int:
    """Sum of all."""
    return sum(prices)
''',
    "tests/test_sums.py": """\
from prices.sums import total


def test_total() -> None:
    assert total([1, 2]) == 3
""",
}
EDITS = {
    "prices/sums.py": BASE["prices/sums.py"]
    + '''

def least(prices: list[int]) -> int:
    """Lowest of all; 0 for none."""
    return min(prices, default=0)
''',
    "tests/test_least.py": """\
from prices.sums import least


def test_least() -> None:
    assert least([3, 2]) == 2


def test_least_of_none() -> None:
    assert least([]) == 0
""",
}


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=folder, env=IDENTITY, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@dataclass(frozen=True)
class DeliveredRun:
    """A run folder and the repository that it delivered to."""

    folder: RunFolder
    repository: Path

    def copy_to(self, place: Path) -> RunFolder:
        """What somebody gets who only gets the run folder's evidence."""
        place.mkdir(parents=True)
        for path in (self.folder.contract, self.folder.ledger, self.folder.patch, self.folder.bundle):
            shutil.copy(path, place)
        return RunFolder(place)


def deliver(
    home: Path, *, runner: CommandRunner | None = None, cache: Path | None = None, more: Mapping[str, str] | None = None
) -> DeliveredRun:
    """Make a repository, change it in a workspace, deliver the branch, write the contract.

    With a runner every gate really judges the change; without one no gate is on record, so that verifying is quick.
    """
    repository = home / "prices"
    write_files(repository, {**BASE, **(more or {})})
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "base")
    settings = Settings(state_folder=home / "state", cache_folder=cache or home / "cache")
    run = create(settings, "Add least", repository=repository)
    workspace = Workspace.create(repository, run.folder, run_id=run.run_id)
    workspace.base_bundle(run.bundle)
    write_files(workspace.folder, EDITS)
    tree = workspace.checkpoint("edit")
    deliver_patch(workspace, tree, run.patch)
    delivered = deliver_branch(workspace, tree, slug="add-least", message="Add least")
    facts: dict[str, Json] = {"python": "3.11.0", "digest": "e" * 32, "tools": {}, "counts": {}}
    results: Sequence[GateResult] = ()
    status: Status = "unproven"
    if runner is not None:
        facts, results, status = asyncio.run(_judged(workspace, tree, settings, runner, run.scratch))
    with Ledger.open(run.ledger) as ledger:
        _record(ledger, run, workspace, facts, results, tree)
        ledger.append(
            EntryKind.DELIVERED, how="branch", branch=delivered.branch, commit=delivered.commit, tree=delivered.tree
        )
        change = workspace.change(tree)
        contract = end_run(ledger, Ending(status=status, ended_because="done", tree=tree, files=change.files))
    write_contract(run.contract, contract)
    run.write_state({"task": "Add least", "options": {"repository": str(repository)}})
    return DeliveredRun(run, repository)


def forge(run: RunFolder, edit: Mapping[str, Mapping[str, Json]]) -> None:
    """Rewrite data of ledger entries by kind, chain everything anew, and build the contract that follows from it."""
    entries: list[Entry] = []
    for old in read_ledger(run.ledger):
        data = {**old.data, **edit.get(f"{old.kind} {old.data.get('gate', '')}".strip(), {})}
        prev = entries[-1].hash if entries else GENESIS
        entries.append(Entry.seal(seq=old.seq, at=old.at, kind=old.kind, data=data, prev=prev))
    write_forged(run, entries)


def write_forged(run: RunFolder, entries: Iterable[Entry]) -> None:
    kept = tuple(entries)
    run.ledger.write_bytes(b"".join(entry.line for entry in kept))
    write_contract(run.contract, build_contract(kept))


def edit_contract(run: RunFolder, **fields: object) -> None:
    """Change fields of the contract's file, and put its digest right again."""
    raw = {**json.loads(run.contract.read_text()), **fields}
    contract = Contract.model_validate(raw)
    sealed = contract.run.model_copy(update={"digest": contract_digest(contract)})
    write_contract(run.contract, contract.model_copy(update={"run": sealed}))


def _record(
    ledger: Ledger,
    run: RunFolder,
    workspace: Workspace,
    facts: Mapping[str, Json],
    results: Sequence[GateResult],
    tree: str,
) -> None:
    ledger.append(
        EntryKind.RUN_STARTED,
        run_id=run.run_id,
        task="Add least",
        repository="prices",
        base_commit=workspace.base_commit,
        base_tree=workspace.base_tree,
        project_root=".",
        model="none",
        sandbox="none",
        env_names=[],
        policy={"may_change_tests": [], "coverage_threshold": 0.9},
    )
    ledger.append(EntryKind.ENVIRONMENT_READY, **{name: facts[name] for name in ("python", "digest", "tools")})
    ledger.append(EntryKind.BASELINE, tree=workspace.base_tree, counts=facts["counts"])
    ledger.append(EntryKind.PLAN, kind="behaviour", scope=["prices/**", "tests/**"])
    for result in results:
        ledger.append(EntryKind.GATE, tree=tree, **gate_data(result))


async def _judged(
    workspace: Workspace, tree: str, settings: Settings, runner: CommandRunner, scratch: Path
) -> tuple[dict[str, Json], Sequence[GateResult], Status]:
    with Ledger.open(scratch / "draft.jsonl") as draft:
        _record(draft, RunFolder(scratch), workspace, {"python": "", "digest": "", "tools": {}, "counts": {}}, (), tree)
        run = end_run(draft, Ending(status="unproven", ended_because="draft", tree=tree)).run
    judge = Judge(
        trees=workspace.trees,
        change=workspace.change(tree),
        run=run,
        settings=settings,
        runner=runner,
        scratch=scratch,
        env={},
    )
    rerun = await judge.judge()
    counts: dict[str, Json] = dict(Counter(rerun.baseline.tests.values()).items())
    facts: dict[str, Json] = {
        "python": rerun.environment.python_version,
        "digest": rerun.environment.digest,
        "tools": dict(rerun.tools),
        "counts": counts,
    }
    return facts, rerun.results, rerun.decision.status
