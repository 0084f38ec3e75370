# src/python_coder/cli/check.py — `python-coder check`
import asyncio
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from python_coder.cli.console import plain_console
from python_coder.cli.options import (
    ConnectOption,
    EnvFileOption,
    NoSandboxOption,
    ProjectOption,
    RepoOption,
    SandboxOption,
)
from python_coder.cli.output import print_json
from python_coder.cli.progress import MARKS, TerminalProgress
from python_coder.cli.relays import read_relays
from python_coder.cli.stop_hook import stop_hook
from python_coder.errors import UsageError
from python_coder.evidence.verdict import Finding, GateResult, Severity, Verdict
from python_coder.gates.check import CheckReport, CheckRequest, CheckWatcher, check_working_tree
from python_coder.gates.context import UserPolicy
from python_coder.settings import Settings
from python_coder.workspace.env_file import read_env_file
from python_coder.workspace.relayed import with_relays
from python_coder.workspace.sandbox import make_runner

_INTERRUPTED = 130


def check_command(
    repo: RepoOption = Path(),
    base: Annotated[
        str, typer.Option(help="Judge against this revision; by default where the work left the default branch.")
    ] = "",
    whole: Annotated[bool, typer.Option("--all", help="Judge every line as if it were new.")] = False,
    gate: Annotated[list[str] | None, typer.Option(help="Run only this gate; may be given several times.")] = None,
    project: ProjectOption = "",
    sandbox: SandboxOption = "auto",
    no_sandbox: NoSandboxOption = False,
    env_file: EnvFileOption = None,
    connect: ConnectOption = None,
    may_change_test: Annotated[
        list[str] | None, typer.Option(help="Glob of existing test ids that may change or vanish.")
    ] = None,
    allow_unsafe_migration: Annotated[
        list[str] | None,
        typer.Option(help="Glob of RULE:TABLE that migrations may do though it loses data: 'ban-drop-column:items'."),
    ] = None,
    notes: Annotated[bool, typer.Option("--notes", help="Show findings that block nothing, too.")] = False,
    is_stop_hook: Annotated[
        bool, typer.Option("--stop-hook", help="Answer as a client's stop hook: 2 sends the agent back, once.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Judge the working tree with the gates. No model at all.

    Uncommitted and untracked files are judged too; nothing is changed.

    Exit codes: 0 all passed or not applicable, 1 one failed, 2 bad usage, 3 one did not run or the environment lacks
    something, 130 interrupted.
    """
    if whole and base:
        raise UsageError("--all judges every line, so it takes no --base. Leave one of them out.")
    request = CheckRequest(
        repo=repo.absolute(),
        base=base,
        is_whole=whole,
        gates=tuple(gate or ()),
        project=project,
        env=read_env_file(env_file),
        policy=UserPolicy(
            may_change_tests=tuple(may_change_test or ()), may_migrate_unsafely=tuple(allow_unsafe_migration or ())
        ),
    )
    runner = with_relays(make_runner("none" if no_sandbox else sandbox), read_relays(connect))
    settings = Settings.from_environment()
    if is_stop_hook:
        raise typer.Exit(stop_hook(lambda: asyncio.run(check_working_tree(request, settings=settings, runner=runner))))
    progress = TerminalProgress(plain_console(is_stderr=True))
    watcher = CheckWatcher(phase=progress.phase, finished=progress.gate)
    with progress:
        try:
            report = asyncio.run(check_working_tree(request, settings=settings, runner=runner, watcher=watcher))
        except KeyboardInterrupt:
            raise typer.Exit(_INTERRUPTED) from None
    if as_json:
        print_json(_document(report))
    else:
        _show(report, with_notes=notes)
    raise typer.Exit(report.exit_code)


def _document(report: CheckReport) -> dict[str, object]:
    return {
        "status": report.decision.status,
        "base": report.base,
        "tree": report.tree,
        "changed_files": report.changed_files,
        "sandbox": report.sandbox,
        "gates": [asdict(result) for result in report.results],
        "not_judged": report.decision.not_judged,
        "exit_code": report.exit_code,
    }


def _show(report: CheckReport, *, with_notes: bool) -> None:
    """A table on a terminal, lines alone when piped; findings as `path:line: rule: message`."""
    console = plain_console()
    findings = [finding for result in report.results for finding in result.findings]
    shown = [finding for finding in findings if with_notes or finding.severity is not Severity.NOTE]
    for finding in shown:
        console.print(_finding_line(finding))
    if len(shown) < len(findings):
        console.print(f"{len(findings) - len(shown)} notes block nothing; --notes shows them.", style="dim")
    if console.is_terminal and report.results:
        console.print(_table(report.results), soft_wrap=False)
    else:
        for result in report.results:
            line = f"{result.gate}: {result.verdict}: {result.reason}"
            console.print(f"{line} ({result.mend})" if result.mend else line)
    for sentence in report.decision.not_judged:
        console.print(f"not judged: {sentence}")
    console.print(_last_line(report))


def _finding_line(finding: Finding) -> Text:
    where = f"{finding.path}:{finding.line}: " if finding.path and finding.line else f"{finding.path}: "
    note = "note: " if finding.severity is Severity.NOTE else ""
    style = "dim" if finding.severity is Severity.NOTE else ""
    return Text(f"{where if finding.path else ''}{note}{finding.rule}: {finding.message}", style=style)


def _table(results: tuple[GateResult, ...]) -> Table:
    table = Table("", "gate", "seconds", "what was seen", box=None, header_style="dim")
    table.columns[2].justify = "right"
    for result in results:
        mark, style = MARKS[result.verdict]
        words = f"{result.reason}\n{result.mend}" if result.mend else result.reason
        table.add_row(Text(mark, style), result.gate, f"{result.seconds:.1f}", Text(words))
    return table


def _last_line(report: CheckReport) -> str:
    if not report.changed_files:
        against = f"since {report.base[:12]}" if report.base else "in this repository"
        return f"Nothing changed {against}. Judge every line with --all."
    counts = Counter(result.verdict for result in report.results)
    words = ", ".join(f"{counts[verdict]} {verdict.replace('_', ' ')}" for verdict in Verdict if counts[verdict])
    against = f"against {report.base[:12]}" if report.base else "every line judged as new"
    return f"{report.changed_files} files, {against}: {words}."
