# src/python_coder/evidence/conclusion.py — what a run may say about itself: the contract, built from its ledger alone
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from python_coder import __version__
from python_coder.errors import EvidenceError
from python_coder.evidence.canonical import Json, items_at, mapping_at, text_at, texts_at
from python_coder.evidence.claims import CLAIMS_GATE, StruckText, judge_claims, strike
from python_coder.evidence.contract import (
    Artifact,
    BaselineCounts,
    BudgetUse,
    Contract,
    ContractGate,
    Delivered,
    Escalation,
    FileDiff,
    ModelSays,
    RunFacts,
    Status,
    StruckSentence,
    Verification,
    WidenedPath,
    contract_digest,
)
from python_coder.evidence.early_words import judged_plan, judged_reasons, support_before_work
from python_coder.evidence.entries import Entry, EntryKind
from python_coder.evidence.facts import baseline_counts, commands_of, gate_data, gates_on, last, support_of
from python_coder.evidence.ledger import Ledger
from python_coder.evidence.spending import escalations_of, spending_of
from python_coder.evidence.support import Support
from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.evidence.widened import widened_by

_SHORT = 12
Said = TypeVar("Said", Escalation, WidenedPath)
_MACHINE_PATH = re.compile(r"(?<![\w.}/:])/(?:[\w.@+~-]+/){2,}")
_PLAIN_WORD = re.compile(r"[\w@%+=:,./{}\-]+")


class FileChange(Protocol):
    """One changed file, as git tells it; `workspace.changes.ChangedFile` is one."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def old_path(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def added_lines(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def removed_lines(self) -> frozenset[int]: ...  # noqa: D102
    @property
    def patch(self) -> str: ...  # noqa: D102
    @property
    def is_binary(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a run ended, as its loop decided."""

    status: Status
    """`proven` is written only if the ledger shows it; else the contract says `unproven`."""
    ended_because: str
    """Such as `proven`, `gates_failed`, `refused`, `interrupted`, or an error's `code`."""
    reason: str = ""
    """One sentence for the reader, for an ending that is not `proven`."""
    tree: str = ""
    """Git tree id that was delivered, or reached; empty when there is none."""
    files: Sequence[FileChange] = ()
    """The change from base to `tree`."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What a file is, by path, from the service map."""
    not_judged: tuple[str, ...] = ()
    """What no gate judged, one sentence each."""
    budget_limit: int = 0
    budget_used: int = 0
    budget_extensions: int = 0


def end_run(ledger: Ledger, ending: Ending) -> Contract:
    """Write the run's last ledger entry and build the contract from the whole ledger.

    The model's report is the last `claim` entry; a run without one gets a contract without the model's words.
    """
    ledger.append(
        EntryKind.ENDED,
        status=ending.status,
        ended_because=ending.ended_because,
        reason=ending.reason,
        tree=ending.tree,
        not_judged=ending.not_judged,
        files=[
            {"path": file.path, "note": _note(file, ending.notes.get(file.path, "")), "diff": file.patch}
            for file in ending.files
        ],
        budget={"limit": ending.budget_limit, "used": ending.budget_used, "extensions": ending.budget_extensions},
        python_coder=__version__,
    )
    return build_contract(ledger.entries)


def build_contract(entries: Sequence[Entry]) -> Contract:
    """Build the contract from a ledger whose last entry is `ended`. The same ledger gives the same contract.

    Raises:
        EvidenceError: The ledger does not end with an ending; resume the run to finish it.
    """
    ended = last(entries, EntryKind.ENDED)
    if not entries or entries[-1].kind is not EntryKind.ENDED:
        raise EvidenceError("The ledger does not end with an ending, so there is nothing to build a contract from.")
    tree = text_at(ended, "tree")
    files = [item for item in items_at(ended, "files") if isinstance(item, dict)]
    said, support = _report(entries, tree, files)
    summary, rationale = (strike(text_at(said, key), support) for key in ("summary", "rationale"))
    followups = [strike(text, support) for text in texts_at(said, "followups")]
    texts = [*(text_at(said, key) for key in ("summary", "rationale", "reflection")), *texts_at(said, "followups")]
    gates = _gates(entries, tree, judge_claims(texts, support) if said else None)
    status, because = _status(entries, ended, gates)
    reason = _reason(entries, ended, files)
    opening = _opening(status, reason.kept, files, gates, tree)
    reasons = judged_reasons(entries)
    return _sealed(
        Contract(
            summary=" ".join(part for part in (opening, summary.kept) if part),
            rationale=rationale.kept,
            artifacts=tuple(Artifact(path=text_at(file, "path"), note=text_at(file, "note")) for file in files),
            diffs=tuple(FileDiff(path=text_at(file, "path"), diff=text_at(file, "diff")) for file in files),
            commands_run=tuple(dict.fromkeys(_shell(record.argv) for record in commands_of(entries))),
            verification=_verification(gates),
            followups=(
                *(text.kept for text in followups if text.kept),
                *texts_at(last(entries, EntryKind.BRIEF), "notes"),
            ),
            status=status,
            ended_because=because,
            gates=tuple(_contract_gate(gate) for gate in gates),
            not_judged=_not_judged(ended, gates),
            model_says=_model_says(summary, rationale, followups, (reason, *_plan_texts(entries), *reasons.values())),
            run=_run_facts(entries, tree, reasons),
        )
    )


def _sealed(contract: Contract) -> Contract:
    digest = contract_digest(contract)
    return contract.model_copy(update={"run": contract.run.model_copy(update={"digest": digest})})


def _report(
    entries: Sequence[Entry], tree: str, files: Sequence[Mapping[str, Json]]
) -> tuple[Mapping[str, Json], Support]:
    """The model's last report, and what was on record when it was made: later evidence does not make it true."""
    place = max((index for index, entry in enumerate(entries) if entry.kind is EntryKind.CLAIM), default=None)
    if place is None:
        return {}, Support()
    diff = "".join(text_at(file, "diff") for file in files)
    return entries[place].data, support_of(entries[:place], tree, diff, len(files))


def _gates(entries: Sequence[Entry], tree: str, claims: GateResult | None) -> tuple[GateResult, ...]:
    judged = [gate for gate in gates_on(entries, tree) if gate.gate != CLAIMS_GATE] if tree else []
    return (*judged, claims) if claims else tuple(judged)


def _status(entries: Sequence[Entry], ended: Mapping[str, Json], gates: Sequence[GateResult]) -> tuple[Status, str]:
    """What the ledger allows: `proven` needs gates that passed on the tree that was delivered, and none that failed."""
    said, because = text_at(ended, "status"), text_at(ended, "ended_because")
    if said != "proven":
        return ("refused" if said == "refused" else "unproven"), because
    if any(gate.verdict is Verdict.FAILED for gate in gates):
        return "unproven", "gates_failed"
    delivered = text_at(last(entries, EntryKind.DELIVERED), "tree")
    has_pass = any(gate.verdict is Verdict.PASSED and gate.gate != CLAIMS_GATE for gate in gates)
    if not has_pass or delivered != text_at(ended, "tree"):
        return "unproven", "evidence_missing"
    return "proven", because


def _opening(
    status: Status, reason: str, files: Sequence[Mapping[str, Json]], gates: Sequence[GateResult], tree: str
) -> str:
    """The runtime's own first sentence."""
    if status == "refused" and reason and not files:
        return f"Refused: {reason.rstrip('.')}."
    by_verdict = {verdict: [gate.gate for gate in gates if gate.verdict is verdict] for verdict in Verdict}
    parts = [_count(len(files), "file") + " changed"]
    if passed := [name for name in by_verdict[Verdict.PASSED] if name != CLAIMS_GATE]:
        parts.append(f"{_count(len(passed), 'gate')} passed")
    if failed := by_verdict[Verdict.FAILED]:
        parts.append(f"{', '.join(failed)} failed")
    if not_run := by_verdict[Verdict.NOT_RUN]:
        parts.append(f"{', '.join(not_run)} did not run")
    where = f" on tree {tree[:_SHORT]}" if gates and tree else ""
    sentence = f"{status.capitalize()}: {', '.join(parts)}{where}."
    return sentence if status == "proven" or not reason else f"{sentence} {reason.rstrip('.')}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _verification(gates: Sequence[GateResult]) -> Verification:
    steps = [f"{gate.gate}: {_shell(record.argv)}" for gate in gates for record in gate.commands]
    return Verification(
        steps=(*dict.fromkeys(steps), "python-coder verify contract.json"),
        expected=tuple(f"{gate.gate} {gate.verdict.value.replace('_', ' ')}: {gate.reason}" for gate in gates),
    )


def _shell(argv: Sequence[str]) -> str:
    """The words as a shell would take them; `{tree}` and its like stay as they are, and no machine path is told."""
    words = [_MACHINE_PATH.sub("{machine}/", word) for word in argv]
    return " ".join(word if _PLAIN_WORD.fullmatch(word) else shlex.quote(word) for word in words)


def _contract_gate(gate: GateResult) -> ContractGate:
    known = {name: value for name, value in gate_data(gate).items() if name in ContractGate.model_fields}
    return ContractGate.model_validate(known)


def _not_judged(ended: Mapping[str, Json], gates: Sequence[GateResult]) -> tuple[str, ...]:
    sentences = list(texts_at(ended, "not_judged"))
    for gate in gates:
        beginning = f"{gate.gate}: {gate.reason.rstrip('.')}"
        # The decision tells it already, unless the run ended before there was one.
        if gate.verdict is Verdict.NOT_RUN and not any(one.startswith(beginning) for one in sentences):
            mend = f" {gate.mend[0].upper()}{gate.mend[1:].rstrip('.')}." if gate.mend else ""
            sentences.append(f"{beginning}.{mend}")
    return tuple(dict.fromkeys(sentences))


def _reason(entries: Sequence[Entry], ended: Mapping[str, Json], files: Sequence[Mapping[str, Json]]) -> StruckText:
    """Why the run ended so. A refusal is in the model's words, and they need evidence like those of a report."""
    reason = text_at(ended, "reason")
    if text_at(ended, "ended_because") != "refused":
        return StruckText(kept=reason)
    if files:
        diff = "".join(text_at(file, "diff") for file in files)
        return strike(reason, support_of(entries, text_at(ended, "tree"), diff, len(files)))
    return strike(reason, support_before_work(entries, text_at(last(entries, EntryKind.WORKSPACE_READY), "base_tree")))


def _plan_texts(entries: Sequence[Entry]) -> tuple[StruckText, ...]:
    """The texts of the plan, while nothing newer was said."""
    is_reported = any(entry.kind is EntryKind.CLAIM for entry in entries)
    return () if is_reported else tuple(judged_plan(entries).values())


def _model_says(
    summary: StruckText, rationale: StruckText, followups: Sequence[StruckText], before: Sequence[StruckText]
) -> ModelSays:
    struck = [claim for text in (summary, rationale, *followups, *before) for claim in text.struck]
    return ModelSays(
        summary=summary.kept,
        rationale=rationale.kept,
        followups=tuple(text.kept for text in followups if text.kept),
        struck=tuple(StruckSentence(sentence=claim.sentence, why=claim.why) for claim in struck),
    )


def _run_facts(entries: Sequence[Entry], tree: str, reasons: Mapping[str, StruckText]) -> RunFacts:
    started, ended = last(entries, EntryKind.RUN_STARTED), last(entries, EntryKind.ENDED)
    workspace, environment = last(entries, EntryKind.WORKSPACE_READY), last(entries, EntryKind.ENVIRONMENT_READY)
    baseline, plan = last(entries, EntryKind.BASELINE), last(entries, EntryKind.PLAN)
    delivered, policy = last(entries, EntryKind.DELIVERED), mapping_at(started, "policy")
    tools = {**mapping_at(environment, "tools"), **mapping_at(last(entries, EntryKind.KNOWN_GOOD), "tools")}
    threshold = policy.get("coverage_threshold")
    return RunFacts(
        id=text_at(started, "run_id"),
        task=text_at(started, "task"),
        repository=text_at(started, "repository"),
        base_commit=text_at(workspace, "base_commit") or text_at(started, "base_commit"),
        base_tree=text_at(workspace, "base_tree") or text_at(started, "base_tree"),
        tree=tree,
        delivered=Delivered.model_validate(
            {name: value for name, value in delivered.items() if name in Delivered.model_fields}
        ),
        started_at=entries[0].at,
        ended_at=entries[-1].at,
        model=text_at(started, "model"),
        thinking=text_at(last(entries, EntryKind.THINKING), "mode"),
        escalations=tuple(_with_judged_reason(one, reasons) for one in escalations_of(entries)),
        spending=spending_of(entries),
        sandbox=text_at(started, "sandbox"),
        python=text_at(environment, "python"),
        tools={name: str(version) for name, version in sorted(tools.items())},
        environment_digest=text_at(environment, "digest"),
        budget=BudgetUse.model_validate(mapping_at(ended, "budget")),
        kind=text_at(plan, "kind"),
        scope=texts_at(plan, "scope"),
        widened=tuple(_with_judged_reason(one, reasons) for one in widened_by(entries)),
        project_root=text_at(last(entries, EntryKind.KNOWN_GOOD), "project_root") or text_at(started, "project_root"),
        may_change_tests=texts_at(policy, "may_change_tests"),
        may_migrate_unsafely=texts_at(policy, "may_migrate_unsafely"),
        coverage_threshold=float(threshold) if isinstance(threshold, int | float) else 0.0,
        baseline=BaselineCounts(
            tests=baseline_counts(baseline),
            tests_problem=text_at(baseline, "tests_problem"),
            types_problem=text_at(baseline, "types_problem"),
        ),
        env_names=texts_at(started, "env_names"),
        python_coder=text_at(ended, "python_coder"),
        ledger_entries=len(entries),
        ledger_digest=entries[-1].hash,
    )


def _with_judged_reason(one: Said, reasons: Mapping[str, StruckText]) -> Said:
    """The entry with what is left of the model's reason; a reason of the runtime's is not among them."""
    judged = reasons.get(one.reason)
    return one if judged is None else one.model_copy(update={"reason": judged.kept})


def _banner(file: FileChange) -> str:
    """The purpose that the file's first line tells, if the diff shows that line."""
    found = re.search(rf"^[+ ]# {re.escape(file.path)} [—-] (.+)$", file.patch, re.MULTILINE)
    return found.group(1).strip() if found else ""


def _note(file: FileChange, told: str) -> str:
    told = told or _banner(file)
    counts = "binary" if file.is_binary else f"+{len(file.added_lines)} -{len(file.removed_lines)}"
    moved = f" from {file.old_path}" if file.old_path != file.path else ""
    return f"{told + ': ' if told else ''}{file.status}{moved}, {counts}"
