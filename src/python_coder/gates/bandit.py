# src/python_coder/gates/bandit.py — gate: the change adds no security finding
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from python_coder.evidence.verdict import GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import is_test_file, test_paths_of
from python_coder.gates.ratchet import Sighting, new_findings
from python_coder.gates.ruff_run import last_line
from python_coder.gates.tool_run import Bench, ToolRun, not_applicable, not_run, own_tool, run_tool
from python_coder.workspace.commands import Command

_TOLD = ("B4", "B105", "B106", "B107", "B603", "B607")
"""Imports and words that only look dangerous: low-severity findings of these are notes."""


@dataclass(frozen=True)
class BanditGate:
    """Demands that the lines a change adds to the source bring no bandit finding."""

    name: str = "bandit"

    async def check(self, context: GateContext) -> GateResult:
        """Judge the changed Python source files, tests left out."""
        tests = test_paths_of(context.known_good)
        changed = [file for file in context.change.python_files if not is_test_file(file.path, tests)]
        if not changed:
            return not_applicable(self.name, "no Python source file changed")
        files = [file.path for file in changed]
        judged = await _scan(context, context.judged_folder, files)
        before = [file.old_path for file in changed if file.status != "added"]
        base = await _scan(context, context.base_folder, before)
        runs = (*judged.runs, *base.runs)
        if judged.problem:
            mend = "run `bandit -r` in the project to see the whole message"
            return not_run(self.name, f"bandit could not judge: {judged.problem}", mend, *runs)
        findings = new_findings(judged.sightings, base.sightings, context.change)
        result = judge(self.name, findings, f"no new finding in {len(files)} changed source files")
        if judged.unread and not any(finding.severity is Severity.BLOCKING for finding in findings):
            reason = f"bandit could not read {', '.join(judged.unread)}"
            return not_run(self.name, reason, _unread_mend(context), *runs)
        return replace(result, commands=tuple(run.command for run in runs), facts={"files": len(files)})


@dataclass(frozen=True, kw_only=True)
class _Scan:
    sightings: tuple[Sighting, ...] = ()
    unread: tuple[str, ...] = ()
    """Files with a reason, as bandit silently skips what its own interpreter cannot parse."""
    runs: tuple[ToolRun, ...] = ()
    problem: str = ""


async def _scan(context: GateContext, folder: Path, files: Sequence[str]) -> _Scan:
    if not files:
        return _Scan()
    fact = context.known_good.bandit
    argv = fact.argv if fact else (own_tool("bandit"),)
    options = ("-f", "json", "-q", *_configuration(context, folder))
    paths = tuple(str(folder / path) for path in files)
    run = await run_tool(Bench.of(context), Command(argv=(*argv, *options, "--", *paths), cwd=folder))
    try:
        report = json.loads(run.completed.stdout)
        sightings = tuple(_sighting(row, folder) for row in report["results"])
        unread = tuple(f"{_relative(row['filename'], folder)} ({row['reason']})" for row in report["errors"])
        seen = {_relative(path, folder) for path in report["metrics"]}
    except (json.JSONDecodeError, KeyError, TypeError):
        return _Scan(runs=(run,), problem=last_line(run))
    if run.completed.exit_code not in {0, 1}:
        return _Scan(runs=(run,), problem=last_line(run))
    kept = tuple(sighting for sighting in sightings if sighting.path in seen)
    return _Scan(sightings=kept, unread=unread, runs=(run,))


def _configuration(context: GateContext, folder: Path) -> tuple[str, ...]:
    """The option that names the project's bandit configuration, as the base revision has it."""
    fact = context.known_good.bandit
    if fact and fact.config_path and (context.judged_folder / fact.config_path).is_file():
        path = context.judged_folder / fact.config_path
        return ("--ini" if path.name == ".bandit" else "-c", str(path))
    path = context.project(folder) / "pyproject.toml"
    try:
        return ("-c", str(path)) if "bandit" in tomllib.loads(path.read_text()).get("tool", {}) else ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return ()


def _sighting(row: Mapping[str, Any], folder: Path) -> Sighting:
    rule, level = row["test_id"], row["issue_severity"]
    lines = row["line_range"] or [row["line_number"]]
    is_told = level == "LOW" and (rule.startswith(_TOLD) or row["issue_confidence"] == "LOW")
    return Sighting(
        path=_relative(row["filename"], folder),
        line=min(lines),
        end_line=max(lines),
        rule=rule,
        message=row["issue_text"],
        severity=Severity.NOTE if is_told else Severity.BLOCKING,
    )


def _relative(path: str, folder: Path) -> str:
    return os.path.relpath(os.path.realpath(folder / path), os.path.realpath(folder))


def _unread_mend(context: GateContext) -> str:
    if context.known_good.bandit and context.known_good.bandit.is_projects_own:
        return "make the file valid for the project's Python"
    version = context.known_good.python_version
    return f"add bandit to the project's development dependencies, so that its own Python {version} reads the file"
