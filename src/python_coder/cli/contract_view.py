# src/python_coder/cli/contract_view.py — a contract for people: the verdict, the diff's summary, where to look next
from rich.console import Console
from rich.text import Text

from python_coder.agent.run_store import RunFolder
from python_coder.cli.progress import MARKS
from python_coder.evidence.contract import Contract, ContractGate
from python_coder.evidence.verdict import Verdict

_STYLES = {"proven": "bold green", "unproven": "bold yellow", "refused": "bold red"}
_MOST_FINDINGS = 10


def show_contract(console: Console, contract: Contract, folder: RunFolder) -> None:
    """Print what a run came to."""
    console.print()
    console.print(Text.assemble((contract.status.upper(), _STYLES[contract.status]), f"  {contract.summary}"))
    for gate in contract.gates:
        if gate.verdict is not Verdict.NOT_APPLICABLE:
            _show_gate(console, gate)
    for sentence in contract.not_judged:
        console.print(f"  not judged: {sentence}", style="yellow")
    for struck in contract.model_says.struck:
        console.print(f"  struck out: “{struck.sentence}” ({struck.why})", style="yellow")
    _show_files(console, contract)
    console.print()
    for line in _where_next(contract, folder):
        console.print(line)


def _show_gate(console: Console, gate: ContractGate) -> None:
    mark, style = MARKS[gate.verdict]
    console.print(Text.assemble("  ", (mark, style), f" {gate.gate:<18}", (gate.reason, "dim")))
    if gate.verdict is Verdict.FAILED:
        for finding in gate.findings[:_MOST_FINDINGS]:
            where = f"{finding.path}:{finding.line}: " if finding.path else ""
            console.print(f"      {where}{finding.rule}: {finding.message}")
    if gate.mend:
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
        lines.append(f"Apply:    git apply {folder.patch}")
    if delivered.how == "nowhere" and contract.diffs:
        lines.append(f"The work: {folder.patch} (not delivered, because it is not proven)")
    lines.append(f"Contract: {folder.contract}")
    lines.append(f"Check it: python-coder verify {folder.contract}")
    if contract.ended_because in {"interrupted", "provider_failed", "environment_lacks"}:
        lines.append(f"Go on:    python-coder resume {folder.run_id}")
    return lines
