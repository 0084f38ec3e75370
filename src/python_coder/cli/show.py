# src/python_coder/cli/show.py — `python-coder show`
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from python_coder.agent.replay import save_recording
from python_coder.agent.run_overview import evidence_counts, overview
from python_coder.agent.run_store import RunFolder, find_run
from python_coder.cli.console import plain_console
from python_coder.cli.contract_view import show_contract
from python_coder.cli.output import print_json
from python_coder.evidence.contract import read_contract
from python_coder.evidence.ledger import read_ledger
from python_coder.settings import Settings

_MOST_CHARS = 160


def show_command(
    run: Annotated[str, typer.Argument(help="Run id, a beginning of one, or 'last'.")] = "last",
    with_ledger: Annotated[bool, typer.Option("--ledger", help="List every entry of the ledger.")] = False,
    recording: Annotated[
        Path | None, typer.Option(help="Write the model's answers alone into this file, for `run --replay`.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document: the contract, if there is one.")
    ] = False,
) -> None:
    """Show one run: its contract, gates and evidence.

    Exit codes: 0 shown, 1 its evidence was changed, 2 no such run.
    """
    folder = find_run(Settings.from_environment(), run)
    if recording:
        save_recording(folder.folder, recording)
    if as_json:
        _print(folder, with_ledger=with_ledger)
        return
    console = plain_console()
    if folder.contract.exists():
        show_contract(console, read_contract(folder.contract), folder)
    else:
        seen = overview(folder)
        typer.echo(f"{seen.run_id}  {seen.status}  {seen.task}")
        typer.echo(
            "It has no contract yet."
            + ("" if seen.status == "running" else " Go on: python-coder resume " + seen.run_id)
        )
    if folder.ledger.exists():
        counts = ", ".join(f"{count} {kind}" for kind, count in evidence_counts(folder).items())
        console.print(f"Evidence: {folder.ledger} ({counts})")
        if with_ledger:
            _list_ledger(console, folder)


def _print(folder: RunFolder, *, with_ledger: bool) -> None:
    if with_ledger:
        print_json([json.loads(entry.line) for entry in read_ledger(folder.ledger)])
    elif folder.contract.exists():
        print_json(read_contract(folder.contract).model_dump(mode="json"))
    else:
        print_json(asdict(overview(folder)))


def _list_ledger(console: Console, folder: RunFolder) -> None:
    for entry in read_ledger(folder.ledger):
        data = json.dumps(dict(entry.data), ensure_ascii=False)
        shown = data if len(data) <= _MOST_CHARS else f"{data[:_MOST_CHARS]}…"
        text = f"{entry.seq:>5}  {entry.at[11:23]}  {entry.kind:<17} {shown}"
        console.print(text)
