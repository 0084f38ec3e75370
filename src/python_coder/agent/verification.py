# src/python_coder/agent/verification.py — checks a contract later, on any machine: its evidence, its tree, its gates
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder import __version__
from python_coder.agent.claim_answers import FLAKY, ClaimAnswer, baseline_answer, compared, gate_answer, unsaid_answer
from python_coder.agent.rerun import Judge, Rerun
from python_coder.agent.restoring import Restored, delivered_tree, differing_file, restore
from python_coder.agent.stack import STACK_GATE
from python_coder.errors import EnvironmentLacksError, EvidenceError, UsageError
from python_coder.evidence.claims import CLAIMS_GATE
from python_coder.evidence.conclusion import build_contract
from python_coder.evidence.contract import Contract, RunFacts, read_contract
from python_coder.evidence.ledger import read_ledger
from python_coder.settings import Settings
from python_coder.workspace.commands import Command, CommandRunner, CompletedCommand
from python_coder.workspace.files import remove_folder


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """Answers to all claims of one contract, in the order in which they were checked."""

    run_id: str
    claims: Sequence[ClaimAnswer]

    @property
    def ok(self) -> bool:
        """Whether every claim was re-verified."""
        return all(claim.answer == "re-verified" for claim in self.claims)

    @property
    def exit_code(self) -> int:
        """0: all re-verified, 1: one differs, 3: one cannot run here."""
        answers = {claim.answer for claim in self.claims}
        return 1 if "differs" in answers else 3 if "cannot run here" in answers else 0


@dataclass(frozen=True)
class NoSandbox:
    """Stands for the runner where no sandbox works: the evidence is checked, the gates cannot run here."""

    why: str
    sandbox: str = "absent"

    async def run(self, command: Command) -> CompletedCommand:
        """Refuse.

        Raises:
            EnvironmentLacksError: Always.
        """
        raise EnvironmentLacksError(self.why)


async def verify_contract(
    contract_path: Path,
    *,
    repo: Path | None,
    settings: Settings,
    runner: CommandRunner,
    env: Mapping[str, str] | None = None,
) -> VerifyReport:
    """Check every claim of a contract again.

    Args:
        contract_path: The contract, beside its `ledger.jsonl`, `change.patch` and `base.bundle`.
        repo: A clone that should hold the delivered commit; without it only the run folder is used.
        settings: Where environments and caches are kept.
        runner: Runs the gates.
        env: Variables that the project needs; a contract has their names only.

    Raises:
        EvidenceError: The contract, the ledger, the patch or the delivered branch was changed. It proves nothing.
        EnvironmentLacksError: A file of the run folder is missing, or nothing can be written here.
        UsageError: `repo` is no git repository.
    """
    contract = read_contract(contract_path)
    claims = [ClaimAnswer(claim="contract", answer="re-verified"), *_ledger(contract, contract_path.parent)]
    if repo is not None and contract.run.delivered.how == "branch":
        claims.append(_delivery(contract.run, repo))
    home = _home(settings)
    try:
        restored = restore(contract.run, contract_path.parent, repo, home)
        claims += _trees(contract, restored)
        if any(gate.gate != CLAIMS_GATE for gate in contract.gates):
            judge = Judge(
                trees=restored.trees,
                change=restored.change,
                run=contract.run,
                settings=settings,
                runner=runner,
                scratch=home / "scratch",
                env=env or {},
            )
            claims += await _gates(contract, judge)
    finally:
        remove_folder(home)
    return VerifyReport(run_id=contract.run.id, claims=tuple(claims))


def _home(settings: Settings) -> Path:
    try:
        settings.cache_folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="verify-", dir=settings.cache_folder)).resolve()
    except OSError as error:
        raise EnvironmentLacksError(
            f"{settings.cache_folder} cannot be written ({error.strerror}). "
            "Free some space or set PYTHON_CODER_CACHE to a folder that can be written."
        ) from error


def _ledger(contract: Contract, folder: Path) -> Iterator[ClaimAnswer]:
    """The chain holds, it is the chain which the contract was built from, and it says what the contract says."""
    entries, count = read_ledger(folder / "ledger.jsonl"), contract.run.ledger_entries
    if not 0 < count <= len(entries) or entries[count - 1].hash != contract.run.ledger_digest:
        raise EvidenceError(
            f"The ledger beside the contract is not the one it was built from: entry {count} is missing or another. "
            "One of the two was changed; take both from the run folder."
        )
    said = f"{count} entries"
    if count < len(entries):
        why = "the run went on after this contract was written; check the newer contract"
        yield ClaimAnswer(claim="ledger", answer="differs", said=said, seen=f"{len(entries)} entries", why=why)
    else:
        yield ClaimAnswer(claim="ledger", answer="re-verified", said=said, seen=said)
    built = build_contract(entries[:count])
    unequal = [name for name in Contract.model_fields if getattr(built, name) != getattr(contract, name)]
    if not unequal:
        yield ClaimAnswer(claim="facts", answer="re-verified")
    elif contract.run.python_coder == __version__:
        raise EvidenceError(
            f"The contract does not say what its ledger says: {', '.join(unequal)}. It was changed after "
            "the run; take contract.json from the run folder."
        )
    else:
        why = f"written by python-coder {contract.run.python_coder}, this is {__version__}; verify with that version"
        yield ClaimAnswer(claim="facts", answer="cannot run here", why=why)


def _delivery(run: RunFacts, repo: Path) -> ClaimAnswer:
    commit, tree = delivered_tree(run, repo)
    name = run.delivered.branch
    if not commit:
        why = f"{repo} has neither branch {name} nor commit {run.delivered.commit}; fetch it: git fetch --all"
        return ClaimAnswer(claim="delivered", answer="cannot run here", said=run.delivered.commit, why=why)
    if tree != run.tree:
        raise EvidenceError(
            f"Branch {name} was changed after the verdict: the contract names tree {run.tree}, its tip {commit[:12]} "
            f"has {tree}. Judge the new tree: python-coder check"
        )
    is_moved = commit != run.delivered.commit
    note = f"the commit is {commit} now, with the same tree" if is_moved else ""
    return ClaimAnswer(claim="delivered", answer="re-verified", said=run.tree, seen=tree, why=note)


def _trees(contract: Contract, restored: Restored) -> Iterator[ClaimAnswer]:
    run, change = contract.run, restored.change
    yield ClaimAnswer(claim="base", answer="re-verified", said=run.base_tree, seen=change.base_tree)
    yield ClaimAnswer(claim="tree", answer="re-verified", said=run.tree, seen=change.tree if run.tree else "")
    if path := differing_file(contract, change):
        why = f"the diff of {path} is not what git shows; the contract's diffs are not to be used"
        yield ClaimAnswer(claim="diffs", answer="differs", said=path, seen=path, why=why)
    else:
        yield ClaimAnswer(claim="diffs", answer="re-verified", said=f"{len(contract.diffs)} files")


async def _gates(contract: Contract, judge: Judge) -> list[ClaimAnswer]:
    gates = [gate for gate in contract.gates if gate.gate != CLAIMS_GATE]
    try:
        rerun = await judge.judge()
    except (EnvironmentLacksError, UsageError) as error:
        return [
            ClaimAnswer(claim=f"gate {gate.gate}", answer="cannot run here", said=gate.verdict, why=str(error))
            for gate in gates
        ]
    unlike = _unlike(contract.run, rerun, judge.env)
    answers = [ClaimAnswer(claim="environment", answer="cannot run here" if unlike else "re-verified", why=unlike)]
    if not unlike and contract.run.sandbox != rerun.sandbox:
        unlike = f"sandbox {rerun.sandbox} instead of {contract.run.sandbox}"
    now = Counter(rerun.baseline.tests.values())
    answers.append(baseline_answer(contract.run.baseline.tests, now, unlike))
    is_flaky = bool(contract.run.baseline.tests.get(FLAKY) or now[FLAKY])
    seen = {result.gate: result for result in rerun.results}
    seen |= {gate.gate: await judge.stack(gate.verdict) for gate in gates if gate.gate == STACK_GATE}
    answers += [gate_answer(gate, seen.get(gate.gate), unlike, is_flaky=is_flaky) for gate in gates]
    if contract.status == "proven":
        said = {gate.gate for gate in gates}
        answers += [unsaid_answer(result, unlike) for name, result in seen.items() if name not in said]
        answers.append(compared("status", contract.status, rerun.decision.status, unlike))
    return answers


def _unlike(run: RunFacts, rerun: Rerun, env: Mapping[str, str]) -> str:
    """What is not as it was during the run; empty when verdicts can be compared without reserve."""
    said = {"Python": run.python, "environment": run.environment_digest, **run.tools}
    seen = {"Python": rerun.environment.python_version, "environment": rerun.environment.digest, **rerun.tools}
    unequal = [
        f"{name} {seen.get(name) or 'absent'} instead of {said.get(name) or 'absent'}"
        for name in sorted(said.keys() | seen.keys())
        if said.get(name) != seen.get(name)
    ]
    unequal += [f"no value for {name}, give it with --env-file" for name in run.env_names if name not in env]
    return "; ".join(unequal)
