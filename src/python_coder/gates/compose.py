# src/python_coder/gates/compose.py — gate: compose files resolve, wait for health, and hold no secret and no danger
import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from python_coder.compose.cli import find_compose
from python_coder.evidence.verdict import Finding, GateResult, Severity, Verdict, judge
from python_coder.gates.compose_lint import lint
from python_coder.gates.compose_marks import MarkedFile
from python_coder.gates.compose_resolution import Resolver
from python_coder.gates.compose_rules import service_rules
from python_coder.gates.compose_secrets import plain_secrets
from python_coder.gates.compose_stack import Stack, unresolved
from python_coder.gates.compose_views import View, is_compose_file, views
from python_coder.gates.context import GateContext
from python_coder.gates.ratchet import Sighting, excess, new_findings
from python_coder.gates.tool_run import Bench, ToolRun, not_applicable, not_run
from python_coder.workspace.changes import Change

_NO_CLI = "there is no Compose CLI here to resolve the compose files with"
_MEND = "pip install 'python-coder[compose]', or install Docker Compose 2"


@dataclass(frozen=True)
class ComposeGate:
    """Demands of the stacks that a change touches what the specification asks of them. Only what it adds counts.

    Each stack is resolved by Compose itself, so that overrides, includes, extended services and defaults are seen.

    Source: the specification, "Docker MCP — Compose Playbook" and "Safety".
    """

    name: str = "compose"
    find_cli: Callable[[], tuple[str, ...] | None] = find_compose
    """Finds the words that start the Compose CLI."""

    async def check(self, context: GateContext) -> GateResult:
        """Judge every stack that is read from a changed file."""
        due, before = await asyncio.to_thread(_due, context)
        removed = tuple(_removed(context.change))
        if not due and not removed:
            return not_applicable(self.name, "no compose file changed, nor a file that one reads")
        if not due:
            return judge(self.name, removed, "no stack is left that reads what changed")
        cli = await asyncio.to_thread(self.find_cli)
        bench = replace(Bench.of(context), scratch=context.scratch / "compose")
        try:
            judged = await _look(bench, due, cli, _roots(context))
            base = await _look(bench, before, cli, _roots(context)) if judged.sightings else _Seen()
        finally:
            await asyncio.to_thread(shutil.rmtree, bench.scratch, ignore_errors=True)
        findings = (*_new(judged, base, context.change), *removed)
        new = {(finding.path, finding.message) for finding in findings}
        old = [view for view, sighting in judged.unread if (sighting.path, sighting.message) not in new]
        services = {name for stack in judged.stacks for name in stack.services}
        passed = f"{len(services)} services in {len(judged.stacks)} stacks keep the rules"
        result = judge(self.name, (*findings, *map(_unjudged, old)), passed)
        runs = (*judged.runs, *base.runs)
        if result.verdict is not Verdict.FAILED:
            if not cli:
                return not_run(self.name, _NO_CLI, _MEND)
            if problem := judged.problem or base.problem:
                mend = "run `compose-lint` in the project to see the whole message"
                return not_run(self.name, f"compose-lint could not judge: {problem}", mend, *runs)
            # An overlay may be meant for other company; one that changed must be judged all the same.
            broken = (view.own for view in old if not view.is_overlay or context.change.file(view.own))
            if path := next(broken, ""):
                reason = f"Compose cannot read {path}, before the change or after"
                return not_run(self.name, reason, f"mend what `docker compose -f {path} config` tells", *runs)
        facts: dict[str, str | int | float] = {"services": len(services), "milder": judged.milder}
        return replace(result, commands=tuple(run.command for run in runs), facts=facts)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What there is to see in the stacks of one tree."""

    sightings: tuple[Sighting, ...] = ()
    unread: tuple[tuple[View, Sighting], ...] = ()
    """Stacks that Compose cannot resolve, and what it said."""
    stacks: tuple[Stack, ...] = ()
    """Those that it could resolve."""
    runs: tuple[ToolRun, ...] = ()
    milder: int = 0
    """Findings of the linter below its level high."""
    problem: str = ""


def _due(context: GateContext) -> tuple[tuple[View, ...], tuple[View, ...]]:
    """The stacks that the change touches, and what stood in their place on the base."""
    change, root = context.change, context.known_good.project_root
    # A compose file may be a link, so all entries count.
    judged = views(context.judged_folder, context.trees.entries(context.judged_tree), root)
    base = views(context.base_folder, context.trees.entries(change.base_tree), root)
    old_paths = {file.path: file.old_path for file in change.files}
    changed = {path for file in change.files for path in (file.path, file.old_path)}
    touched_before = {view.files[0] for view in base if view.paths & changed}

    def is_due(view: View) -> bool:
        # An override that went leaves its mark on the file that it was put over.
        return bool(view.paths & changed) or view.files[0] in touched_before

    due = tuple(view for view in judged if is_due(view))
    files = {old_paths.get(path, path) for view in due for path in view.paths}
    return due, tuple(view for view in base if files & set(view.files))


async def _look(bench: Bench, stacks: Sequence[View], cli: tuple[str, ...] | None, roots: Sequence[Path]) -> _Seen:
    """All that the rules and the linter see; without a CLI only what needs none."""
    bench.scratch.mkdir(parents=True, exist_ok=True)
    sightings: list[Sighting] = [sighting for view in stacks for sighting in plain_secrets(view)]
    resolved: list[Stack] = []
    unread: list[tuple[View, Sighting]] = []
    runs: list[ToolRun] = []
    for view in stacks if cli else ():
        resolution = await Resolver(compose=cli or (), bench=bench).resolve(view)
        runs += resolution.runs
        if resolution.problem:
            unread.append((view, unresolved(view, resolution.problem)))
        else:
            resolved.append(Stack(view=view, text=resolution.text))
            sightings += map(_unlooked, view.unread)
    sightings += [sighting for _, sighting in unread]
    sightings += [sighting for stack in resolved for sighting in service_rules(stack)]
    linted = await lint(bench, resolved, roots)
    return _Seen(
        # Stacks share files.
        sightings=tuple(dict.fromkeys((*sightings, *linted.sightings))),
        unread=tuple(unread),
        runs=(*runs, *linted.runs),
        stacks=tuple(resolved),
        milder=linted.milder,
        problem=linted.problem,
    )


def _roots(context: GateContext) -> tuple[Path, ...]:
    """Where the linter's configuration may lie; in the judged tree it is the base revision's own."""
    return (context.project(context.judged_folder), context.judged_folder)


def _new(judged: _Seen, base: _Seen, change: Change) -> Iterator[Finding]:
    """What the change added. In a file that Compose could not read before, only added lines are the change's own."""
    unread = {path for view, _ in base.unread for path in view.paths}
    unread -= {path for stack in base.stacks for path in stack.view.paths}
    kept = [sighting for sighting in judged.sightings if _counts(sighting, unread, change)]
    yield from new_findings(kept, base.sightings, change)
    # What stands in an unchanged file may come from a changed one, such as a service that it extends.
    elsewhere = [sighting for sighting in kept if change.file(sighting.path) is None]
    before = Counter((sighting.path, *sighting.key) for sighting in base.sightings)
    yield from (sighting.finding() for sighting in excess(elsewhere, before, change))


def _counts(sighting: Sighting, unread: set[str], change: Change) -> bool:
    file = change.file(sighting.path)
    old_path = file.old_path if file else sighting.path
    is_added = file is not None and sighting.touches(file.added_lines)
    return is_added or sighting.rule == "unresolved" or old_path not in unread


def _unlooked(part: MarkedFile) -> Sighting:
    message = f"Compose can read it, but secrets and lines cannot be looked for: {part.problem}"
    line = part.problem_line
    return Sighting(path=part.path, line=line, end_line=line, rule="unread", message=message)


def _unjudged(view: View) -> Finding:
    message = "Compose could not read this before the change either, so it is not judged"
    return Finding(path=view.own, line=1, rule="unresolved-before", message=message, severity=Severity.NOTE)


def _removed(change: Change) -> Iterator[Finding]:
    for file in change.files:
        if is_compose_file(file.old_path) and (file.status == "deleted" or not is_compose_file(file.path)):
            message = "the change removes this compose file, or takes its name"
            yield Finding(path=file.old_path, rule="stack-removed", message=message, severity=Severity.NOTE)
