# src/python_coder/gates/table.py — which gate is required when, and what the results then prove
"""The table, read from the base revision. `R` required, `I` if possible, `-` not applicable.

gate              usual  differs when
ruff-check        R
ruff-format       R
mypy              R      I: mypy cannot judge the base, and the project neither configures nor ships mypy
tests             R
base-tests        R      -: the base has no tests, or there is no base
new-tests         R      -: kind `refactor`, or there is no base; I: nobody planned the change and the base has tests
changed-coverage  R
judge-untouched   R      -: there is no base
suppressions      R      -: there is no base
test-tampering    R      -: there is no base
hard-coded        R      -: there is no base
scope             R
bandit            R
file-banner       R
docstrings        R
migration         R      -: the project has no Alembic
compose           R      -: neither the base nor the change has a compose file

`python-coder run` adds `stack` (agent/stack.py) when all of these have passed: I, since not every machine has Docker.

A required gate that did not run leaves the change unproven. A gate that failed does so at any level.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.gates.compose_views import is_compose_file
from python_coder.gates.context import ChangeKind, GateContext
from python_coder.gates.judging_files import EMPTY_TREE
from python_coder.gates.migration_history import alembic_ini, changed_models
from python_coder.gates.mypy_config import mypy_config

Level = Literal["required", "if_possible", "not_applicable"]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the table looks at. All of it comes from the base revision, the plan and the diff, none from a model."""

    has_base: bool = True
    """False when every tracked line is judged as if it were new."""
    kind: ChangeKind | None = None
    has_base_tests: bool = True
    failing: tuple[str, ...] = ()
    """Ids of the tests that failed on the base."""
    flaky: tuple[str, ...] = ()
    asks_for_types: bool = True
    """Whether the project configures or ships mypy."""
    types_problem: str = ""
    has_migrations: bool = True
    changes_models: bool = False
    has_compose_files: bool = True
    """Whether the base or the change has a compose file."""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What a change owes one gate."""

    level: Level
    why: str
    """The reason for the level, as a clause."""
    leaves_out: tuple[str, ...] = ()
    """What stays unjudged even when the gate passes, one sentence each."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What all results together prove."""

    status: Literal["proven", "unproven"]
    not_judged: tuple[str, ...]
    """One sentence for each thing that nobody looked at, with its mend; also when `status` is proven."""
    blocking: tuple[str, ...]
    """One sentence for each reason against `proven`: the gate's name, a colon, what was seen."""


def required(context: GateContext) -> Mapping[str, Requirement]:
    """The row of each gate for one change, by the gate's name, in the order of the table."""
    return requirements(facts_of(context))


def facts_of(context: GateContext) -> Facts:
    """Read off a context what the table looks at."""
    baseline, known_good = context.baseline, context.known_good
    outcomes = baseline.tests.items()
    is_own_mypy = known_good.mypy is not None and known_good.mypy.is_projects_own
    return Facts(
        has_base=context.change.base_tree != EMPTY_TREE,
        kind=context.kind,
        has_base_tests=bool(baseline.tests or baseline.collection_errors),
        failing=tuple(test for test, outcome in outcomes if outcome in {"failed", "error"}),
        flaky=tuple(test for test, outcome in outcomes if outcome == "flaky"),
        asks_for_types=is_own_mypy or bool(mypy_config(context.base_folder, known_good).path),
        types_problem=baseline.types_problem,
        has_migrations=bool(alembic_ini(context)),
        changes_models=bool(changed_models(context)),
        has_compose_files=_has_compose_files(context),
    )


def requirements(facts: Facts) -> Mapping[str, Requirement]:
    """The table itself."""
    return {name: row(facts) for name, row in _TABLE.items()}


def decide(results: Iterable[GateResult], rows: Mapping[str, Requirement]) -> Decision:
    """Weigh all results. A result that the table does not know is required; so is a result that is missing."""
    by_name = {result.gate: result for result in results}
    not_judged: list[str] = []
    blocking: list[str] = []
    for name in dict.fromkeys((*rows, *by_name)):
        row = rows.get(name, _ALWAYS)
        result = by_name.get(name)
        not_judged += row.leaves_out
        if result is None:
            if row.level == "required":
                not_judged.append(f"{name}: it was not run, though {row.why}.")
                blocking.append(f"{name}: it was not run")
        elif result.verdict is Verdict.NOT_RUN:
            not_judged.append(_not_run(result))
            blocking += [f"{name}: {result.reason}"] if row.level == "required" else []
        elif result.verdict is Verdict.FAILED:
            blocking.append(f"{name}: {result.reason}")
    status: Literal["proven", "unproven"] = "unproven" if blocking or not by_name else "proven"
    return Decision(status=status, not_judged=tuple(not_judged), blocking=tuple(blocking))


def exit_code(results: Iterable[GateResult]) -> int:
    """What `python-coder check` ends with: 0 all passed or not applicable, 1 one failed, 3 one did not run."""
    verdicts = {result.verdict for result in results}
    if Verdict.FAILED in verdicts:
        return 1
    return 3 if Verdict.NOT_RUN in verdicts else 0


def _not_run(result: GateResult) -> str:
    sentence = f"{result.gate}: {result.reason.rstrip('.')}."
    return f"{sentence} {result.mend[0].upper()}{result.mend[1:].rstrip('.')}." if result.mend else sentence


_ALWAYS = Requirement(level="required", why="every change owes it")


def _always(_: Facts) -> Requirement:
    return _ALWAYS


def _mypy(facts: Facts) -> Requirement:
    if facts.types_problem and facts.has_base and not facts.asks_for_types:
        why = "the project does not ask for type checks, and mypy cannot judge its base revision"
        return Requirement(level="if_possible", why=why)
    return Requirement(level="required", why="no change may add a type error")


def _tests(facts: Facts) -> Requirement:
    left = []
    if facts.failing:
        left.append(
            f"tests: {_some(facts.failing)} failed on the base revision already; they say nothing of the change."
        )
    if facts.flaky:
        left.append(f"tests: {_some(facts.flaky)} pass and fail on the base revision; they say nothing of the change.")
    return Requirement(level="required", why="the suite is what shows that the service works", leaves_out=tuple(left))


def _base_tests(facts: Facts) -> Requirement:
    if not facts.has_base:
        return Requirement(level="not_applicable", why="there is no base revision")
    if not facts.has_base_tests:
        left = "base-tests: the base revision has no tests, so nothing shows that old behaviour stayed as it was."
        return Requirement(level="not_applicable", why="the base revision has no tests", leaves_out=(left,))
    return Requirement(level="required", why="what worked before must work after")


def _new_tests(facts: Facts) -> Requirement:
    if not facts.has_base:
        return Requirement(level="not_applicable", why="there is no base revision")
    if facts.kind == "refactor":
        return Requirement(level="not_applicable", why="a refactoring adds no behaviour")
    if facts.kind is None and facts.has_base_tests:
        return Requirement(level="if_possible", why="nobody planned what kind of change this is")
    return Requirement(level="required", why="new behaviour needs a test that can fail")


def _against_base(facts: Facts) -> Requirement:
    if not facts.has_base:
        return Requirement(level="not_applicable", why="there is no base revision")
    return Requirement(level="required", why="no change may weaken its judges")


def _migration(facts: Facts) -> Requirement:
    if facts.has_migrations:
        return Requirement(level="required", why="existing databases must follow the models")
    left = "migration: the models changed and the project has no Alembic; databases that exist are not changed."
    leaves_out = (left,) if facts.changes_models and facts.has_base else ()
    return Requirement(level="not_applicable", why="the project has no Alembic", leaves_out=leaves_out)


def _compose(facts: Facts) -> Requirement:
    if facts.has_compose_files:
        return Requirement(level="required", why="stacks must resolve, tell their health and hold no secret")
    return Requirement(level="not_applicable", why="the project has no compose file")


def _has_compose_files(context: GateContext) -> bool:
    trees = (context.judged_tree, context.change.base_tree)
    return any(is_compose_file(path) for tree in trees for path in context.trees.entries(tree))


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(sorted(names)[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown  # noqa: PLR2004 - the three shown


_TABLE: Mapping[str, Callable[[Facts], Requirement]] = {
    "ruff-check": _always,
    "ruff-format": _always,
    "mypy": _mypy,
    "tests": _tests,
    "base-tests": _base_tests,
    "new-tests": _new_tests,
    "changed-coverage": _always,
    "judge-untouched": _against_base,
    "suppressions": _against_base,
    "test-tampering": _against_base,
    "hard-coded": _against_base,
    "scope": _always,
    "bandit": _always,
    "file-banner": _always,
    "docstrings": _always,
    "migration": _migration,
    "compose": _compose,
}
