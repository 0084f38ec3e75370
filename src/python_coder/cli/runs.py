# src/python_coder/cli/runs.py — `python-coder runs`
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from python_coder.agent.run_overview import RunOverview, overview
from python_coder.agent.run_store import list_runs
from python_coder.cli.console import plain_console
from python_coder.cli.output import STATUS_STYLES, print_json
from python_coder.settings import Settings


def runs_command(
    limit: Annotated[int, typer.Option(min=1, help="Most runs to list, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the runs on this machine, newest first. Exit code: 0."""
    settings = Settings.from_environment()
    runs = [overview(run) for run in list_runs(settings)[:limit]]
    if as_json:
        print_json([asdict(run) for run in runs])
    elif runs:
        _show(plain_console(), runs)
    else:
        typer.echo(f"No runs in {settings.runs_folder}. Start one: python-coder run TASK")


def _show(console: Console, runs: list[RunOverview]) -> None:
    if not console.is_terminal:
        for run in runs:
            fields = (run.run_id, run.status, run.ended_because, run.delivered, run.task, _cost(run))
            typer.echo("\t".join(fields))
        return
    table = Table("run", "status", "delivered", "cost", "task", box=None, header_style="dim")
    for run in runs:
        because = f" ({run.ended_because})" if run.ended_because not in {"", run.status} else ""
        status = Text.assemble((run.status, STATUS_STYLES.get(run.status, "")), (because, "dim"))
        table.add_row(run.run_id, status, Text(run.delivered), _cost(run), Text(run.task))
    console.print(table, soft_wrap=False)


def _cost(run: RunOverview) -> str:
    """Money where it is known, and tokens, those from the provider's cache apart; empty for a run that took none."""
    if not run.tokens:
        return ""
    money = "" if run.cost_usd is None else f"${run.cost_usd:.2f}, "
    cached = f" ({run.cache_read_tokens:,} cached)" if run.cache_read_tokens else ""
    return f"{money}{run.tokens:,} tokens{cached}"
