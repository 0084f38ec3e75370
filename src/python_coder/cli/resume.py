# src/python_coder/cli/resume.py — `python-coder resume`
import os
from typing import Annotated

import typer

from python_coder.agent.run import Run
from python_coder.agent.run_store import find_run
from python_coder.agent.stored_run import change_options, is_finished
from python_coder.agent.thinker import choose_thinker
from python_coder.cli.console import plain_console
from python_coder.cli.execute import execute, show_finished
from python_coder.cli.policy import TerminalAsker
from python_coder.cli.progress import TerminalProgress
from python_coder.cli.thinking_options import MaxCostOption, MaxMinutesOption, MaxTokensOption, ModelOption
from python_coder.settings import Settings


def resume_command(
    run: Annotated[str, typer.Argument(help="Run id, a beginning of one, or 'last'.")] = "last",
    model: ModelOption = "",
    max_cost: MaxCostOption = None,
    max_tokens: MaxTokensOption = None,
    max_minutes: MaxMinutesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the contract alone on standard output.")] = False,
) -> None:
    """Go on with a run that was interrupted, killed, capped or left by its provider; a finished one is shown again.

    The options win over what the run was started with; the caps are for the whole run, but minutes for each start.

    Exit codes: as for `run`.
    """
    settings = Settings.from_environment()
    folder = find_run(settings, run)
    if is_finished(folder):
        show_finished(folder, as_json=as_json)
    given = {"model": model, "max_cost_usd": max_cost, "max_tokens": max_tokens, "max_minutes": max_minutes}
    options = change_options(folder, {name: value for name, value in given.items() if value})
    console = plain_console(is_stderr=True)
    progress = TerminalProgress(console)
    resumed = Run(
        folder=folder,
        options=options,
        settings=settings,
        thinker=choose_thinker(options.model or None, os.environ, escalates_to=options.escalates_to),
        progress=progress,
        asker=TerminalAsker(console, progress),
    )
    execute(resumed, progress, as_json=as_json)
