# src/python_coder/cli/execute.py — carries a run out on a terminal: progress, Ctrl-C, the contract, the exit code
import asyncio
import os
import signal
import sys
from typing import NoReturn

import typer

from python_coder.agent.plan_file import PLANNED
from python_coder.agent.run import Run
from python_coder.agent.run_end import Finished, exit_code_of
from python_coder.agent.run_store import RunFolder
from python_coder.cli.console import plain_console
from python_coder.cli.contract_view import show_contract
from python_coder.cli.plan_view import show_plan
from python_coder.cli.progress import TerminalProgress
from python_coder.evidence.contract import read_contract
from python_coder.telemetry import telemetry

EXIT_INTERRUPTED = 130


def execute(run: Run, progress: TerminalProgress, *, as_json: bool) -> None:
    """Run to the end and leave with the exit code.

    Raises:
        Exit: Always, with 0 proven, 1 unproven, 2 refused, 3 environment, 4 provider, 130 interrupted.
    """
    with progress:
        try:
            with telemetry(os.environ, run.folder.run_id) as run.telemetry:
                finished = asyncio.run(_until_signalled(run))
        except (KeyboardInterrupt, asyncio.CancelledError):
            _show_interrupted(run, as_json=as_json)
            raise typer.Exit(EXIT_INTERRUPTED) from None
    _show(finished, as_json=as_json)
    raise typer.Exit(finished.exit_code)


def show_finished(folder: RunFolder, *, as_json: bool) -> NoReturn:
    """Show a run that came to its end earlier, and leave with the exit code that it had.

    Raises:
        Exit: Always.
    """
    contract = read_contract(folder.contract)
    code = exit_code_of(contract.status)
    _show(Finished(contract=contract, folder=folder, exit_code=code), as_json=as_json)
    raise typer.Exit(code)


async def _until_signalled(run: Run) -> Finished:
    task = asyncio.current_task()
    if task is not None:
        # A terminated run ends like one that Ctrl-C ended: with a contract, ready to be resumed.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run.execute()


def _show(finished: Finished, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(finished.folder.contract.read_text(encoding="utf-8"))
    elif finished.contract.ended_because == PLANNED:
        show_plan(plain_console(), finished.folder)
    else:
        show_contract(plain_console(), finished.contract, finished.folder)


def _show_interrupted(run: Run, *, as_json: bool) -> None:
    if as_json and run.folder.contract.exists():
        sys.stdout.write(run.folder.contract.read_text(encoding="utf-8"))
    typer.echo(f"python-coder: interrupted. Nothing is lost: python-coder resume {run.folder.run_id}", err=True)
