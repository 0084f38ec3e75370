# src/python_coder/cli/resume.py — `python-coder resume`
import os
from typing import Annotated

import typer

from python_coder.agent.run import Run, is_finished, stored_options
from python_coder.agent.run_store import find_run
from python_coder.agent.thinker import choose_thinker
from python_coder.cli.console import plain_console
from python_coder.cli.execute import execute, show_finished
from python_coder.cli.progress import TerminalProgress
from python_coder.settings import Settings


def resume_command(
    run: Annotated[str, typer.Argument(help="Run id, a beginning of one, or 'last'.")] = "last",
    as_json: Annotated[bool, typer.Option("--json", help="Print the contract alone on standard output.")] = False,
) -> None:
    """Go on with a run that was interrupted, killed or left by its provider. A finished run is only shown again.

    Exit codes: as for `run`.
    """
    settings = Settings.from_environment()
    folder = find_run(settings, run)
    if is_finished(folder):
        show_finished(folder, as_json=as_json)
    options = stored_options(folder)
    progress = TerminalProgress(plain_console(is_stderr=True))
    resumed = Run(
        folder=folder,
        options=options,
        settings=settings,
        thinker=choose_thinker(options.model or None, os.environ),
        progress=progress,
    )
    execute(resumed, progress, as_json=as_json)
