# src/python_coder/cli/undo.py — `python-coder undo`
from dataclasses import asdict
from typing import Annotated

import typer

from python_coder.agent.run_store import find_run
from python_coder.agent.taking_back import undo_run
from python_coder.cli.output import print_json
from python_coder.settings import Settings


def undo_command(
    run: Annotated[str, typer.Argument(help="Run id, a beginning of one, or 'last'.")],
    purge: Annotated[bool, typer.Option("--purge", help="Delete the run's evidence too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Take back what a run delivered: its branch, if nobody built on it, its worktree and its private refs.

    Exit codes: 0 taken back, 1 its evidence was changed, 2 no such run, or the branch has moved on and stays.
    """
    undone = undo_run(find_run(Settings.from_environment(), run), purges=purge)
    if as_json:
        print_json(asdict(undone))
        return
    typer.echo(f"Removed: {', '.join(undone.removed) or 'nothing, there was nothing left'}.")
    if undone.kept:
        typer.echo(f"Kept:    the evidence in {undone.kept} (delete it with --purge).")
