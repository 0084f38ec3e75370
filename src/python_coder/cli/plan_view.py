# src/python_coder/cli/plan_view.py — a plan for people: what, where, tests first, what could go wrong, how to go on
from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from python_coder.agent.plan_file import PLAN_FILE, read_plan
from python_coder.agent.run_store import RunFolder
from python_coder.evidence.claims import StruckText
from python_coder.evidence.early_words import judged_plan
from python_coder.evidence.ledger import read_ledger


def show_plan(console: Console, folder: RunFolder) -> None:
    """Print the plan of a run that stopped for it.

    Raises:
        UsageError: It was edited into something that is no plan.
    """
    path = folder.folder / PLAN_FILE
    plan, judged = read_plan(path), judged_plan(read_ledger(folder.ledger))
    console.print()
    console.print(Text.assemble(("PLAN", "bold cyan"), f"  {plan.kind}; nothing was changed yet"))
    for number, step in enumerate(plan.steps, start=1):
        console.print(f"  {number}. {_kept(step, judged)}")
    console.print(f"  may change:  {', '.join(plan.scope)}")
    console.print(f"  tests first: {', '.join(plan.tests_first) or 'none named'}")
    console.print(f"  migration:   {'yes' if plan.needs_migration else 'no'}")
    console.print(f"  docs:        {'yes' if plan.needs_docs else 'no'}")
    if plan.risk:
        console.print(f"  risk:        {_kept(plan.risk, judged)}")
    for claim in (claim for text in judged.values() for claim in text.struck):
        console.print(f"  struck out: “{claim.sentence}” ({claim.why})", style="yellow")
    console.print()
    console.print(f"Edit it:  {path}")
    console.print(f"Go on:    python-coder resume {folder.run_id}")


def _kept(text: str, judged: Mapping[str, StruckText]) -> str:
    """A text of the plan without what the model could not know; one that the user wrote as it is."""
    return judged[text].kept if text in judged else text
