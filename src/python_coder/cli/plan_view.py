# src/python_coder/cli/plan_view.py — a plan for people: what, where, tests first, what could go wrong, how to go on
from rich.console import Console
from rich.text import Text

from python_coder.agent.plan_file import PLAN_FILE, read_plan
from python_coder.agent.run_store import RunFolder


def show_plan(console: Console, folder: RunFolder) -> None:
    """Print the plan of a run that stopped for it.

    Raises:
        UsageError: It was edited into something that is no plan.
    """
    path = folder.folder / PLAN_FILE
    plan = read_plan(path)
    console.print()
    console.print(Text.assemble(("PLAN", "bold cyan"), f"  {plan.kind}; nothing was changed yet"))
    for number, step in enumerate(plan.steps, start=1):
        console.print(f"  {number}. {step}")
    console.print(f"  may change:  {', '.join(plan.scope)}")
    console.print(f"  tests first: {', '.join(plan.tests_first) or 'none named'}")
    console.print(f"  migration:   {'yes' if plan.needs_migration else 'no'}")
    console.print(f"  docs:        {'yes' if plan.needs_docs else 'no'}")
    if plan.risk:
        console.print(f"  risk:        {plan.risk}")
    console.print()
    console.print(f"Edit it:  {path}")
    console.print(f"Go on:    python-coder resume {folder.run_id}")
