# src/python_coder/cli/contract_view.py — a contract for people: the verdict, the diff's summary, where to look next
import shlex

from rich.console import Console
from rich.text import Text

from python_coder.agent.run_store import RunFolder
from python_coder.cli.progress import MARKS
from python_coder.evidence.contract import Contract, ContractGate, Taken
from python_coder.evidence.verdict import Verdict

_STYLES = {"proven": "bold green", "unproven": "bold yellow", "refused": "bold red"}
_MOST_FINDINGS = 10
_GOES_ON = frozenset({"interrupted", "provider_failed", "environment_lacks", "cap_reached", "going_in_circles"})
"""Endings after which `resume` goes on."""


def show_contract(console: Console, contract: Contract, folder: RunFolder) -> None:
    """Print what a run came to."""
    console.print()
    console.print(Text.assemble((contract.status.upper(), _STYLES[contract.status]), f"  {contract.summary}"))
    for gate in contract.gates:
        if gate.verdict is not Verdict.NOT_APPLICABLE:
            _show_gate(console, gate, is_told_below=_is_told_in(contract.not_judged, gate))
    for sentence in contract.not_judged:
        console.print(f"  not judged: {sentence}", style="yellow")
    for added in contract.run.widened:
        console.print(f"  added to the plan's scope: {added.path} ({added.sort}): {added.reason}", style="yellow")
    for struck in contract.model_says.struck:
        console.print(f"  struck out: “{struck.sentence}” ({struck.why})", style="yellow")
    _show_files(console, contract)
    console.print()
    for line in spending_lines(contract):
        console.print(line)
    for line in _where_next(contract, folder):
        console.print(line)


def spending_lines(contract: Contract) -> list[str]:
    """What the model took: in all, then by model and by step where there are several."""
    run, spending = contract.run, contract.run.spending
    if not spending.total.input_tokens:
        return []
    lines = [f"Model:    {run.model}, {run.thinking or 'no'} thinking: {_taken(spending.total)}"]
    lines += [f"  to {step.to_model}: {step.reason} {step.effect}".rstrip() for step in run.escalations]
    for table in (spending.by_model, spending.by_step):
        if len(table) > 1:
            lines += [f"  {name}: {_taken(taken)}" for name, taken in table.items()]
    return lines


def _taken(taken: Taken) -> str:
    turns = "1 turn" if taken.turns == 1 else f"{taken.turns} turns"
    cached = f" ({taken.cache_read_tokens:,} of them from the cache)" if taken.cache_read_tokens else ""
    money = f"${taken.cost_usd:.4f}" if not taken.unpriced_turns else "price not known"
    return f"{turns}, {taken.input_tokens:,} tokens sent{cached}, {taken.output_tokens:,} answered, {money}"


def _is_told_in(not_judged: tuple[str, ...], gate: ContractGate) -> bool:
    """Whether one of the sentences says why a gate did not run."""
    beginning = f"{gate.gate}: {gate.reason.rstrip('.')}"
    return gate.verdict is Verdict.NOT_RUN and any(sentence.startswith(beginning) for sentence in not_judged)


def _show_gate(console: Console, gate: ContractGate, *, is_told_below: bool) -> None:
    mark, style = MARKS[gate.verdict]
    reason = "did not run, see below" if is_told_below else gate.reason
    console.print(Text.assemble("  ", (mark, style), f" {gate.gate:<18}", (reason, "dim")))
    if gate.verdict is Verdict.FAILED:
        for finding in gate.findings[:_MOST_FINDINGS]:
            where = f"{finding.path}:{finding.line}: " if finding.path else ""
            console.print(f"      {where}{finding.rule}: {finding.message}")
    if gate.mend and not is_told_below:
        console.print(f"      mend: {gate.mend}")


def _show_files(console: Console, contract: Contract) -> None:
    if not contract.diffs:
        return
    console.print()
    notes = {artifact.path: artifact.note for artifact in contract.artifacts}
    for diff in contract.diffs:
        added, removed = _counted(diff.diff)
        note = notes.get(diff.path, "").removesuffix(f", +{added} -{removed}")
        console.print(
            Text.assemble(f"  {diff.path}  ", (f"+{added}", "green"), " ", (f"-{removed}", "red"), f"  {note}"),
        )


def _counted(diff: str) -> tuple[int, int]:
    lines = diff.splitlines()
    added = sum(1 for line in lines if line.startswith("+") and not line.startswith("+++"))
    removed = sum(1 for line in lines if line.startswith("-") and not line.startswith("---"))
    return added, removed


def _where_next(contract: Contract, folder: RunFolder) -> list[str]:
    delivered, lines = contract.run.delivered, []
    if delivered.how == "branch":
        lines.append(f"Review:   git diff {contract.run.base_commit[:12]}..{delivered.branch}")
    if delivered.how == "patch":
        lines.append(f"Apply:    git apply {shlex.quote(str(folder.patch))}")
    if delivered.how == "nowhere" and contract.diffs:
        lines.append(f"The work: {folder.patch} (not delivered, because it is not proven)")
    lines.append(f"Contract: {folder.contract}")
    if contract.status != "refused":
        lines.append(f"Check it: python-coder verify {shlex.quote(str(folder.contract))}")
    if contract.ended_because in _GOES_ON:
        lines.append(f"Go on:    python-coder resume {folder.run_id}")
    return lines
