# src/python_coder/cli/verify.py — `python-coder verify`
import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from python_coder.agent.claim_answers import ClaimAnswer
from python_coder.agent.run_store import find_run, list_runs
from python_coder.agent.verification import NoSandbox, VerifyReport, verify_contract
from python_coder.cli.console import plain_console
from python_coder.cli.options import ConnectOption, EnvFileOption, NoSandboxOption, SandboxOption
from python_coder.cli.output import print_json
from python_coder.cli.relays import read_relays
from python_coder.errors import EnvironmentLacksError, EvidenceError, UsageError
from python_coder.settings import Settings
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.env_file import read_env_file
from python_coder.workspace.git import open_repository
from python_coder.workspace.relayed import with_relays
from python_coder.workspace.sandbox import SandboxMode, make_runner

_MARKS = {"re-verified": ("✓", "green"), "differs": ("✗", "red"), "cannot run here": ("?", "yellow")}
_EXIT_INTERRUPTED = 130


def verify_command(
    contract: Annotated[Path, typer.Argument(help="A contract.json with its ledger beside it, a run id, or 'last'.")],
    repo: Annotated[Path | None, typer.Option("--repo", help="A clone that should hold what was delivered.")] = None,
    env_file: EnvFileOption = None,
    connect: ConnectOption = None,
    sandbox: SandboxOption = "auto",
    no_sandbox: NoSandboxOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check a contract: its evidence, its tree, and every gate again on a clean clone.

    Exit codes: 0 all re-verified, 1 something differs or was edited, 2 bad usage, 3 something cannot run here.
    """
    settings = Settings.from_environment()
    path = _contract_of(contract, settings)
    if repo is not None:
        open_repository(repo)
    verifying = verify_contract(
        path,
        repo=repo,
        settings=settings,
        runner=with_relays(_runner("none" if no_sandbox else sandbox), read_relays(connect)),
        env=read_env_file(env_file),
    )
    try:
        report = asyncio.run(verifying)
    except EvidenceError as error:
        if not as_json:
            raise
        print_json({"ok": False, "refused": str(error), "claims": []})
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt:
        raise typer.Exit(_EXIT_INTERRUPTED) from None
    if as_json:
        claims = [asdict(claim) for claim in report.claims]
        print_json({"ok": report.ok, "run_id": report.run_id, "refused": "", "claims": claims})
    else:
        _show(plain_console(), report)
    raise typer.Exit(report.exit_code)


def _contract_of(given: Path, settings: Settings) -> Path:
    """The contract that is meant: a file, the one in a folder, or that of a run by its id."""
    known = {run.run_id for run in list_runs(settings)}
    is_run = not given.exists() and (str(given) == "last" or any(name.startswith(str(given)) for name in known))
    folder = find_run(settings, str(given)).folder if is_run else given
    path = folder / "contract.json" if folder.is_dir() else folder
    if not path.exists():
        raise UsageError(f"There is no contract {path}. Name a run, its folder or its contract.json; see `runs`.")
    return path


def _runner(mode: SandboxMode) -> CommandRunner:
    try:
        return make_runner(mode)
    except EnvironmentLacksError as error:
        # The evidence can be checked all the same.
        return NoSandbox(str(error))


def _show(console: Console, report: VerifyReport) -> None:
    for claim in report.claims:
        console.print(_line(claim))
    answers = [claim.answer for claim in report.claims]
    counts = ", ".join(f"{answers.count(answer)} {answer}" for answer in _MARKS if answer in answers)
    console.print(f"Run {report.run_id}: {counts}.")


def _line(claim: ClaimAnswer) -> Text:
    mark, style = _MARKS[claim.answer]
    values = claim.said if claim.said == claim.seen or not claim.seen else f"said {claim.said}, seen {claim.seen}"
    told = " — ".join(part for part in (values, claim.why) if part)
    return Text.assemble("  ", (mark, style), f" {claim.claim:<24}", f"{claim.answer:<16}", (told, "dim"))
