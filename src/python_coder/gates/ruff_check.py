# src/python_coder/gates/ruff_check.py — gate: the change adds no ruff finding, by the project's rules and then by ours
import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from python_coder.evidence.verdict import Finding, GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import test_paths_of
from python_coder.gates.ratchet import Sighting, new_findings
from python_coder.gates.ruff_rules import (
    RuffConfig,
    counts_in,
    guideline_folder,
    guideline_options,
    may_yield,
    projects_options,
)
from python_coder.gates.ruff_run import LintReport, covered_files, lint, project_ruff, ruff_configs, target_version
from python_coder.gates.tool_run import Bench, not_applicable, not_run, own_tool, run_tool
from python_coder.workspace.commands import Command


@dataclass(frozen=True)
class RuffCheckGate:
    """Demands that the change adds no ruff finding: by the project's own configuration, then by a safe set of ours."""

    name: str = "ruff-check"

    async def check(self, context: GateContext) -> GateResult:
        """Judge the Python files of one change."""
        changed = [file.path for file in context.change.python_files]
        if not changed:
            return not_applicable(self.name, "no Python file changed")
        files, shown = await covered_files(context, changed)
        if not files:
            return not_applicable(self.name, "the project's ruff configuration excludes every changed file")
        configs = ruff_configs(context)
        reports = await asyncio.gather(_projects(context, configs, files), _guideline(context, configs, files))
        runs = [*([shown] if shown else []), *(run for report in reports for run in report.runs)]
        problem = next((report.problem for report in reports if report.problem), "")
        if problem:
            mend = "run `ruff check` in the project and correct its configuration on the base revision"
            return not_run(self.name, f"ruff could not judge: {problem}", mend, *runs)
        seen = sorted({finding for report in reports for finding in report.findings})
        findings = tuple(f for f in seen if f.severity is Severity.BLOCKING or _as_blocking(f) not in seen)
        result = judge(self.name, findings, f"no new finding in {len(files)} changed Python files")
        return replace(result, commands=tuple(run.command for run in runs), facts={"files": len(files)})


@dataclass(frozen=True, kw_only=True)
class _Pass(LintReport):
    findings: tuple[Finding, ...] = ()


async def _projects(context: GateContext, configs: Sequence[RuffConfig], files: Sequence[str]) -> _Pass:
    if not configs:
        return _Pass(sightings=(), runs=())
    is_own = context.known_good.ruff is not None and context.known_good.ruff.is_projects_own
    return await _new(context, project_ruff(context), files, projects_options(configs, is_own=is_own))


async def _guideline(context: GateContext, configs: Sequence[RuffConfig], files: Sequence[str]) -> _Pass:
    options = guideline_options(configs, target_version(context.known_good.python_version))
    ruff = (own_tool("ruff"),)
    report = await _new(context, ruff, files, options, at=guideline_folder(configs))
    if report.problem:
        return report
    tests = test_paths_of(context.known_good)
    kept = [finding for finding in report.findings if counts_in(finding.path, finding.rule, tests)]
    broken = await _broken_in_base(context, (*ruff, "check", *options)) if kept else frozenset()
    return replace(report, findings=tuple(_yielding(finding, broken) for finding in kept))


async def _new(
    context: GateContext, ruff: tuple[str, ...], files: Sequence[str], options: Sequence[str], *, at: str = "."
) -> _Pass:
    bench = Bench.of(context)
    changed = [file for path in files if (file := context.change.file(path)) is not None]
    before = [file.old_path for file in changed if file.status != "added"]
    judged, base = await asyncio.gather(
        lint(bench, ruff, context.judged_folder, files, options, at=at),
        lint(bench, ruff, context.base_folder, before, options, at=at),
    )
    sightings: tuple[Sighting, ...] = judged.sightings
    findings = new_findings(sightings, base.sightings, context.change)
    problem = judged.problem or base.problem
    return _Pass(sightings=sightings, runs=(*judged.runs, *base.runs), problem=problem, findings=findings)


async def _broken_in_base(context: GateContext, argv: tuple[str, ...]) -> frozenset[str]:
    words = (*argv, "--no-cache", "--no-fix", "--statistics", "--output-format", "json", ".")
    run = await run_tool(Bench.of(context), Command(argv=words, cwd=context.base_folder))
    try:
        return frozenset(row["code"] for row in json.loads(run.completed.stdout or "[]") if row.get("code"))
    except (json.JSONDecodeError, TypeError, AttributeError):
        return frozenset()


def _yielding(finding: Finding, broken: frozenset[str]) -> Finding:
    if finding.rule in broken and may_yield(finding.path, finding.rule):
        return replace(finding, severity=Severity.NOTE)
    return finding


def _as_blocking(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.BLOCKING)
