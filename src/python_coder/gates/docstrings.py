# src/python_coder/gates/docstrings.py — gate: what the change adds to the public surface says what it is
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from python_coder.evidence.verdict import GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import EMPTY_TREE, is_migration_file, is_test_file, test_paths_of
from python_coder.gates.ratchet import new_findings
from python_coder.gates.ruff_run import lint, ruff_configs, target_version
from python_coder.gates.tool_run import Bench, not_applicable, not_run, own_tool

_MISSING = ("D101", "D102", "D103", "D419")
"""No docstring on a public class, method or function, or an empty one."""
_SECTIONS = ("D417", "DOC")
"""Sections that do not match the code. Only told: a house may leave out what the types already say."""
_PUBLIC = re.compile(r"^(?: {4})?(?:async +def|def|class) +[A-Za-z]", re.MULTILINE)
_LEAST_SHARE = 0.2
"""A base revision where no more public symbols than this have a docstring does not document them."""


@dataclass(frozen=True)
class DocstringsGate:
    """Demands a docstring on each public class, method and function that the change adds.

    Source: the specification, "Docstrings"; ruff rules `D` and `DOC`.
    """

    name: str = "docstrings"

    async def check(self, context: GateContext) -> GateResult:
        """Judge the public names of one change, tests and migrations left out."""
        changed = [file for file in context.change.python_files if _is_source(context, file.path)]
        if not changed:
            return not_applicable(self.name, "no Python source file changed")
        bench, options, ruff = Bench.of(context), _options(context), (own_tool("ruff"),)
        before = [file.old_path for file in changed if file.status != "added"]
        judged = await lint(bench, ruff, context.judged_folder, [file.path for file in changed], options)
        base = await lint(bench, ruff, context.base_folder, before, options)
        runs = (*judged.runs, *base.runs)
        problem = judged.problem or base.problem
        if problem:
            mend = "run `ruff check --select D` in the project to see the whole message"
            return not_run(self.name, f"ruff could not judge docstrings: {problem}", mend, *runs)
        findings = tuple(
            finding if finding.rule in _MISSING else replace(finding, severity=Severity.NOTE)
            for finding in new_findings(judged.sightings, base.sightings, context.change)
            if finding.rule.startswith(("D", "DOC"))
        )
        if any(finding.severity is Severity.BLOCKING for finding in findings):
            documented, public = await _share_in_base(context, options)
            if public and documented <= public * _LEAST_SHARE:
                share = f"{documented} of {public} public names"
                return not_applicable(self.name, f"the base revision does not document its code ({share})")
        result = judge(self.name, findings, f"the public names of {len(changed)} changed files are documented")
        return replace(result, commands=tuple(run.command for run in runs), facts={"files": len(changed)})


def _is_source(context: GateContext, path: str) -> bool:
    return not is_test_file(path, test_paths_of(context.known_good)) and not is_migration_file(path)


def _options(context: GateContext) -> tuple[str, ...]:
    convention = next((c.convention for c in ruff_configs(context) if c.convention), "google")
    return (
        "--isolated",
        "--preview",
        *target_version(context.known_good.python_version),
        "--select",
        ",".join((*_MISSING, *_SECTIONS)),
        "--config",
        f"lint.pydocstyle.convention='{convention}'",
        "--config",
        "lint.pydoclint.ignore-one-line-docstrings=true",
    )


async def _share_in_base(context: GateContext, options: Sequence[str]) -> tuple[int, int]:
    """How many public names of the base have a docstring, and how many there are, by a count of definitions."""
    tree = context.judged_tree if context.change.base_tree == EMPTY_TREE else context.change.base_tree
    folder = context.judged_folder if tree == context.judged_tree else context.base_folder
    files = [path for path in context.trees.paths(tree) if path.endswith(".py") and _is_source(context, path)]
    contents = context.trees.read_all(tree, files).values()
    public = sum(len(_PUBLIC.findall(content.decode(errors="replace"))) for content in contents)
    report = await lint(Bench.of(context), (own_tool("ruff"),), folder, files, options)
    missing = sum(sighting.rule in _MISSING for sighting in report.sightings)
    return max(public - missing, 0), public
