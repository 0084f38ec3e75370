# src/python_coder/gates/new_tests.py — gate `new-tests`: the tests that a change brings must be able to fail
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from python_coder.evidence.verdict import Finding, GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.fail_first import Answer, OldAnswer, Trials
from python_coder.gates.judged_sessions import judged_run, no_pytest, session, unusable, with_runs
from python_coder.gates.judging_files import EMPTY_TREE
from python_coder.gates.mutants import (
    RAISES,
    RETURNS_NOTHING,
    Target,
    changed_targets,
    executed_targets,
    is_new,
    source_files,
)
from python_coder.gates.test_functions import TestFunction, asks_for_names, changed_tests, key_of, reads_source
from python_coder.gates.test_run import TestRun
from python_coder.gates.tool_run import not_applicable
from python_coder.gates.vacuous import weaknesses

MOST_EXECUTED_TARGETS = 40


@dataclass(frozen=True)
class NewTestsGate:
    """New tests must be able to fail: on the base's source, or when the code they cover is broken on purpose.

    Source: DESIGN, rule 3.
    """

    name: str = "new-tests"

    async def check(self, context: GateContext) -> GateResult:
        """Look for tests that cannot fail, then ask what the kind of the change demands."""
        if context.change.base_tree == EMPTY_TREE:
            return not_applicable(self.name, "there is no base revision")
        tests = changed_tests(context)
        vacuous = (*_vacuous(tests), *_unplanned_source(context))
        if not tests:
            return self._without_tests(context)
        if not context.known_good.pytest_version:
            return no_pytest(self.name, context)
        run = await judged_run(context)
        if (result := unusable(self.name, run, context)) is not None:
            return result
        weak = {(test.path, test.name) for test in tests if weaknesses(test)}
        names = [name for name in _ids(tests, run) if key_of(name, run.files[name]) not in weak]
        trials = Trials(context, run)
        findings = (*vacuous, *await _by_kind(trials, names))
        result = judge(self.name, findings, f"{len(tests)} new or changed tests can fail")
        return with_runs(result, run, *trials.sessions)

    def _without_tests(self, context: GateContext) -> GateResult:
        if unplanned := tuple(_unplanned_source(context)):
            return judge(self.name, unplanned, "")
        has_source = bool(source_files(context))
        if context.kind == "behaviour" and has_source:
            message = "the change adds behaviour and no test that shows it; add one that fails on the base revision"
            return judge(self.name, (Finding(rule="no-new-test", message=message),), "")
        if context.kind == "tests":
            message = "the plan is to add tests, and the change adds none"
            return judge(self.name, (Finding(rule="no-new-test", message=message),), "")
        return not_applicable(self.name, "the change adds and rewrites no test")


def _vacuous(tests: Sequence[TestFunction]) -> Iterator[Finding]:
    for test in tests:
        for weakness in weaknesses(test):
            message = f"{test.name} cannot fail: {weakness.why}"
            yield Finding(path=test.path, line=weakness.line, rule="vacuous-test", message=message)


def _unplanned_source(context: GateContext) -> Iterator[Finding]:
    """For kind `tests`: source stays as it is."""
    for file in source_files(context) if context.kind == "tests" else ():
        message = "the plan is to add tests, and the change touches source; leave it as it was"
        yield Finding(path=file.path, rule="source-changed", message=message)


def _ids(tests: Sequence[TestFunction], run: TestRun) -> list[str]:
    keys = {test.key for test in tests}
    passing = (name for name, outcome in run.outcomes.items() if outcome == "passed")
    return [name for name in passing if key_of(name, run.files[name]) in keys]


async def _by_kind(trials: Trials, names: Sequence[str]) -> list[Finding]:
    kind = trials.context.kind
    if kind == "refactor":
        return []
    if not names:
        message = "no new test of the change both passes and can fail"
        is_owed = kind in {"behaviour", "tests"}
        return [Finding(rule="no-new-test", message=message)] if is_owed else []
    return await (_can_fail if kind == "tests" else _fails_first)(trials, names)


async def _can_fail(trials: Trials, names: Sequence[str]) -> list[Finding]:
    """For kind `tests`: each must fail when the code that the new tests run is broken."""
    context, run = trials.context, trials.run
    files = tuple(dict.fromkeys(run.files[name] for name in names))
    alone = await session(context, context.judged_tree, select=_from_root(files, context), with_coverage=True)
    targets = executed_targets(context, alone)[:MOST_EXECUTED_TARGETS]
    if not targets:
        return [Finding(path=files[0], rule="covers-nothing", message="the new tests run no function of the source")]
    answers = await trials.on_mutants(names, targets, RETURNS_NOTHING)
    return [
        Finding(
            path=run.files[name],
            rule="test-cannot-fail",
            message=f"{name} passes even when the functions it runs do nothing; assert on what they do",
        )
        for name in names
        if answers[name] == "passes"
    ]


async def _fails_first(trials: Trials, names: Sequence[str]) -> list[Finding]:
    """For kind `behaviour`: at least one fails on the base's source, and not only for want of a name."""
    context, run = trials.context, trials.run
    targets = changed_targets(context)
    broken: Mapping[str, Answer] | None = None
    if targets.items and not targets.has_more:
        old, broken = await trials.on_both(names, targets.items, RETURNS_NOTHING)
    else:
        old = await trials.on_old_source(names)
    answers: Mapping[str, Answer] = {}
    readers = {test.key for test in changed_tests(context) if reads_source(test) or asks_for_names(test)}
    failing = [
        name
        for name in names
        if (old[name].is_doubtful or old[name].is_proof) and key_of(name, run.files[name]) not in readers
    ]
    is_shown = targets.has_more and any(old[name].is_proof for name in failing)
    if targets.items and failing and not is_shown:
        answers = await _answers(trials, failing, old, targets.items, broken)
    proofs = [name for name in failing if _is_proven(old[name], answers.get(name), has_more=targets.has_more)]
    notes = [_told(name, run, old[name], answers.get(name)) for name in names[:20]]
    if proofs:
        return notes
    severity = Severity.BLOCKING if context.kind == "behaviour" else Severity.NOTE
    first = next((old[name] for name in names if old[name].is_doubtful), old[names[0]])
    message = (
        f"no new test shows the change: on the base's source {_words(first)}, and none fails when the changed code "
        "is broken; assert on what is new"
    )
    return [Finding(path=run.files[names[0]], rule="no-test-fails-first", message=message, severity=severity), *notes]


async def _answers(
    trials: Trials,
    names: Sequence[str],
    old: Mapping[str, OldAnswer],
    targets: Sequence[Target],
    first: Mapping[str, Answer] | None,
) -> Mapping[str, Answer]:
    """What tests say when the changed code returns nothing; where that is not enough to ask, when it raises.

    A test of a function that the base does not have fails there whatever it asserts. It must hear what the function
    answers: that it was called tells nothing.
    """
    answers = await trials.on_mutants(names, targets, RETURNS_NOTHING, first=first, is_one_enough=True)
    has_new = any(is_new(trials.context, target) for target in targets)
    others = [name for name in names if old[name].kind != "import" or not has_new]
    if others and "fails" not in answers.values():
        return {**answers, **await trials.on_mutants(others, targets, RAISES, is_one_enough=True)}
    return answers


def _is_proven(old: OldAnswer, answer: Answer | None, *, has_more: bool) -> bool:
    """Whether a test fails without the change, because of what the change does."""
    if old.is_doubtful:
        # With nothing to break, a route or constant that is not there is the change itself.
        return answer == "fails" or (answer is None and has_more and old.kind != "fixture")
    return old.is_proof and (answer != "passes" or has_more)


def _told(name: str, run: TestRun, old: OldAnswer, answer: Answer | None) -> Finding:
    then = {"fails": "; it fails when the change is broken", "passes": "; it passes when the change is broken"}
    message = f"{name}: on the base's source {_words(old)}{then.get(answer or '', '')}"
    return Finding(path=run.files[name], rule="on-old-source", message=message, severity=Severity.NOTE)


def _words(old: OldAnswer) -> str:
    if old.is_proof or old.is_doubtful:
        return f"it fails ({old.kind}: {old.message})"
    return f"it is {old.kind}"


def _from_root(files: Sequence[str], context: GateContext) -> tuple[str, ...]:
    prefix = "" if context.known_good.project_root == "." else f"{context.known_good.project_root.rstrip('/')}/"
    return tuple(path.removeprefix(prefix) for path in files)
