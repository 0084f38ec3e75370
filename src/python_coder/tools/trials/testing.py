# src/python_coder/tools/trials/testing.py — tool run_tests: named or affected tests on the present tree, told in short
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from python_coder.errors import ToolRefusedError
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import session
from python_coder.gates.test_run import TestRun
from python_coder.tools.answers import counted, shorten
from python_coder.tools.trials.affected import affected_tests
from python_coder.tools.trials.place import TrialPlace, own_path

_MOST_NAMED = 20
_AROUND = 3
"""Lines shown before and after the one that failed."""
_ALL = "all"


@dataclass(frozen=True, kw_only=True)
class TestingTools:
    """Runs the project's own tests as the gates do: on a clean copy of the present tree, in the sandbox."""

    __test__ = False

    place: TrialPlace

    async def run_tests(self, tests: list[str] | None = None) -> str:
        """Run tests on the work tree as it is now.

        Args:
            tests: Files, folders or ids; `["all"]` for the suite; nothing for those that your change reaches.

        Returns:
            What ran and the counts, the first failure with its source, then the other failures in a line each.
        """
        async with self.place.context() as context:
            if not context.known_good.pytest_version:
                raise ToolRefusedError(
                    "pytest is not in the project's environment, so no test can run. Add it to its development group."
                )
            select, what = await self._chosen(context, tests or [])
            run = await session(context, context.judged_tree, select=select)
            if run.command:
                # Control tests are meant to fail, so a sound session ends with 1 whatever the project's tests say.
                self.place.seen(run.command)
            return shorten("\n".join(_told(context, run, what)))

    async def _chosen(self, context: GateContext, tests: Sequence[str]) -> tuple[tuple[str, ...], str]:
        if list(tests) == [_ALL]:
            return (), "the whole suite"
        if tests:
            chosen = tuple(own_path(context, test) for test in tests)
            root = context.project(context.judged_folder)
            missing = [test for test in chosen if not (root / test.partition("::")[0]).exists()]
            if missing:
                known = ", ".join(context.known_good.test_paths) or "no test folder"
                raise ToolRefusedError(f"There is no {missing[0]} in the work tree. Tests lie in: {known}.")
            return chosen, ", ".join(chosen)
        affected, run = await affected_tests(context)
        self.place.note(*([run] if run else []))
        if not affected.files:
            return (), f"the whole suite, since {affected.why_all}"
        files = tuple(own_path(context, path) for path in affected.files)
        return files, f"affected: {', '.join(files)} (the rest of the suite was not run)"


def _told(context: GateContext, run: TestRun, what: str) -> Iterator[str]:
    yield f"Ran {what}, on tree {run.tree[:12]}."
    if run.problem:
        yield f"The session proves nothing: {run.problem}"
        yield from run.output.splitlines()[-_MOST_NAMED:]
        return
    counts = Counter(run.outcomes.values())
    yield ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "No test was collected."
    for name, message in run.collection_errors.items():
        yield f"not collected: {name}: {message}"
    bad = sorted(run.failing, key=lambda name: context.baseline.tests.get(name) in {"failed", "error"})
    for number, name in enumerate(bad[:_MOST_NAMED]):
        failure = run.failures.get(name)
        before = context.baseline.tests.get(name, "new")
        where = f" at {failure.path}:{failure.line}" if failure and failure.path else ""
        yield f"{run.outcomes[name]}: {name}{where} (on the base: {before}): {failure.message if failure else ''}"
        if number == 0:
            yield from _explained(context, run, name)
    if len(bad) > _MOST_NAMED:
        yield f"… and {counted(len(bad) - _MOST_NAMED, 'more failure')}"


def _explained(context: GateContext, run: TestRun, name: str) -> Iterator[str]:
    """The source around the line that failed, and what pytest printed of this test."""
    failure = run.failures.get(name)
    path = context.judged_folder / failure.path if failure and failure.path else None
    if failure and path is not None and path.is_file():
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        first = max(1, failure.line - _AROUND)
        for number, line in enumerate(lines[first - 1 : failure.line + _AROUND], start=first):
            yield f"  {'>' if number == failure.line else ' '} {number} {line}"
    yield from (f"  {line}" for line in _traceback(run.output, name))


def _traceback(output: str, name: str) -> Sequence[str]:
    """The error lines (`E …`) of one test in pytest's own report."""
    title = name.partition("::")[2].replace("::", ".") or PurePosixPath(name).name
    found = re.search(
        rf"^_+ {re.escape(title)} _+$(?P<body>.*?)(?=^_+ .* _+$|^=+ |\Z)", output, re.MULTILINE | re.DOTALL
    )
    body = found["body"] if found else ""
    return [line for line in body.splitlines() if line.startswith("E ")][:_MOST_NAMED]
