# src/python_coder/evidence/contract.py — the form of a contract, its file and its JSON Schema
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from python_coder.errors import EnvironmentLacksError, EvidenceError
from python_coder.evidence.canonical import digest_of
from python_coder.evidence.verdict import Severity, Verdict

Status = Literal["proven", "unproven", "refused"]
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{40,64})?$")]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Artifact(_Form):
    """One file that the change touched."""

    path: str
    """Relative to the git root."""
    note: str
    """What it is and what happened to it, from git and the service map."""


class FileDiff(_Form):
    """The difference of one file, as git prints it, with secrets masked."""

    path: str
    diff: str


class Verification(_Form):
    """How the change was checked, and what the runtime saw."""

    steps: tuple[str, ...]
    """Commands of the gates, and the one that checks this contract again."""
    expected: tuple[str, ...]
    """What each gate observed on the delivered tree."""


class ContractFinding(_Form):
    """One thing a gate saw."""

    path: str
    line: int
    rule: str
    message: str
    severity: Severity


class ContractGate(_Form):
    """The verdict of one gate on the delivered tree."""

    gate: str
    verdict: Verdict
    reason: str
    mend: str
    findings: tuple[ContractFinding, ...]
    seconds: float
    facts: dict[str, str | int | float]


class StruckSentence(_Form):
    """A sentence of the model that no evidence supports."""

    sentence: str
    why: str


class ModelSays(_Form):
    """The model's own words. They prove nothing; sentences about checks stand only if the ledger supports them."""

    summary: str
    rationale: str
    followups: tuple[str, ...]
    struck: tuple[StruckSentence, ...]


class Delivered(_Form):
    """Where the change went."""

    how: Literal["branch", "patch", "nowhere"] = "nowhere"
    branch: str = ""
    patch: str = ""
    """File name inside the run folder."""
    commit: Digest = ""


class BudgetUse(_Form):
    """Tool calls of the run."""

    limit: int = 0
    used: int = 0
    extensions: int = 0


class BaselineCounts(_Form):
    """What the base revision said before the change."""

    tests: dict[str, int] = {}
    """Count of tests by outcome."""
    tests_problem: str = ""
    types_problem: str = ""


class Taken(_Form):
    """What model turns took, as the provider counted them."""

    turns: int = 0
    input_tokens: int = 0
    """All tokens sent, those that the provider's cache held among them."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0
    """US dollars, by the price list that pydantic-ai ships."""
    unpriced_turns: int = 0
    """Turns whose price the list does not know; `cost_usd` leaves them out."""


class Spending(_Form):
    """Tokens and money of the run."""

    total: Taken = Taken()
    by_model: dict[str, Taken] = {}
    by_step: dict[str, Taken] = {}
    """`plan`, then `act 1` and so on, one for each round."""


class Escalation(_Form):
    """One switch to a stronger model, and what came of it."""

    from_model: str
    to_model: str
    cause: str
    """`plan`, `gates` or `asked`."""
    reason: str
    failed_before: tuple[str, ...] = ()
    """Gates that had failed in the round before."""
    effect: str = ""
    """What the gates said in the round after, in one sentence; empty when none came."""
    failed_after: tuple[str, ...] = ()


class WidenedPath(_Form):
    """One file that the runtime added to the plan's scope, on its own rule, once work had begun."""

    path: str
    sort: str
    """`test`, `document`, `migration`, or `neighbour` for a module with an import from or to one of the plan's."""
    reason: str
    """Why, in the model's words."""


class RunFacts(_Form):
    """What was run, where, on what, with which tools. No machine path and no secret value stands here."""

    id: str
    task: str
    repository: str
    """Name of the repository's folder."""
    base_commit: Digest
    base_tree: Digest
    tree: Digest
    """Git tree id that was judged and delivered; empty when the run did not come that far."""
    delivered: Delivered
    started_at: str
    ended_at: str
    model: str
    """What thought first; `escalations` names what came after."""
    thinking: str = ""
    """`sequential` or `contextual`, as chosen for the plan; empty when there was none."""
    escalations: tuple[Escalation, ...] = ()
    spending: Spending = Spending()
    sandbox: str
    python: str
    tools: dict[str, str]
    """Version of each tool that judged."""
    environment_digest: str
    budget: BudgetUse
    kind: str
    """What the plan said the change is; empty when there was no plan."""
    scope: tuple[str, ...]
    """Glob patterns of the paths that the plan names."""
    widened: tuple[WidenedPath, ...] = ()
    """What was added to the scope later."""
    project_root: str
    may_change_tests: tuple[str, ...]
    may_migrate_unsafely: tuple[str, ...] = ()
    """What migrations might do though it loses data or locks tables: globs of `RULE:TABLE` from the command line."""
    """Base tests that the user allowed to change or vanish."""
    coverage_threshold: float
    baseline: BaselineCounts
    env_names: tuple[str, ...]
    """Names of the variables that the user gave; never their values."""
    python_coder: str
    """Version that wrote this contract."""
    ledger_entries: int
    ledger_digest: Digest
    """Hash of the ledger's last entry when this contract was written."""
    digest: Digest = ""
    """SHA-256 of this contract's canonical JSON without this field. It shows an edit; it is no signature."""


class Contract(_Form):
    """What a run hands back: the specification's keys, then what the runtime saw."""

    summary: str
    """Opens with a sentence of the runtime; the model's kept words follow."""
    rationale: str
    artifacts: tuple[Artifact, ...]
    diffs: tuple[FileDiff, ...]
    commands_run: tuple[str, ...]
    verification: Verification
    followups: tuple[str, ...]
    status: Status
    ended_because: str
    gates: tuple[ContractGate, ...]
    not_judged: tuple[str, ...]
    """What no gate could say anything about, so that `proven` says no more than it means."""
    model_says: ModelSays
    run: RunFacts


def contract_digest(contract: Contract) -> str:
    """SHA-256 of the contract's canonical JSON without its own `run.digest`."""
    return _digest(contract.model_dump(mode="json"))


def write_contract(path: Path, contract: Contract) -> None:
    """Write the contract in one step: a reader sees the old file or the new one, never half of it.

    Raises:
        EnvironmentLacksError: The folder cannot be written or the disk is full.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(contract_json(contract))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise EnvironmentLacksError(
            f"The contract cannot be written ({path}: {error.strerror}). Free some space or set PYTHON_CODER_STATE "
            "to a folder that can be written, then `python-coder resume`."
        ) from error


def contract_json(contract: Contract) -> str:
    """The contract as it stands in `contract.json`: indented, with a final line end."""
    return json.dumps(contract.model_dump(mode="json"), indent=2, ensure_ascii=True) + "\n"


def read_contract(path: Path) -> Contract:
    """Read a contract and check that nobody edited it.

    Raises:
        EvidenceError: It is no contract, or it was changed after it was written.
        EnvironmentLacksError: The file is absent or cannot be read.
    """
    try:
        raw = json.loads(path.read_bytes(), object_pairs_hook=_no_twins)
        # The digest is taken from the file, not from the model, so that a field which a model drops counts too.
        contract, digest = Contract.model_validate(raw, strict=False), _digest(raw)
    except OSError as error:
        raise EnvironmentLacksError(f"The contract {path} cannot be read ({error.strerror}). Name the file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the document"
        raise EvidenceError(f"{path.name} is no contract: {where}: {first['msg']}.") from error
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"{path.name} is no contract: {error}.") from error
    if digest != contract.run.digest:
        raise EvidenceError(
            f"{path.name} was changed after the run wrote it: its digest does not match. It proves nothing; "
            "use the one in the run folder."
        )
    return contract


def contract_schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of a contract."""
    schema = Contract.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _digest(raw: dict[str, Any]) -> str:
    return digest_of({**raw, "run": {name: value for name, value in raw["run"].items() if name != "digest"}})


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: a reader would see the first value and a program the last."""
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a key stands twice")
    return dict(pairs)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(contract_schema(), indent=2, sort_keys=True) + "\n")
